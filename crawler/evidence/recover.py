"""Sealing what a killed run left: all that was written whole is kept, all that was torn is set aside and named.

Nothing is deleted. Bytes that are no whole record go to ``torn/`` inside the bundle, the custody log says how many
there were, and the manifest covers them like any other file. What a crawl writes only at its end (entries of lists
without a page of their own, sites) is read again from its archive.
"""

import json
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from casefile.records import (
    FIRST_LINK,
    OUTCOMES,
    BundleManifest,
    Capture,
    CustodyEntry,
    Listing,
    Record,
    RunReport,
    Site,
    UrlOutcome,
)
from casefile.records.bundle import (
    ARCHIVE_DIR,
    CAPTURES_NAME,
    CUSTODY_NAME,
    LISTINGS_NAME,
    MANIFEST_NAME,
    SITES_NAME,
)
from crawler.about import library_versions, tool_version
from crawler.evidence.bundle import LOCK_NAME, EvidenceError, canonical_line, lock_folder, utc_now, write_manifest
from crawler.evidence.warc import append_whole
from crawler.harvest import Harvest
from crawler.replay import read_again

R = TypeVar("R", bound=Record)

TORN_DIR: Final = "torn"
_BLOCK: Final = 1 << 16


@dataclass(frozen=True)
class Recovery:
    """What a recovery found."""

    report: RunReport
    manifest: BundleManifest
    captures: int
    listings: int
    sites: int
    read_again: int = 0
    """Listings among them that the run had not written yet."""
    set_aside: dict[str, int] = field(default_factory=dict)
    """File to the bytes of it that were set aside."""


