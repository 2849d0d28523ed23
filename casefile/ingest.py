"""Taking in a bundle: check everything, copy the evidence, then add all rows in one transaction.

Nothing is written before the whole bundle is checked. The copy becomes visible by one rename and the rows by one
commit, so a kill at any moment leaves the casefile as it was or as it should be, and the same command finishes the
work: what was copied is checked again and used, or thrown away and copied anew. Records are parsed and hashed before
the transaction starts (into a spool file), so that people who decide meanwhile wait for a moment only.
"""

import contextlib
import errno
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from casefile import versions
from casefile.bundles import (
    BundleError,
    CheckedBundle,
    check_bundle,
    check_capture,
    checked_blocks,
    open_regular,
    records,
)
from casefile.records import Capture, CustodyEntry, Listing, Site, utc_text
from casefile.records.bundle import CAPTURES_NAME, LISTINGS_NAME, MANIFEST_NAME, SITES_NAME
from casefile.store import CasefileError

if TYPE_CHECKING:
    from casefile.store import Casefile, Transaction

BUNDLES_DIR = "bundles"
ROWS_AT_ONCE = 1_000
SPARE_BYTES = 64 * 1024 * 1024
"""Free space that must be left beside the copy, for the rows."""

__all__ = ["BundleError", "IngestError", "IngestResult", "ingest_bundle"]


class IngestError(CasefileError):
    """A bundle could not be taken in for a reason that is not in the bundle (disk full, for example)."""


@dataclass(frozen=True)
class IngestResult:
    """What a bundle brought."""

    bundle_hash: str
    already_known: bool
    listings_new: int
    listings_changed: int
    listings_same: int
    captures: int
    sites: int


