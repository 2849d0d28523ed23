"""The folder ``referrals/`` of a workspace: one maker at a time, whole packages only, nothing lost by a crash.

A package is finished as ``referrals/.draft-ID/package.zip``, then the casefile's row is committed, then the draft gets
its name. A crash before the row leaves a draft that nobody knows (swept away); a crash after it leaves a known draft
(put in place). Both happen when the folder is used next.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from casefile.referral.errors import OutboxBusyError, ReferralError
from casefile.referral.verify_package import CHUNK
from casefile.store import Casefile

FOLDER = "referrals"
DRAFT = ".draft-"
DRAFT_PACKAGE = "package.zip"
LOCK = ".lock"


@dataclass(frozen=True)
class ReferralRow:
    """A referral that was made."""

    id: str
    case_id: str
    type: str
    made_at: str
    made_by: str
    """Pseudonym."""
    recipients: str
    """JSON list of names."""
    handling: str
    path: Path
    sha256: str
    bytes: int
    key_fingerprint: str
    relates_to: str | None


def file_name(referral_id: str) -> str:
    """Return the name of a package."""
    return f"referral-{referral_id}.zip"


def list_referrals(casefile: Casefile) -> list[ReferralRow]:
    """Return all referrals, oldest first."""
    with casefile.read() as db:
        rows = db.execute(
            """SELECT r.id, r.case_id, r.type, r.made_at, p.pseudonym AS made_by, r.recipients, r.handling, r.file,
                      r.sha256, r.bytes, r.key_fingerprint, r.relates_to
               FROM referrals r JOIN people p ON p.id = r.made_by ORDER BY r.made_at, r.id"""
        ).fetchall()
    folder = casefile.workspace / FOLDER
    return [ReferralRow(path=folder / row["file"], **{k: row[k] for k in row.keys() if k != "file"}) for row in rows]


@contextlib.contextmanager
def outbox(casefile: Casefile) -> Iterator[Path]:
    """Hold the folder of packages for one maker, with what a crash left behind put right; yields the folder.

    Raises ``OutboxBusyError`` when another process is making a referral, ``ReferralError`` when the folder cannot be
    used.
    """
    folder = casefile.workspace / FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ReferralError(f"the folder {folder} cannot be used: {error.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise OutboxBusyError(
                "another referral is being made in this workspace: wait for it, then try again"
            ) from None
        recover(casefile, folder)
        yield folder
    finally:
        os.close(descriptor)


def recover(casefile: Casefile, folder: Path) -> None:
    """Put finished packages in place that a crash left as drafts, and sweep away drafts that nobody knows."""
    for row in list_referrals(casefile):
        draft = draft_folder(folder, row.id)
        finished = draft / DRAFT_PACKAGE
        if not row.path.exists() and finished.is_file() and _digest(finished) == row.sha256:
            publish(draft, row.path)
    for left in folder.glob(f"{DRAFT}*"):
        shutil.rmtree(left)


def draft_folder(folder: Path, referral_id: str) -> Path:
    """Return where a package is prepared."""
    return folder / f"{DRAFT}{referral_id}"


def publish(draft: Path, target: Path) -> None:
    """Give a finished package its name; after this it is in place whatever happens."""
    (draft / DRAFT_PACKAGE).rename(target)
    sync_folder(target.parent)
    shutil.rmtree(draft)


def deliver(package: Path, out: Path) -> Path:
    """Copy a package into the folder ``out``, whole or not at all; a file that is there already is left alone."""
    target = out / package.name
    partial = out / f".{package.name}.partial"
    try:
        out.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise ReferralError(f"{target} exists already and was left alone; the package is {package}")
        with package.open("rb") as source, partial.open("wb") as copy:
            shutil.copyfileobj(source, copy, CHUNK)
            copy.flush()
            os.fsync(copy.fileno())
        partial.rename(target)
        sync_folder(out)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise ReferralError(
            f"the referral was made and lies in {package}, but it could not be copied to {out}: {error.strerror}."
            " Copy that file by hand."
        ) from None
    return target


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