def recover_bundle(
    folder: Path,
    *,
    clock: Callable[[], datetime] = utc_now,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Recovery | None:
    """Seal the bundle a killed run left in ``folder``; None when it is sealed already.

    Calls ``progress`` with the captures that were looked at and all there are. Raises :class:`EvidenceError` when the
    folder holds no run, when another process is writing it, or when its custody log was changed.
    """
    if not (folder / CUSTODY_NAME).is_file():
        raise EvidenceError(f"{folder} holds no run that could be recovered; name the folder given to --out")
    lock = lock_folder(folder)
    try:
        if (folder / MANIFEST_NAME).exists():
            return None
        return _recover(folder, clock, progress)
    finally:
        if (folder / MANIFEST_NAME).exists():
            (folder / LOCK_NAME).unlink(missing_ok=True)
        lock.close()


def _recover(folder: Path, clock: Callable[[], datetime], progress: Callable[[int, int], None]) -> Recovery:
    torn = _Torn(folder)
    for leftover in sorted(folder.rglob(".*.partial")):
        torn.keep(leftover, leftover.read_bytes())
        leftover.unlink()
    custody = _custody(folder, torn)
    whole = {
        f"{ARCHIVE_DIR}/{path.name}": _mend_archive(path, torn)
        for path in sorted((folder / ARCHIVE_DIR).glob("*.warc.gz"))
    }
    captures: dict[str, Capture] = {}

    def keep_capture(capture: Capture) -> bool:
        if capture.warc_offset + capture.warc_length > whole.get(capture.warc_file, 0):
            return False
        captures[capture.id] = capture
        return True

    listings: list[str] = []

    def keep_listing(listing: Listing) -> bool:
        if listing.capture is not None and listing.capture not in captures:
            return False
        listings.append(listing.id)
        return True

    sites: list[str] = []

    def keep_site(site: Site) -> bool:
        sites.append(site.host)
        return True

    _mend_lines(folder / CAPTURES_NAME, Capture, keep_capture, torn)
    _mend_lines(folder / LISTINGS_NAME, Listing, keep_listing, torn)
    _mend_lines(folder / SITES_NAME, Site, keep_site, torn)
    begun = custody[0].detail
    harvest = Harvest(_Appender(folder), listings=listings, sites=sites)
    urls = _outcomes(captures)
    if begun.get("kind") == "crawl":  # an import is read from its originals, and is simply made again
        urls |= read_again(folder, captures.values(), harvest, lambda done: progress(done, len(captures)))
        harvest.finish(lambda url: url in urls and urls[url].outcome == "gone")
    counts = {"captures": len(captures), "listings": len(listings) + harvest.listings,
              "sites": len(sites) + harvest.sites}  # fmt: skip
    size = sum(capture.payload_bytes for capture in captures.values())
    report = _report(begun, custody[0].at, clock(), urls, {**counts, "bytes": size}, folder)
    entry = CustodyEntry.link(
        custody[-1].hash,
        at=clock(),
        actor=tool_version(),
        action="recovered",
        detail={
            **counts,
            "read_again": {"listings": harvest.listings, "sites": harvest.sites},
            "set_aside": dict(torn.sizes),
        },
    )
    with (folder / CUSTODY_NAME).open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(canonical_line(entry))
    manifest = write_manifest(folder, report, created_at=clock())
    return Recovery(report, manifest, **counts, read_again=harvest.listings, set_aside=torn.sizes)


class _Appender:
    """Adds to a bundle's files what the run had no time to write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write_listing(self, listing: Listing) -> None:
        self._append(LISTINGS_NAME, listing)

    def write_site(self, site: Site) -> None:
        self._append(SITES_NAME, site)

    def _append(self, name: str, record: Record) -> None:
        with (self._folder / name).open("r+b", buffering=0) as stream:
            stream.seek(0, os.SEEK_END)
            append_whole(stream, canonical_line(record).encode())


class _Torn:
    """Puts bytes aside that are no whole record."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.sizes: dict[str, int] = {}

    def keep(self, source: Path, data: bytes) -> None:
        if not data:
            return
        target_folder = self._folder / TORN_DIR
        target_folder.mkdir(exist_ok=True)
        number = 1
        while (target := target_folder / f"{source.name.lstrip('.')}.{number}").exists():
            number += 1
        target.write_bytes(data)
        name = source.relative_to(self._folder).as_posix()
        self.sizes[name] = self.sizes.get(name, 0) + len(data)


def _mend_archive(path: Path, torn: _Torn) -> int:
    """Cut a WARC file behind its last whole gzip member; return its length."""
    end = whole_members(path)
    if end < path.stat().st_size:
        with path.open("r+b") as stream:
            stream.seek(end)
            torn.keep(path, stream.read())
            stream.truncate(end)
    return end


def whole_members(path: Path) -> int:
    """Return how many bytes at the start of a file are whole gzip members, each with its checksum right."""
    end = position = 0
    with path.open("rb") as stream:
        machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
        rest = b""
        while data := rest or stream.read(_BLOCK):
            try:
                machine.decompress(data)
            except zlib.error:
                return end
            rest = machine.unused_data
            position += len(data) - len(rest)
            if machine.eof:
                end = position
                machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
    return end


def _mend_lines(path: Path, kind: type[R], keep: Callable[[R], bool], torn: _Torn) -> None:
    """Keep the whole lines of a file that ``keep`` agrees to; put the others aside."""
    if not path.exists():
        path.touch()
        return
    mended = path.with_name(f".{path.name}.partial")
    lost: list[bytes] = []
    with path.open("rb") as source, mended.open("wb") as target:
        for line in source:
            record = _parse(kind, line)
            if record is not None and keep(record):
                target.write(line)
            else:
                lost.append(line)
    torn.keep(path, b"".join(lost))
    if lost:
        mended.replace(path)
    else:
        mended.unlink()


def _parse(kind: type[R], line: bytes) -> R | None:
    if not line.endswith(b"\n"):
        return None
    try:
        return kind.from_json(json.loads(line))
    except (ValueError, ValidationError):
        return None


def _custody(folder: Path, torn: _Torn) -> list[CustodyEntry]:
    path = folder / CUSTODY_NAME
    entries: list[CustodyEntry] = []

    def keep(entry: CustodyEntry) -> bool:
        entries.append(entry)
        return True

    _mend_lines(path, CustodyEntry, keep, torn)
    previous = FIRST_LINK
    for number, entry in enumerate(entries, start=1):
        if entry.previous != previous or entry.hash != entry.expected_hash():
            raise EvidenceError(
                f"{path}, line {number}: the custody chain is broken, so the log was changed after it was written; "
                "keep the folder as it is and have it examined"
            )
        previous = entry.hash
    if not entries:
        raise EvidenceError(f"{path} is empty: the run was killed before it fetched anything; delete {folder}")
    return entries


def _outcomes(captures: dict[str, Capture]) -> dict[str, UrlOutcome]:
    return {
        capture.url: UrlOutcome(url=capture.url, outcome=capture.outcome, status=capture.status, reason=capture.reason)
        for capture in captures.values()
    }


def _report(
    begun: dict[str, Any],
    started_at: datetime,
    finished_at: datetime,
    urls: dict[str, UrlOutcome],
    totals: dict[str, int],
    folder: Path,
) -> RunReport:
    """Rebuild the report from the custody log and the captures; of skipped URLs nothing is known."""
    counts = {name: sum(url.outcome == name for url in urls.values()) for name in OUTCOMES} | totals
    return RunReport(
        run_id=str(begun.get("run_id", folder.name)),
        kind="crawl" if begun.get("kind") == "crawl" else "import",
        start_urls=tuple(begun.get("start_urls") or ()),
        target=begun.get("target"),
        started_at=started_at,
        finished_at=finished_at,
        finish_reason="recovered after the run was killed",
        counts={name: number for name, number in counts.items() if number},
        versions=begun.get("versions") or library_versions(),
        settings=begun.get("settings") or {},
        urls=tuple(urls.values()),
    )
