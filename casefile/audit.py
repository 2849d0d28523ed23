"""The audit log: append-only, each entry tied to the one before it by a hash.

Triggers in the file refuse changes; the chain shows those made behind SQLite's back; ``audit_head`` shows a log that
was cut at its end. Whoever can write the file can forge all three: a copy of the head outside the machine (a backup's
manifest holds one) is what shows that.
"""

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from json.encoder import encode_basestring as _quoted
from typing import TYPE_CHECKING

from casefile.records import FIRST_LINK, AuditEntry, canonical_bytes, utc_text

if TYPE_CHECKING:
    from datetime import datetime

    from casefile.store import Casefile


@dataclass(frozen=True)
class AuditCheck:
    """What :func:`verify` found."""

    ok: bool
    entries: int
    head: str
    """Hash of the last entry, 64 zeros for an empty log."""
    first_fault: str | None = None


def entry_hash(previous: str, seq: int, at: str, actor: str, action: str, subject: str, detail: str) -> str:
    """Return the hash of an entry; ``detail`` is its RFC 8785 text.

    The same as ``chain_hash(previous, entry)``, put together by hand since a million entries are verified at a time:
    RFC 8785 writes a string as ``json`` does when it may write any character.
    """
    body = (
        f'{{"action":{_quoted(action)},"actor":{_quoted(actor)},"at":{_quoted(at)},'
        f'"detail":{detail},"seq":{seq},"subject":{_quoted(subject)}}}'
    )
    return hashlib.sha256(f"{previous}\n{body}".encode("utf-8", "surrogatepass")).hexdigest()


def _fits(this: object, previous: str, seq: int, *texts: str) -> bool:
    try:
        return this == entry_hash(previous, seq, *texts)
    except TypeError:
        # A changed byte can turn a text into a number or a blob.
        return False


def append(
    connection: sqlite3.Connection,
    *,
    at: "datetime",
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, object],
) -> AuditEntry:
    """Append one entry inside the caller's transaction and return it.

    Raises ``rfc8785.CanonicalizationError`` when ``detail`` holds what JSON cannot carry.
    """
    entries, previous = connection.execute("SELECT entries, hash FROM audit_head").fetchone()
    seq, moment, detail_text = entries + 1, utc_text(at), canonical_bytes(detail).decode()
    this = entry_hash(previous, seq, moment, actor, action, subject, detail_text)
    connection.execute(
        "INSERT INTO audit (seq, at, actor, action, subject, detail, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (seq, moment, actor, action, subject, detail_text, previous, this),
    )
    connection.execute("UPDATE audit_head SET entries = ?, hash = ?", (seq, this))
    return AuditEntry(
        seq=seq, at=at, actor=actor, action=action, subject=subject, detail=detail, previous=previous, hash=this
    )


def log_read(casefile: "Casefile", actor: str, subject: str) -> None:
    """Log that ``actor`` read personal data of ``subject`` (contacts, sellers, a full export)."""
    with casefile.write(actor) as tx:
        tx.audit("read", subject)


def entries(casefile: "Casefile", *, subject: str | None = None, limit: int = 200) -> list[AuditEntry]:
    """Return the newest entries (of one subject), newest first."""
    where, values = ("WHERE subject = ?", [subject]) if subject is not None else ("", [])
    with casefile.read() as connection:
        rows = connection.execute(f"SELECT * FROM audit {where} ORDER BY seq DESC LIMIT ?", [*values, limit])  # noqa: S608 - constant text
        return [AuditEntry.model_validate({**dict(row), "detail": json.loads(row["detail"])}) for row in rows]


def verify(casefile: "Casefile") -> AuditCheck:
    """Walk the whole log and check each link, the length, and that every decision is the one that was logged."""
    with casefile.read() as connection:
        return verify_connection(connection)


def verify_connection(connection: sqlite3.Connection) -> AuditCheck:
    """As :func:`verify`, on any connection to a casefile (a backup, for example)."""
    try:
        return _walk(connection)
    except (sqlite3.DatabaseError, TypeError) as error:
        return AuditCheck(ok=False, entries=0, head=FIRST_LINK, first_fault=f"the log cannot be read: {error}")


def _walk(connection: sqlite3.Connection) -> AuditCheck:
    previous, count = FIRST_LINK, 0
    logged: dict[str, str] = {}

    def fault(what: str) -> AuditCheck:
        return AuditCheck(ok=False, entries=count, head=previous, first_fault=what)

    rows = connection.execute("SELECT seq, at, actor, action, subject, detail, previous, hash FROM audit ORDER BY seq")
    for seq, at, actor, action, subject, detail, named, this in rows:
        if seq != count + 1:
            return fault(f"audit entry {count + 1} is missing: the next one kept is {seq}")
        if named != previous:
            return fault(f"audit entry {seq} does not follow entry {count}: its 'previous' is not that entry's hash")
        if not _fits(this, previous, seq, at, actor, action, subject, detail):
            return fault(f"audit entry {seq} ({action} {subject} at {at}) was changed: its hash does not fit")
        previous, count = this, seq
        if action in ("decided", "undid"):
            known = json.loads(detail)
            logged[str(known.get("decision"))] = str(known.get("sha256"))
    head = connection.execute("SELECT entries, hash FROM audit_head").fetchone()
    if head is None or tuple(head) != (count, previous):
        kept = "no head" if head is None else f"{head[0]} entries"
        return fault(f"the audit log holds {count} entries but its head says {kept}: it was cut or extended")
    return _check_decisions(connection, logged) or AuditCheck(ok=True, entries=count, head=previous)


def decision_digest(row: sqlite3.Row | tuple[object, ...]) -> str:
    """Return the SHA-256 that the log keeps of a row of ``decisions`` (all columns in order)."""
    return hashlib.sha256(json.dumps(list(row), ensure_ascii=True).encode()).hexdigest()


def _check_decisions(connection: sqlite3.Connection, logged: dict[str, str]) -> AuditCheck | None:
    count, head = connection.execute("SELECT entries, hash FROM audit_head").fetchone()
    for row in connection.execute("SELECT * FROM decisions ORDER BY id"):
        number = str(row[0])
        if logged.pop(number, None) != decision_digest(row):
            return AuditCheck(False, count, head, f"decision {number} is not the one that was logged")
    for number in logged:
        return AuditCheck(False, count, head, f"decision {number} was logged but is not there any more")
    return None
