"""How people prove who they are: passwords, one-time links and server-side sessions.

Nothing that opens a door is stored: passwords as argon2id (RFC 9106, the library's low-memory profile), tokens as
SHA-256 (they carry 256 random bits, so a fast hash is enough).
"""

import hashlib
import secrets
import sqlite3
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from casefile.person import PeopleError, Person, find_person, load_person
from casefile.records import utc_text

if TYPE_CHECKING:
    from casefile.store import Casefile, Transaction

MIN_PASSWORD, MAX_PASSWORD = 12, 1024
"""Length is what counts (NIST SP 800-63B); no rules on composition."""
FREE_ATTEMPTS = 5
"""Wrong passwords in a row before a delay."""
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=1)
"""The delay doubles with each further wrong password."""

_hasher = PasswordHasher()


class LockedOut(PeopleError):
    """Too many wrong passwords were given for a name; the message says how long to wait."""

    def __init__(self, wait: timedelta) -> None:
        seconds = max(1, int(wait.total_seconds()) + 1)
        shown = f"{seconds} seconds" if seconds < 120 else f"{seconds // 60 + 1} minutes"
        super().__init__(f"Too many wrong passwords for this name: try again in {shown}.")
        self.wait = wait


@cache
def _nobodys_hash() -> str:
    """Return a hash no password fits: verified for unknown names, so that they take as long as known ones."""
    return _hasher.hash(secrets.token_hex(32))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _fits(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password[:MAX_PASSWORD].encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


def set_password(casefile: "Casefile", person_id: str, password: str, *, actor: str) -> None:
    """Set a person's password; their open sessions end and a lock on their name is lifted.

    Raises :class:`PeopleError` when it is shorter than 12 or longer than 1024 characters or the person is unknown.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise PeopleError(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters; a sentence is easy to remember")
    stored = _hasher.hash(password.encode("utf-8", "surrogatepass"))
    with casefile.write(actor) as tx:
        person = load_person(tx, person_id)
        if person is None or not person.active:
            raise PeopleError("this person is unknown or disabled: no password was set")
        tx.execute("UPDATE people SET password_hash = ? WHERE id = ?", (stored, person_id))
        tx.execute("DELETE FROM login_failures WHERE name_sha256 = ?", (_name_digest(person.name),))
        tx.execute(
            "UPDATE sessions SET closed_at = ? WHERE person_id = ? AND closed_at IS NULL", (utc_text(tx.now), person_id)
        )
        tx.audit("password_set", f"person:{person_id}")


def verify_password(casefile: "Casefile", name: str, password: str) -> Person | None:
    """Return the person whose password this is, or None: unknown, disabled and wrong look alike and take as long.

    After 5 wrong ones in a row each further one locks the name for twice as long (30 s to 1 h): then
    :class:`LockedOut` is raised, whatever the password, for names nobody has too. Each failure is in the audit log.
    """
    with casefile.read() as db:
        person = find_person(db, name)
        row = db.execute("SELECT password_hash FROM people WHERE id = ?", (person.id if person else "",)).fetchone()
    known = row["password_hash"] if row else None
    fits = _fits(known or _nobodys_hash(), password)
    right = person is not None and person.active and known is not None and fits
    subject = f"person:{person.id}" if person else "person:unknown"
    with casefile.write("login") as tx:
        # Asked inside the transaction: guesses sent side by side all meet the lock that the first of them made.
        locked_until = _locked_until(tx, name)
        if locked_until is None and right:
            tx.execute("DELETE FROM login_failures WHERE name_sha256 = ?", (_name_digest(name),))
            tx.audit("password_accepted", subject)
            return person
        if locked_until is None:
            _count_failure(tx, name)
        # The name as typed is not logged: people type passwords into name fields.
        tx.audit("password_refused", subject, locked=locked_until is not None)
        now = tx.now
    if locked_until is not None:
        raise LockedOut(datetime.fromisoformat(locked_until) - now)
    return None


def _name_digest(name: str) -> str:
    return _digest(name.strip().casefold())


def _locked_until(tx: "Transaction", name: str) -> str | None:
    row = tx.execute(
        "SELECT locked_until FROM login_failures WHERE name_sha256 = ? AND locked_until > ?",
        (_name_digest(name), utc_text(tx.now)),
    ).fetchone()
    return row["locked_until"] if row else None


def _count_failure(tx: "Transaction", name: str) -> None:
    # What is a day old is forgotten, so that guessed names do not fill the file.
    tx.execute("DELETE FROM login_failures WHERE last_at < ?", (utc_text(tx.now - timedelta(days=1)),))
    row = tx.execute("SELECT failed FROM login_failures WHERE name_sha256 = ?", (_name_digest(name),)).fetchone()
    failed, until = (row["failed"] if row else 0) + 1, None
    if failed >= FREE_ATTEMPTS:
        until = utc_text(tx.now + min(FIRST_DELAY * 2 ** min(failed - FREE_ATTEMPTS, 20), LONGEST_DELAY))
    row_now = (_name_digest(name), failed, utc_text(tx.now), until)
    tx.execute("INSERT OR REPLACE INTO login_failures VALUES (?, ?, ?, ?)", row_now)


def make_login_link(
    casefile: "Casefile", person_id: str, *, actor: str, valid_for: timedelta = timedelta(hours=24)
) -> str:
    """Return a token that logs a person in once; it cannot be shown again. Raises :class:`PeopleError`."""
    token = secrets.token_urlsafe(32)
    with casefile.write(actor) as tx:
        person = load_person(tx, person_id)
        if person is None or not person.active:
            raise PeopleError("this person is unknown or disabled: no link was made")
        tx.execute(
            "INSERT INTO login_links VALUES (?, ?, ?, ?, NULL)",
            (_digest(token), person_id, utc_text(tx.now), utc_text(tx.now + valid_for)),
        )
        tx.audit("login_link_made", f"person:{person_id}", expires_at=utc_text(tx.now + valid_for))
    return token


def redeem_login_link(casefile: "Casefile", token: str) -> Person | None:
    """Use up a link and return whose it is; None when unknown, used, expired or of a disabled person."""
    with casefile.read() as db:
        if not _open_link(db.execute(_LINK, (_digest(token),)).fetchone(), casefile.clock()):
            return None
    with casefile.write("login") as tx:
        row = tx.execute(_LINK, (_digest(token),)).fetchone()
        person = load_person(tx, row["person_id"]) if _open_link(row, tx.now) else None
        if person is None or not person.active:
            tx.audit("login_link_refused", f"person:{row['person_id']}")
            return None
        tx.execute("UPDATE login_links SET used_at = ? WHERE token_sha256 = ?", (utc_text(tx.now), _digest(token)))
        tx.audit("login_link_used", f"person:{person.id}")
        return person


_LINK = "SELECT person_id, expires_at, used_at FROM login_links WHERE token_sha256 = ?"


def _open_link(row: sqlite3.Row | None, now: datetime) -> bool:
    return row is not None and row["used_at"] is None and row["expires_at"] > utc_text(now)


def open_session(casefile: "Casefile", person_id: str, *, valid_for: timedelta = timedelta(hours=12)) -> str:
    """Open a session for a person who proved who they are; returns its token. Raises :class:`PeopleError`."""
    token = secrets.token_urlsafe(32)
    with casefile.write(f"person:{person_id}") as tx:
        person = load_person(tx, person_id)
        if person is None or not person.active:
            raise PeopleError("this person is unknown or disabled: no session was opened")
        tx.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?, NULL)",
            (_digest(token), person_id, utc_text(tx.now), utc_text(tx.now + valid_for)),
        )
        tx.audit("session_opened", f"person:{person_id}", expires_at=utc_text(tx.now + valid_for))
    return token


def session_person(casefile: "Casefile", token: str) -> Person | None:
    """Return whose session this is, with the roles they hold now; None when closed, expired or unknown."""
    with casefile.read() as db:
        row = db.execute(
            "SELECT person_id FROM sessions WHERE token_sha256 = ? AND closed_at IS NULL AND expires_at > ?",
            (_digest(token), utc_text(casefile.clock())),
        ).fetchone()
        person = load_person(db, row["person_id"]) if row else None
    return person if person is not None and person.active else None


def close_session(casefile: "Casefile", token: str) -> None:
    """End a session; an unknown or closed one is left as it is."""
    with casefile.read() as db:
        row = db.execute(
            "SELECT person_id FROM sessions WHERE token_sha256 = ? AND closed_at IS NULL", (_digest(token),)
        ).fetchone()
    if row is None:
        return
    with casefile.write(f"person:{row['person_id']}") as tx:
        tx.execute("UPDATE sessions SET closed_at = ? WHERE token_sha256 = ?", (utc_text(tx.now), _digest(token)))
        tx.audit("session_closed", f"person:{row['person_id']}")
