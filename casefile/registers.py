"""Official registers in the casefile: editions taken in, and entries found by the words they are kept under.

What makes two products the same is not decided here: whoever imports gives the words an entry is found under, whoever
asks gives the words to look for and weighs what comes back.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from casefile.records import utc_text
from casefile.records.register import RegisterEdition, RegisterEntry, RegisterKind, RegisterStatus
from casefile.register_files import RegisterFileError, RegisterRow, file_digest, read_rows
from casefile.register_mapping import RegisterMapping

if TYPE_CHECKING:
    from casefile.store import Casefile, Transaction

Keys = Callable[[RegisterEntry, RegisterKind], Iterable[str]]

MOST_FOUND: Final = 4_000
"""Entries returned for one question; a common substance has a thousand products in one country."""
_MOST_KEYS = 40
_BATCH = 5_000
_TOLD_FAULTS = 5


@dataclass(frozen=True)
class RegisterImport:
    """What an import did."""

    edition: RegisterEdition
    new: bool
    """False when the same file was taken in before, with the same mapping; then nothing changed."""
    faults: tuple[str, ...] = ()
    """Why rows were set aside, the first few."""


def import_register(
    casefile: "Casefile",
    path: Path,
    mapping: RegisterMapping,
    *,
    keys: Keys,
    actor: str,
    edition: str | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> RegisterImport:
    """Take a register file into the casefile in one transaction; ``edition`` is its date (today unless said).

    The same file with the same mapping changes nothing. A row without what its kind needs, or of a status the mapping
    does not name, is set aside and counted. Raises :class:`RegisterFileError` when the file is refused or holds no
    entry at all; then nothing is kept.
    """
    digest = file_digest(path)
    known = _known(casefile, mapping, digest)
    if known is not None:
        return RegisterImport(known, new=False)
    faults: list[str] = []
    with casefile.write(actor) as tx:
        number = int(tx.execute("SELECT coalesce(max(id), 0) + 1 FROM registers").fetchone()[0])
        made = RegisterEdition(
            number, mapping.name, mapping.kind, mapping.country, mapping.covers, mapping.source,
            edition or tx.now.date().isoformat(), path.name, digest, 0, 0, utc_text(tx.now),
        )  # fmt: skip
        counted = [0, 0]
        # The entries refer to their edition, which is written last, when it is known how many there are.
        tx.execute("PRAGMA defer_foreign_keys = ON")
        entries = _entries(read_rows(path, mapping), mapping, number, faults, counted)
        while batch := list(islice(entries, _BATCH)):
            _store(tx, batch, mapping.kind, keys)
            progress(sum(counted))
        if not counted[0]:
            raise RegisterFileError(
                f"{path}: not one of {counted[1]} rows fits the mapping '{mapping.name}' "
                f"({faults[0] if faults else 'the file is empty'}): nothing was imported"
            )
        made = replace(made, entries=counted[0], set_aside=counted[1])
        tx.execute(
            "INSERT INTO registers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, made.name, made.kind, made.country, made.covers, made.source, made.edition, made.file_name,
             made.file_sha256, mapping.digest, made.entries, made.set_aside, made.imported_at),
        )  # fmt: skip
        tx.audit("register_imported", f"register:{made.name}", **{k: v for k, v in asdict(made).items() if k != "id"})
    current = {one.id for one in editions(casefile) if one.current}
    return RegisterImport(replace(made, current=number in current), new=True, faults=tuple(faults))


def _known(casefile: "Casefile", mapping: RegisterMapping, digest: str) -> RegisterEdition | None:
    with casefile.read() as db:
        row = db.execute(
            "SELECT id FROM registers WHERE name = ? AND kind = ? AND file_sha256 = ? AND mapping_sha256 = ?",
            (mapping.name, mapping.kind, digest, mapping.digest),
        ).fetchone()
    return next((one for one in editions(casefile) if one.id == row["id"]), None) if row else None


def _entries(
    rows: Iterator[RegisterRow], mapping: RegisterMapping, register_id: int, faults: list[str], counted: list[int]
) -> Iterator[RegisterEntry]:
    for row in rows:
        entry, fault = _entry(row, mapping, register_id)
        if entry is not None:
            counted[0] += 1
            yield entry
            continue
        counted[1] += 1
        if len(faults) < _TOLD_FAULTS:
            faults.append(f"line {row.line}: {fault}")


def _entry(row: RegisterRow, mapping: RegisterMapping, register_id: int) -> tuple[RegisterEntry | None, str]:
    cells = row.cells
    status: RegisterStatus = mapping.status
    if mapping.statuses and "status" in mapping.columns:
        written = cells.get("status", "").casefold()
        said = [s for s, starts in mapping.statuses.items() if any(_begins(written, x) for x in starts)]
        if not said:
            return None, f"status {cells.get('status', '')[:80]!r} is not in the mapping"
        status = said[0]
    substances = tuple(part.strip() for part in cells.get("substances", "").split(mapping.separator) if part.strip())
    entry = RegisterEntry(
        register_id, row.line, cells.get("name", ""), substances, cells.get("strength", ""), cells.get("form", ""),
        cells.get("holder", ""), cells.get("number", ""), status, cells.get("host", ""), cells.get("batch", ""),
    )  # fmt: skip
    has = {
        "products": entry.name or entry.substances,
        "sellers": entry.host or entry.number,
        "batches": entry.batch,
    }[mapping.kind]
    return (entry, "") if has else (None, "it names nothing that could be looked for")


def _begins(written: str, start: str) -> bool:
    """Return whether a status begins so; an empty ``start`` stands for a cell that is empty."""
    return written.startswith(start.casefold()) if start else not written


def _store(tx: "Transaction", batch: Sequence[RegisterEntry], kind: RegisterKind, keys: Keys) -> None:
    tx.executemany(
        "INSERT INTO register_entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (e.register_id, e.line, e.name, json.dumps(e.substances, ensure_ascii=False), e.strength, e.form, e.holder,
             e.number, e.status, e.host, e.batch)
            for e in batch
        ],
    )  # fmt: skip
    tx.executemany(
        "INSERT OR IGNORE INTO register_keys VALUES (?, ?, ?)",
        [(key, e.register_id, e.line) for e in batch for key in islice(dict.fromkeys(keys(e, kind)), _MOST_KEYS)],
    )


def editions(casefile: "Casefile") -> list[RegisterEdition]:
    """Return every edition taken in, by register, the newest first; of each register one is ``current``.

    The current one has the latest date; of two of the same date the one taken in later.
    """
    with casefile.read() as db:
        rows = db.execute("SELECT * FROM registers ORDER BY kind, name, edition DESC, id DESC").fetchall()
    found: list[RegisterEdition] = []
    for row in rows:
        first = not found or (found[-1].name, found[-1].kind) != (row["name"], row["kind"])
        found.append(RegisterEdition(**{k: row[k] for k in row.keys() if k != "mapping_sha256"}, current=first))
    return found


def find_entries(
    casefile: "Casefile", editions_of: Iterable[RegisterEdition], keys: Iterable[str]
) -> list[RegisterEntry]:
    """Return the entries of these editions that are kept under one of ``keys``, at most :data:`MOST_FOUND`."""
    ids = [one.id for one in editions_of]
    if not ids:
        return []
    with casefile.read() as db:
        rows = db.execute(
            """SELECT DISTINCT e.* FROM json_each(?) k
               CROSS JOIN register_keys r ON r.key = k.value
               CROSS JOIN register_entries e ON e.register_id = r.register_id AND e.line = r.line
               WHERE r.register_id IN (SELECT value FROM json_each(?))
               ORDER BY e.register_id, e.line LIMIT ?""",
            (json.dumps(sorted(set(keys))), json.dumps(ids), MOST_FOUND),
        ).fetchall()
    return [_read(row) for row in rows]


def _read(row: sqlite3.Row) -> RegisterEntry:
    fields = {key: row[key] for key in row.keys()}
    return RegisterEntry(**{**fields, "substances": tuple(json.loads(row["substances"]))})
