"""The numbered migrations, and the check that a casefile's schema is exactly what they make.

The check is what makes the append-only triggers a guarantee: ``sqlite_utils``' ``transform()``, a repair tool or a
person at a prompt can drop one silently, and from then on nothing would stop a rewrite of the log.
"""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sqlite_utils import Database

from casefile.records import sha256_hex


class SchemaError(Exception):
    """The file is no casefile of this version; the message says what differs."""


@dataclass(frozen=True)
class Migration:
    """One numbered step from ``casefile/migrations``."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Return the digest that a casefile remembers of the step it went through."""
        return sha256_hex(self.sql.encode())


@cache
def migrations() -> tuple[Migration, ...]:
    """Return the migrations in order; raises :class:`SchemaError` when the numbers are not 1, 2, 3..."""
    found = []
    for entry in files("casefile").joinpath("migrations").iterdir():
        match = re.fullmatch(r"(\d{4})_([a-z_]+)\.sql", entry.name)
        if match:
            found.append(Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8")))
    found.sort(key=lambda step: step.number)
    if [step.number for step in found] != list(range(1, len(found) + 1)):
        raise SchemaError("casefile/migrations is not numbered 0001, 0002... without a gap: install pharmakon again")
    return tuple(found)


def statements(sql: str) -> Iterator[str]:
    """Yield the statements of a script: ``executescript`` would commit the transaction a migration runs in."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if pending.strip() and sqlite3.complete_statement(pending):
            yield pending
            pending = ""


_LEDGER = """CREATE TABLE migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_at TEXT NOT NULL
) STRICT"""


def migrate(connection: sqlite3.Connection, applied_at: str) -> list[Migration]:
    """Bring the casefile up to date, all steps in one transaction; returns the steps taken.

    Raises :class:`SchemaError` when the file was written by a newer version, by another program, or by a migration
    that is not the one shipped.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "migrations" not in tables:
            if tables:
                raise SchemaError("it is an SQLite file of another program")
            connection.execute(_LEDGER)
        done = _check_ledger(connection)
        steps = [step for step in migrations() if step.number > done]
        for step in steps:
            for statement in statements(step.sql):
                connection.execute(statement)
            connection.execute(
                "INSERT INTO migrations VALUES (?, ?, ?, ?)", (step.number, step.name, step.sha256, applied_at)
            )
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return steps


def _check_ledger(connection: sqlite3.Connection) -> int:
    """Return the number of the last migration taken, after checking that all taken ones are ours."""
    ours = {step.number: step for step in migrations()}
    last = 0
    for number, name, digest in connection.execute("SELECT number, name, sha256 FROM migrations ORDER BY number"):
        if number not in ours:
            raise SchemaError(f"it was written by a newer pharmakon (migration {number:04d}_{name}): update pharmakon")
        if ours[number].sha256 != digest:
            raise SchemaError(f"its migration {number:04d}_{name} is not the one this pharmakon ships")
        last = number
    return last


def _objects(connection: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    rows = connection.execute("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'trigger'")
    found = {name: (kind, sql) for name, kind, sql in rows if not name.startswith("sqlite_stat")}
    triggers = Database(connection, execute_plugins=False).triggers_dict
    return found | {name: ("trigger", sql) for name, sql in triggers.items()}


@cache
def _expected() -> dict[str, tuple[str, str]]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(connection, "")
        return _objects(connection)
    finally:
        connection.close()


def check_schema(connection: sqlite3.Connection) -> None:
    """Raise :class:`SchemaError` naming the first table, index or trigger that is missing, foreign or altered."""
    found, expected = _objects(connection), _expected()
    for name, (kind, sql) in expected.items():
        if name not in found:
            raise SchemaError(f"its {kind} '{name}' is missing")
        if found[name] != (kind, sql):
            raise SchemaError(f"its {kind} '{name}' was altered")
    for name in found.keys() - expected.keys():
        raise SchemaError(f"it holds a {found[name][0]} '{name}' that pharmakon does not make")
