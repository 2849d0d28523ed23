"""Writing a bundle: the folder that carries a run's evidence and listings to the casefile.

Order is what makes a kill harmless: the WARC record is written before the capture that names it, the capture before
the listings read from it, and the manifest last of all. ``crawler.evidence.recover`` seals what a killed run left.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self, TextIO

import rfc8785
from pydantic import JsonValue

from casefile.records import (
    FIRST_LINK,
    BundleFile,
    BundleManifest,
    Capture,
    CustodyEntry,
    Listing,
    Record,
    RunReport,
    Site,
    canonical_bytes,
    sha256_hex,
    utc_text,
)
from casefile.records.bundle import (
    ARCHIVE_DIR,
    CAPTURES_NAME,
    CUSTODY_NAME,
    LISTINGS_NAME,
    MANIFEST_NAME,
    ORIGINALS_DIR,
    RUN_NAME,
    SCREENSHOTS_DIR,
    SITES_NAME,
)
from crawler.about import tool_version
from crawler.evidence.warc import Archive, append_whole

LOCK_NAME: Final = ".writing"
"""Held (``flock``) by the process that writes the bundle; gone once it is sealed."""
_LINE_FILES: Final = (LISTINGS_NAME, CAPTURES_NAME, SITES_NAME, CUSTODY_NAME)


class EvidenceError(Exception):
    """A bundle cannot be written or recovered; the message says what, where and what to do."""


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def new_run_id(clock: Callable[[], datetime] = utc_now) -> str:
    """Return a fresh run id that sorts by time, for example ``20261121T100000Z-5f3a9c01``."""
    return f"{clock().astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def capture_id(url: str, fetched_at: datetime, payload_sha256: str) -> str:
    """Return the id of a capture: the same URL, moment and bytes always give the same id."""
    return sha256_hex(f"{url}\n{utc_text(fetched_at)}\n{payload_sha256}".encode())[:20]


class BundleWriter:
    """Writes one bundle folder; what was handed over is on disk when a method returns.

    Use as a context manager: leaving it without :meth:`seal` closes the files and leaves the folder unsealed, as a
    kill would, for ``pharmakon crawl --recover``. Raises :class:`EvidenceError` for a folder that is not empty.
    """

    def __init__(
        self,
        folder: Path,
        *,
        run_id: str,
        clock: Callable[[], datetime] = utc_now,
        actor: str | None = None,
        software: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.run_id = run_id
        self.listings = 0
        self.captures = 0
        self.sites = 0
        self._clock = clock
        self._actor = actor or tool_version()
        self._claim_folder()
        self._lock = lock_folder(folder)
        self._lines: dict[str, BinaryIO] = {name: (folder / name).open("xb", buffering=0) for name in _LINE_FILES}
        self._link = FIRST_LINK
        self.archive = Archive(
            folder / ARCHIVE_DIR,
            prefix=f"pharmakon-{run_id}",
            info={"software": self._actor, **(software or {})},
            clock=clock,
        )

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files; a bundle that was not sealed stays unsealed."""
        self.close()

    def write_listing(self, listing: Listing) -> None:
        """Append one listing."""
        self._write_line(LISTINGS_NAME, listing)
        self.listings += 1

    def write_capture(self, capture: Capture) -> None:
        """Append one capture; its WARC record must have been written before."""
        self._write_line(CAPTURES_NAME, capture)
        self.captures += 1

    def write_site(self, site: Site) -> None:
        """Append what a whole shop says."""
        self._write_line(SITES_NAME, site)
        self.sites += 1

    def custody(self, action: str, **detail: JsonValue) -> CustodyEntry:
        """Append an entry to the custody log and return it; the first one names the run."""
        if self._link == FIRST_LINK:
            detail = {"run_id": self.run_id, **detail}
        entry = CustodyEntry.link(self._link, at=self._clock(), actor=self._actor, action=action, detail=detail)
        self._write_line(CUSTODY_NAME, entry)
        self._link = entry.hash
        return entry

    def write_screenshot(self, capture: str, png: bytes) -> str:
        """Keep the screenshot of a capture; return its path inside the bundle."""
        place = self.folder / SCREENSHOTS_DIR / f"{capture}.png"
        place.parent.mkdir(exist_ok=True)
        write_atomically(place, png)
        return f"{SCREENSHOTS_DIR}/{place.name}"

    def keep_original(self, source: Path) -> BundleFile:
        """Copy an imported file as received, named by its digest; return its entry."""
        target_folder = self.folder / ORIGINALS_DIR
        target_folder.mkdir(exist_ok=True)
        digest, size = file_digest(source)
        suffix = "".join(source.suffixes[-2:])[-20:]
        target = target_folder / f"{digest}{suffix if suffix.isascii() else ''}"
        if not target.exists():
            partial = target.with_name(f".{digest}.partial")
            shutil.copyfile(source, partial)
            if file_digest(partial)[0] != digest:
                partial.unlink()
                raise EvidenceError(f"{source} changed while it was copied: leave it alone and import it again")
            partial.replace(target)
        return BundleFile(path=f"{ORIGINALS_DIR}/{target.name}", sha256=digest, bytes=size)

    def sync(self) -> None:
        """Ask the operating system to bring all that was written to the disk (``fsync``), against power loss."""
        if (archive := self.archive.fileno()) is not None:
            os.fsync(archive)
        for stream in self._lines.values():
            os.fsync(stream.fileno())

    def seal(self, report: RunReport) -> BundleManifest:
        """Write ``run.json``, the last custody entry and, after all else, the manifest; return it.

        Raises :class:`EvidenceError` when ``report`` is of another run.
        """
        if report.run_id != self.run_id:
            raise EvidenceError(f"the report of run {report.run_id} cannot seal the bundle of run {self.run_id}")
        self.custody("run_finished", finish_reason=report.finish_reason, captures=self.captures, listings=self.listings)
        self.sync()
        self._close_files()
        manifest = write_manifest(self.folder, report, created_at=self._clock())
        self.close()
        return manifest

    def close(self) -> None:
        """Close all files and give the folder free; harmless when called again."""
        self._close_files()
        if not self._lock.closed:
            if (self.folder / MANIFEST_NAME).exists():
                (self.folder / LOCK_NAME).unlink(missing_ok=True)
            self._lock.close()

    def _close_files(self) -> None:
        self.archive.close()
        for stream in self._lines.values():
            stream.close()

    def _claim_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            occupied = next(self.folder.iterdir(), None)
        except OSError as error:
            raise EvidenceError(
                f"cannot write a bundle to {self.folder}: {error.strerror}; choose another folder"
            ) from error
        if occupied is not None:
            hint = "choose a new folder"
            if not (self.folder / MANIFEST_NAME).exists() and (self.folder / CUSTODY_NAME).exists():
                hint = f"it holds a run that was cut; seal that with 'pharmakon crawl --recover {self.folder}'"
            raise EvidenceError(f"{self.folder} is not empty: {hint}")
        (self.folder / ARCHIVE_DIR).mkdir()

    def _write_line(self, name: str, record: Record) -> None:
        # One write a line: a kill can tear the last line, never an earlier one.
        append_whole(self._lines[name], canonical_line(record).encode())


