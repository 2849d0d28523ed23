"""A copy of everything while people go on working, and the way back.

A backup is a folder: ``casefile.db`` (copied by SQLite itself, so it is one consistent moment), the bundles that it
names, referrals, policy and targets, and ``backup.json`` with the digest of each file, written last. The machine's
signing key is left out unless asked for: whoever has it can sign in the agency's name.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from casefile import audit
from casefile.bundles import BundleError, check_paths, checked_blocks, load_manifest, open_regular
from casefile.ingest import BUNDLES_DIR
from casefile.records import BundleFile, Record, UtcTime, utc_text
from casefile.records.bundle import MANIFEST_NAME as BUNDLE_MANIFEST
from casefile.store import DATABASE_NAME, Casefile, CasefileError

MANIFEST_NAME = "backup.json"
KEYS_DIR = "keys"
FOLDERS = ("referrals",)
FILES = ("policy.yaml", "targets.yaml")
MAX_MANIFEST_BYTES = 512 * 1024 * 1024

Progress = Callable[[int, int], None]


class BackupError(CasefileError):
    """A backup or a restore was refused; the message says what, where and what to do."""


class BackupManifest(Record):
    """What a backup holds, and the state of the audit log at its moment."""

    format: Literal["pharmakon-backup/1"] = "pharmakon-backup/1"
    made_at: UtcTime
    audit_entries: int
    audit_head: str
    keys: bool
    files: tuple[BundleFile, ...]


@dataclass(frozen=True)
class BackupResult:
    """What was copied."""

    folder: Path
    files: int
    bytes: int
    audit_entries: int
    keys: bool


def backup(
    casefile: Casefile, target: Path, *, actor: str, include_keys: bool = False, progress: Progress | None = None
) -> BackupResult:
    """Copy the workspace into the new folder ``target`` while it is in use.

    ``progress`` gets files done and files in all. Raises :class:`BackupError` when ``target`` holds anything already,
    evidence was changed, the audit log is at fault or the disk is full; then nothing is left behind.
    """
    _refuse_occupied(target, "give the name of a new folder, a backup never overwrites another")
    with _building(target) as partial:
        check = _copy_database(casefile, partial / DATABASE_NAME)
        sources = _sources(casefile.workspace, partial / DATABASE_NAME, include_keys)
        files = [_described(partial, DATABASE_NAME)]
        for done, (name, known) in enumerate(sources, start=1):
            files.append(_copy(casefile.workspace, name, known, partial))
            if progress is not None:
                progress(done, len(sources))
        manifest = BackupManifest(
            made_at=casefile.clock(), audit_entries=check.entries, audit_head=check.head, keys=include_keys,
            files=tuple(files),
        )  # fmt: skip
        _write(partial / MANIFEST_NAME, manifest.model_dump_json(indent=1).encode())
    size = sum(file.bytes for file in files)
    with casefile.write(actor) as tx:
        tx.audit("backup_made", "casefile", files=len(files), bytes=size, keys=include_keys, head=check.head)
    return BackupResult(target, len(files), size, check.entries, include_keys)


def restore(source: Path, workspace: Path, *, actor: str, progress: Progress | None = None) -> BackupResult:
    """Put a backup into an empty workspace, after every digest and the audit log were checked.

    Sessions and log-in links of the time of the backup are ended. Raises :class:`BackupError` naming the first file at
    fault, or when the workspace holds anything; then nothing was written.
    """
    _refuse_occupied(workspace, "restore into another --workspace, or move that one away first")
    manifest = check_backup(source)
    with _building(workspace) as partial:
        for done, file in enumerate(manifest.files, start=1):
            _copy(source, file.path, file, partial)
            if progress is not None:
                progress(done, len(manifest.files))
        _check_database(partial, manifest)
        with Casefile.open(partial) as casefile, casefile.write(actor) as tx:
            now = utc_text(tx.now)
            tx.execute("UPDATE sessions SET closed_at = ? WHERE closed_at IS NULL", (now,))
            tx.execute("UPDATE login_links SET used_at = ? WHERE used_at IS NULL", (now,))
            tx.audit("restored", "casefile", made_at=utc_text(manifest.made_at), head=manifest.audit_head)
    size = sum(file.bytes for file in manifest.files)
    return BackupResult(workspace, len(manifest.files), size, manifest.audit_entries, manifest.keys)


def check_backup(source: Path) -> BackupManifest:
    """Return the manifest of a backup once every file has its digest; raises :class:`BackupError`."""
    try:
        with open_regular(source, MANIFEST_NAME) as stream:
            data = stream.read(MAX_MANIFEST_BYTES)
        manifest = BackupManifest.model_validate_json(data)
        check_paths(source / MANIFEST_NAME, manifest.files)
        for file in manifest.files:
            with open_regular(source, file.path) as stream:
                for _ in checked_blocks(source, file, stream):
                    pass
    except BundleError as error:
        raise BackupError(f"the backup was refused: {error}. Nothing was written") from error
    except ValidationError as error:
        what = error.errors()[0]["msg"]
        raise BackupError(
            f"{source / MANIFEST_NAME} is no manifest of a backup: {what}. Nothing was written"
        ) from error
    return manifest


def _refuse_occupied(folder: Path, advice: str) -> None:
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise BackupError(f"{folder} exists and is not empty: {advice}")


@contextlib.contextmanager
def _building(target: Path) -> Generator[Path, None, None]:
    """Give a folder beside ``target`` that becomes ``target`` when the block ends well, and is removed otherwise."""
    partial: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-", dir=target.parent))
        yield partial
        # Replaces an empty folder in one step; fails on one that was filled meanwhile.
        partial.rename(target)
        partial = None
    except BundleError as error:
        raise BackupError(f"{error}. Nothing was kept") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise BackupError(f"the disk that holds {target} is full; nothing was kept there") from error
        raise BackupError(f"{error.filename or target}: {error.strerror}; nothing was kept") from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)


def _copy_database(casefile: Casefile, place: Path) -> audit.AuditCheck:
    try:
        with casefile.read() as db, closing(sqlite3.connect(place)) as copy:
            db.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            check = audit.verify_connection(copy)
    except sqlite3.Error as error:
        raise BackupError(f"the casefile could not be copied to {place.parent}: {error}; nothing was kept") from error
    if not check.ok:
        raise BackupError(
            f"the audit log is at fault: {check.first_fault}. No backup was made; to keep this state as it is, "
            "copy the workspace folder by hand"
        )
    return check


def _sources(workspace: Path, database: Path, include_keys: bool) -> list[tuple[str, BundleFile | None]]:
    """Return every file to copy beside the database, with the digest it must have where one is known."""
    with closing(sqlite3.connect(database)) as copy:
        hashes = [row[0] for row in copy.execute("SELECT hash FROM bundles ORDER BY hash")]
    found: list[tuple[str, BundleFile | None]] = []
    for bundle_hash in hashes:
        folder = f"{BUNDLES_DIR}/{bundle_hash}"
        manifest, _ = load_manifest(workspace / folder)
        if manifest.bundle_hash() != bundle_hash:
            raise BundleError(f"{workspace / folder / BUNDLE_MANIFEST} was changed since it was ingested")
        found.append((f"{folder}/{BUNDLE_MANIFEST}", None))
        for file in manifest.files:
            name = f"{folder}/{file.path}"
            found.append((name, BundleFile(path=name, sha256=file.sha256, bytes=file.bytes)))
    for name in (*FOLDERS, *([KEYS_DIR] if include_keys else [])):
        found += [(path, None) for path in _plain_files(workspace, name)]
    return found + [(name, None) for name in FILES if (workspace / name).is_file()]


def _plain_files(workspace: Path, folder: str) -> Iterator[str]:
    """Yield the finished files of a folder: what begins with a dot is being made."""
    for path in sorted((workspace / folder).rglob("*")):
        name = path.relative_to(workspace)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix()


def _copy(source: Path, name: str, known: BundleFile | None, target: Path) -> BundleFile:
    place = target / name
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with open_regular(source, name) as stream, place.open("xb") as copy:
        blocks = checked_blocks(source, known, stream) if known else iter(lambda: stream.read(1024 * 1024), b"")
        for block in blocks:
            digest.update(block)
            size += len(block)
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    place.chmod(0o400 if name.startswith(f"{BUNDLES_DIR}/") else 0o600)
    return BundleFile(path=name, sha256=digest.hexdigest(), bytes=size)


def _described(folder: Path, name: str) -> BundleFile:
    with open_regular(folder, name) as stream:
        digest = hashlib.sha256()
        while block := stream.read(1024 * 1024):
            digest.update(block)
        return BundleFile(path=name, sha256=digest.hexdigest(), bytes=stream.tell())


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _check_database(folder: Path, manifest: BackupManifest) -> None:
    """Raise :class:`BackupError` when the casefile of a backup is damaged, or not the one its manifest was made for."""
    path = folder / DATABASE_NAME
    try:
        with closing(sqlite3.connect(path)) as copy:
            state = copy.execute("PRAGMA quick_check").fetchone()[0]
            check = audit.verify_connection(copy)
            hashes = [row[0] for row in copy.execute("SELECT hash FROM bundles")]
    except sqlite3.Error as error:
        raise BackupError(f"{DATABASE_NAME} of the backup is damaged: {error}. Nothing was written") from error
    if state != "ok" or not check.ok:
        fault = check.first_fault or state
        raise BackupError(f"{DATABASE_NAME} of the backup is at fault: {fault}. Nothing was written")
    if (check.entries, check.head) != (manifest.audit_entries, manifest.audit_head):
        raise BackupError(f"{DATABASE_NAME} is not the one that {MANIFEST_NAME} was written for. Nothing was written")
    for bundle_hash in hashes:
        if not (folder / BUNDLES_DIR / bundle_hash / BUNDLE_MANIFEST).is_file():
            raise BackupError(f"the backup lacks bundle {bundle_hash}, which its casefile names. Nothing was written")