def ingest_bundle(
    casefile: "Casefile", folder: Path, *, actor: str, progress: Callable[[int, int], None] | None = None
) -> IngestResult:
    """Take in a sealed bundle; a bundle that is known already changes nothing.

    ``progress`` is called with steps done and steps in all. Raises :class:`BundleError` naming the first fault of the
    bundle, :class:`IngestError` when the disk is full, :class:`~casefile.store.CasefileError` when the casefile
    refuses.
    """
    report = progress or (lambda done, total: None)
    # Checking is one part in two of the work, whatever the bundle's size.
    bundle = check_bundle(folder, progress=lambda done, total: report(done * 500 // max(total, 1), 1000))
    home = casefile.workspace / BUNDLES_DIR
    with _alone(home), _disk_full_explained(home, bundle):
        known = _known(casefile, bundle.hash)
        if known is not None:
            report(1000, 1000)
            return known
        with tempfile.TemporaryFile("w+", dir=home, encoding="utf-8") as spool:
            rows = _spool(bundle, spool, lambda done: report(500 + done, 1000))
            report(700, 1000)
            target = home / bundle.hash
            _copy(bundle, home, target)
            report(800, 1000)
            try:
                result = _write(casefile, bundle, spool, rows, actor, lambda done: report(800 + done, 1000))
            except BaseException:
                # The rows were rolled back: without them nothing would ever point at the copy.
                if _known(casefile, bundle.hash) is None:
                    shutil.rmtree(target, ignore_errors=True)
                raise
    report(1000, 1000)
    return result


@contextlib.contextmanager
def _alone(home: Path) -> Generator[None, None, None]:
    """Let one ingest of a workspace run at a time, and clear away what killed ones left."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in home.glob(".incoming-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


@contextlib.contextmanager
def _disk_full_explained(home: Path, bundle: CheckedBundle) -> Generator[None, None, None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            where = error.filename or home
            raise IngestError(f"{where} cannot be written: {error.strerror}; nothing was kept") from error
        raise _full(home, bundle) from error


def _full(home: Path, bundle: CheckedBundle) -> IngestError:
    return IngestError(
        f"the disk that holds {home} is full: bundle {bundle.folder} needs {bundle.bytes // 1024**2 + 1} MiB and some "
        "space for its rows. Nothing was kept; free some space and run the same again"
    )


def _known(casefile: "Casefile", bundle_hash: str) -> IngestResult | None:
    with casefile.read() as db:
        row = db.execute("SELECT result FROM bundles WHERE hash = ?", (bundle_hash,)).fetchone()
    return IngestResult(bundle_hash=bundle_hash, already_known=True, **json.loads(row["result"])) if row else None


@dataclass
class _Spooled:
    captures: int = 0
    listings: int = 0
    sites: int = 0


def _spool(bundle: CheckedBundle, spool: IO[str], progress: Callable[[int], None]) -> _Spooled:
    """Parse and check every record, and write what the transaction needs of each, one JSON line a record."""
    sizes = {file.path: file.bytes for file in bundle.manifest.files}
    # What the run says it found; only the progress bar believes it.
    expected = max(bundle.run.counts.get("listings", 0), 1)
    count, captures = _Spooled(), set()
    for number, capture in records(bundle.folder, CAPTURES_NAME, Capture):
        check_capture(bundle, sizes, number, capture)
        if capture.id in captures:
            raise BundleError(f"{bundle.folder / CAPTURES_NAME}, line {number}: capture {capture.id} is there twice")
        captures.add(capture.id)
        spool.write(json.dumps(["capture", capture.id, capture.to_json()], ensure_ascii=False) + "\n")
        count.captures += 1
    if bundle.has(SITES_NAME):
        for _, site in records(bundle.folder, SITES_NAME, Site):
            spool.write(json.dumps(["site", *versions.site_row(site)], ensure_ascii=False) + "\n")
            count.sites += 1
    for number, listing in records(bundle.folder, LISTINGS_NAME, Listing):
        if listing.capture is not None and listing.capture not in captures:
            where = f"{bundle.folder / LISTINGS_NAME}, line {number}"
            raise BundleError(f"{where}: capture {listing.capture} is not in {CAPTURES_NAME}")
        spool.write(json.dumps(["listing", *versions.listing_row(listing)], ensure_ascii=False) + "\n")
        count.listings += 1
        if count.listings % ROWS_AT_ONCE == 0:
            progress(min(count.listings * 200 // expected, 200))
    return count


def _copy(bundle: CheckedBundle, home: Path, target: Path) -> None:
    """Copy a checked bundle to its place by one rename, digests checked again on the very bytes that are written."""
    if target.is_dir():
        # Left by a run that was killed between rename and commit: good if it is whole, else copied again.
        try:
            if check_bundle(target).hash == bundle.hash:
                return
        except BundleError:
            pass
        shutil.rmtree(target)
    if shutil.disk_usage(home).free < bundle.bytes + SPARE_BYTES:
        raise _full(home, bundle)
    incoming = Path(tempfile.mkdtemp(prefix=".incoming-", dir=home))
    try:
        for file in bundle.manifest.files:
            place = incoming / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            with open_regular(bundle.folder, file.path) as source, place.open("xb") as copy:
                for block in checked_blocks(bundle.folder, file, source):
                    copy.write(block)
                _sync(copy)
            place.chmod(0o400)
        with (incoming / MANIFEST_NAME).open("xb") as manifest:
            manifest.write(bundle.manifest_bytes)
            _sync(manifest)
        (incoming / MANIFEST_NAME).chmod(0o400)
        for place in [incoming, *(path for path in incoming.rglob("*") if path.is_dir())]:
            _sync_folder(place)
        incoming.rename(target)
        _sync_folder(home)
    except BaseException:
        shutil.rmtree(incoming, ignore_errors=True)
        raise


def _sync(stream: IO[bytes]) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(
    casefile: "Casefile",
    bundle: CheckedBundle,
    spool: IO[str],
    rows: _Spooled,
    actor: str,
    progress: Callable[[int], None],
) -> IngestResult:
    """Add all rows of a bundle in one transaction."""
    with casefile.write(actor) as tx:
        now = utc_text(tx.now)
        tx.execute("PRAGMA defer_foreign_keys = ON")
        counts = _write_records(tx, bundle.hash, spool, rows, progress)
        result = IngestResult(bundle.hash, False, counts.new, counts.changed, counts.same, rows.captures, rows.sites)
        kept = {k: v for k, v in asdict(result).items() if k not in ("bundle_hash", "already_known")}
        tx.execute(
            "INSERT INTO bundles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                bundle.hash, bundle.manifest.run_id, bundle.run.kind, utc_text(bundle.manifest.created_at), now, actor,
                bundle.bytes, rows.listings, rows.captures, rows.sites, json.dumps(kept),
            ),
        )  # fmt: skip
        entry = CustodyEntry.link(
            bundle.custody[-1].hash, at=tx.now, actor=actor, action="ingested", detail={"bundle": bundle.hash}
        )
        tx.execute("INSERT INTO custody (bundle_hash, record) VALUES (?, ?)", (bundle.hash, entry.model_dump_json()))
        tx.audit("ingested", f"bundle:{bundle.hash}", run_id=bundle.manifest.run_id, **kept)
    return result


def _write_records(
    tx: "Transaction", bundle_hash: str, spool: IO[str], rows: _Spooled, progress: Callable[[int], None]
) -> versions.Counts:
    counts = versions.Counts()
    listings: list[versions.ListingRow] = []
    captures: list[tuple[str, str, str]] = []
    done, total = 0, rows.captures + rows.sites + rows.listings
    spool.seek(0)
    for line in spool:
        kind, *values = json.loads(line)
        if kind == "capture":
            captures.append((values[0], bundle_hash, json.dumps(values[1], ensure_ascii=False)))
        elif kind == "site":
            versions.add_site(tx, bundle_hash, versions.SiteRow(*values))
        else:
            listings.append(versions.ListingRow(*values))
        done += 1
        if len(listings) == ROWS_AT_ONCE or len(captures) == ROWS_AT_ONCE or done == total:
            tx.executemany("INSERT INTO captures (capture_id, bundle_hash, record) VALUES (?, ?, ?)", captures)
            versions.add_listings(tx, bundle_hash, listings, counts)
            listings, captures = [], []
            progress(done * 200 // total)
    return counts