def canonical_line(record: Record) -> str:
    """Return the record as one line of JSON in RFC 8785 form, with absent values left out.

    JSON has no place for half of a surrogate pair, which a page can write as an escape: it becomes U+FFFD.
    """
    data = record.to_json()
    try:
        return canonical_bytes(data).decode() + "\n"
    except (UnicodeEncodeError, rfc8785.CanonicalizationError):
        return canonical_bytes(_without_half_characters(data)).decode() + "\n"


def _without_half_characters(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_half_characters(item) for item in value]
    if isinstance(value, dict):
        return {str(_without_half_characters(key)): _without_half_characters(item) for key, item in value.items()}
    return value


def lock_folder(folder: Path) -> TextIO:
    """Hold the folder for this process until the returned file is closed.

    Raises :class:`EvidenceError` when another process holds it.
    """
    stream = (folder / LOCK_NAME).open("a", encoding="utf-8")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        stream.close()
        raise EvidenceError(f"another process is writing {folder}: wait for it, or stop it first") from error
    return stream


def write_manifest(folder: Path, report: RunReport, *, created_at: datetime) -> BundleManifest:
    """Write ``run.json`` and then the manifest over every file of the folder; return the manifest."""
    write_atomically(folder / RUN_NAME, canonical_bytes(report.model_dump(mode="json", exclude_none=True)) + b"\n")
    files = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if path.is_file() and relative not in (MANIFEST_NAME, LOCK_NAME):
            digest, size = file_digest(path)
            files.append(BundleFile(path=relative, sha256=digest, bytes=size))
    manifest = BundleManifest(run_id=report.run_id, created_at=created_at, files=tuple(files))
    write_atomically(folder / MANIFEST_NAME, canonical_bytes(manifest.model_dump(mode="json")) + b"\n")
    return manifest


def file_digest(path: Path) -> tuple[str, int]:
    """Return the SHA-256 and the size in bytes of a file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return digest, stream.tell()


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a power loss."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
