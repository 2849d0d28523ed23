"""The bytes behind a capture: always from the workspace's own copy, always bounded, always against their digest."""

import hashlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from casefile.bundles import BundleError, open_regular, records
from casefile.ingest import BUNDLES_DIR
from casefile.listings import StoredCapture, get_capture
from casefile.records import CustodyEntry
from casefile.records.bundle import CUSTODY_NAME
from casefile.store import CasefileError

if TYPE_CHECKING:
    from casefile.store import Casefile

MAX_RECORD_BYTES = 128 * 1024 * 1024
MAX_SCREENSHOT_BYTES = 64 * 1024 * 1024


class EvidenceError(CasefileError):
    """Evidence is missing, changed or too large; the message names the capture."""


def bundle_path(casefile: "Casefile", bundle_hash: str) -> Path:
    """Return the folder of an ingested bundle; raises :class:`EvidenceError` when there is none."""
    with casefile.read() as db:
        known = db.execute("SELECT 1 FROM bundles WHERE hash = ?", (bundle_hash,)).fetchone()
    folder = casefile.workspace / BUNDLES_DIR / bundle_hash
    if known is None:
        raise EvidenceError(f"bundle {bundle_hash} was never ingested here")
    if not folder.is_dir():
        raise EvidenceError(f"the evidence folder {folder} is gone: restore it from a backup")
    return folder


def warc_record(casefile: "Casefile", capture_id: str, *, bundle_hash: str | None = None) -> bytes:
    """Return the WARC record of a capture exactly as stored (one gzip member).

    Raises :class:`EvidenceError` when the capture is unknown, its file is gone or shorter than it was, or the record
    is larger than 128 MiB.
    """
    stored = _stored(casefile, capture_id, bundle_hash)
    capture = stored.capture
    if capture.warc_length > MAX_RECORD_BYTES:
        raise EvidenceError(f"capture {capture_id} has a record of {capture.warc_length} bytes: too large to open")
    data = _slice(casefile, stored, capture.warc_file, capture.warc_offset, capture.warc_length)
    if len(data) != capture.warc_length:
        raise EvidenceError(f"capture {capture_id}: {capture.warc_file} is shorter than when it was ingested")
    return data


def payload(casefile: "Casefile", capture_id: str, *, max_bytes: int, bundle_hash: str | None = None) -> bytes:
    """Return the body of a capture with its content coding taken off, at most ``max_bytes``.

    Raises :class:`EvidenceError` when the body as received does not have the capture's digest, the record cannot be
    read, or the decoded body is larger than ``max_bytes``.
    """
    stored = _stored(casefile, capture_id, bundle_hash)
    member = warc_record(casefile, capture_id, bundle_hash=stored.bundle_hash)
    try:
        received = next(iter(ArchiveIterator(BytesIO(member), no_record_parse=False))).raw_stream
        digest = hashlib.sha256()
        while block := received.read(65_536):
            digest.update(block)
        if digest.hexdigest() != stored.capture.payload_sha256:
            raise EvidenceError(f"capture {capture_id}: the body kept in the bundle is not the one that was received")
        content = next(iter(ArchiveIterator(BytesIO(member)))).content_stream()
        decoded = bytearray()
        # In small steps: a few kilobytes can decode to gigabytes.
        while len(decoded) <= max_bytes and (block := content.read(65_536)):
            decoded += block
    except (ArchiveLoadFailed, StopIteration, OSError, EOFError) as error:
        raise EvidenceError(f"capture {capture_id}: its WARC record cannot be read ({error})") from error
    if len(decoded) > max_bytes:
        raise EvidenceError(f"capture {capture_id}: the decoded body is larger than {max_bytes} bytes")
    return bytes(decoded)


def screenshot(casefile: "Casefile", capture_id: str, *, bundle_hash: str | None = None) -> bytes | None:
    """Return the PNG that was taken of a capture, or None when none was."""
    stored = _stored(casefile, capture_id, bundle_hash)
    if stored.capture.screenshot is None:
        return None
    data = _slice(casefile, stored, stored.capture.screenshot, 0, MAX_SCREENSHOT_BYTES + 1)
    if len(data) > MAX_SCREENSHOT_BYTES:
        raise EvidenceError(f"capture {capture_id}: its screenshot is larger than {MAX_SCREENSHOT_BYTES} bytes")
    return data


def custody(casefile: "Casefile", bundle_hash: str) -> list[CustodyEntry]:
    """Return the custody chain of a bundle: what its maker sealed into it, then what happened to it here."""
    folder = bundle_path(casefile, bundle_hash)
    try:
        sealed = [entry for _, entry in records(folder, CUSTODY_NAME, CustodyEntry)]
    except BundleError as error:
        raise EvidenceError(str(error)) from error
    with casefile.read() as db:
        rows = db.execute("SELECT record FROM custody WHERE bundle_hash = ? ORDER BY id", (bundle_hash,)).fetchall()
    return sealed + [CustodyEntry.model_validate_json(row["record"]) for row in rows]


def _stored(casefile: "Casefile", capture_id: str, bundle_hash: str | None) -> StoredCapture:
    stored = get_capture(casefile, capture_id, bundle_hash=bundle_hash)
    if stored is None:
        raise EvidenceError(f"capture {capture_id} is not in the casefile")
    return stored


def _slice(casefile: "Casefile", stored: StoredCapture, name: str, offset: int, length: int) -> bytes:
    folder = bundle_path(casefile, stored.bundle_hash)
    try:
        with open_regular(folder, name) as stream:
            stream.seek(offset)
            return stream.read(length)
    except BundleError as error:
        raise EvidenceError(f"capture {stored.capture.id}: {error}") from error
