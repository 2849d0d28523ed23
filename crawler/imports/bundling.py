"""Writing what an import gives as a sealed bundle: originals by digest, listings, captures, and what was set aside."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from pydantic import JsonValue

from casefile.records import Capture, Listing, RunReport, canonical_bytes, sha256_hex
from crawler.about import library_versions, own_version, tool_version
from crawler.evidence.bundle import BundleWriter, capture_id
from crawler.evidence.warc import WarcPlace
from crawler.imports.source import ImportReport, Reject, SourceKind

REJECTS_NAME: Final = "rejects.jsonl"
MAX_REJECT_TEXT: Final = 2_000
_REJECTS_ON_SCREEN: Final = 20
MAX_REJECTS_KEPT: Final = 100_000


def import_run_id(kind: SourceKind, content: str, options: JsonValue = None) -> str:
    """Return the id of importing this content in this way: the same file again gives the same id.

    Args:
        kind: how the source is read.
        content: digest of the source, or of the digests of its files.
        options: what else decides the outcome, for example the column mapping.
    """
    return "import-" + sha256_hex(canonical_bytes([kind, content, options, own_version()]))[:24]


class ImportBundle:
    """A bundle being filled by one import; use as a context manager, and call :meth:`seal` at the end."""

    def __init__(self, folder: Path, report: ImportReport, *, clock: Callable[[], datetime]) -> None:
        self.report = report
        self.clock = clock
        self.started_at = clock()
        self._writer = BundleWriter(folder, run_id=report.run_id, clock=clock)
        self._rejects: IO[str] | None = None
        self._bytes = 0
        self._seen_captures: set[str] = set()
        self._seen_listings: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Return the bundle."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files; without :meth:`seal` the bundle stays unsealed."""
        if self._rejects:
            self._rejects.close()
        self._writer.close()

    def keep_original(self, path: Path) -> None:
        """Copy a source file as received, named by its digest."""
        entry = self._writer.keep_original(path)
        self._bytes += entry.bytes
        self._writer.custody("imported", file=path.name, sha256=entry.sha256, bytes=entry.bytes)

    def add_listing(self, listing: Listing) -> bool:
        """Write a listing; False when the very same one (id and content) was written before."""
        content = listing.content_hash()
        if self._seen_listings.get(listing.id) == content:
            return False
        self._seen_listings[listing.id] = content
        self._writer.write_listing(listing)
        self.report.listings += 1
        return True

    def add_page(self, url: str, payload: bytes, media_type: str, fetched_at: datetime, *, status: int | None = None,
                 write: Callable[[], WarcPlace] | None = None) -> Capture | None:  # fmt: skip
        """Write a page as evidence and return its capture, None for one that was written before.

        ``write`` writes the WARC record (a response that came from another archive); without it the payload goes in as
        a resource record.
        """
        digest = sha256_hex(payload)
        identity = capture_id(url, fetched_at, digest)
        if identity in self._seen_captures:
            return None
        self._seen_captures.add(identity)
        place = write() if write else self._writer.archive.write_resource(url, payload, media_type, fetched_at)
        capture = Capture(
            id=identity, url=url, final_url=url, fetched_at=fetched_at, status=status, payload_sha256=digest,
            payload_bytes=len(payload), media_type=media_type, warc_file=place.file, warc_offset=place.offset,
            warc_length=place.length, tool_version=tool_version(), robots="not_asked", outcome="ok",
        )  # fmt: skip
        self._writer.write_capture(capture)
        self._bytes += len(payload)
        self.report.pages += 1
        return capture

    @property
    def writer(self) -> BundleWriter:
        """The bundle's writer, for records of other kinds."""
        return self._writer

    def reject(self, reject: Reject) -> None:
        """Set a row or page aside: kept in ``rejects.jsonl``, counted, and reported."""
        self.report.rejects += 1
        if len(self.report.first_rejects) < _REJECTS_ON_SCREEN:
            self.report.first_rejects.append(reject)
        if self.report.rejects > MAX_REJECTS_KEPT:
            return
        if self._rejects is None:
            self._rejects = (self._writer.folder / REJECTS_NAME).open("x", encoding="utf-8", newline="\n")
        kept = {
            "file": reject.file,
            "place": reject.place,
            "error": reject.error,
            "text": reject.text[:MAX_REJECT_TEXT],
        }
        self._rejects.write(json.dumps(kept, ensure_ascii=False) + "\n")

    def seal(self, *, sources: Sequence[str], settings: dict[str, JsonValue] | None = None) -> None:
        """Write the run report and seal the bundle."""
        if self._rejects:
            self._rejects.close()
        report = self.report
        counts = {"pages": report.pages, "listings": report.listings, "rejects": report.rejects, "bytes": self._bytes,
                  "pages_without_listing": len(report.without_listing)}  # fmt: skip
        self._writer.seal(
            RunReport(
                run_id=report.run_id,
                kind="import",
                start_urls=tuple(sources),
                started_at=self.started_at,
                finished_at=self.clock(),
                finish_reason=report.cut or "finished",
                counts=counts,
                versions=library_versions("lxml", "warcio", "phonenumbers"),
                settings={"kind": report.kind, **(settings or {})},
            )
        )  # fmt: skip
