"""The one way into the casefile: a SQLite file, read through query-only connections and written through one writer.

Reading: ``with casefile.read() as db`` gives this thread's connection inside a read transaction, so that several
statements see one state. Writing: ``with casefile.write(actor) as tx`` is ``BEGIN IMMEDIATE`` (a deferred ``BEGIN``
that reads and then writes fails with SQLITE_BUSY_SNAPSHOT) and refuses to commit without an audit entry.
"""

import contextlib
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Generator, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from casefile import audit, schema
from casefile.records import AuditEntry, utc_text

DATABASE_NAME = "casefile.db"
BUSY_SECONDS = 30.0
"""How long a writer waits for another process; an ingest of 50,000 listings holds the file for a few seconds."""


class CasefileError(Exception):
    """Something about the casefile was refused; the message says what, where and what to do."""


class Reads(Protocol):
    """What both a reading connection and a :class:`Transaction` offer."""

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> sqlite3.Cursor:
        """Run one statement."""
        ...


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


class Transaction:
    """What may be done inside ``with casefile.write(actor)``; of no use after it."""

    def __init__(self, connection: sqlite3.Connection, *, actor: str, now: datetime) -> None:
        self._connection: sqlite3.Connection | None = connection
        self.actor = actor
        self.now = now
        self.audited = 0

    @property
    def connection(self) -> sqlite3.Connection:
        """The writer's connection; raises :class:`CasefileError` once the transaction is over."""
        if self._connection is None:
            raise CasefileError("this transaction is over: open a new one with casefile.write()")
        return self._connection

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> sqlite3.Cursor:
        """Run one statement."""
        return self.connection.execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> sqlite3.Cursor:
        """Run one statement for each row."""
        return self.connection.executemany(sql, rows)

    def audit(self, action: str, subject: str, **detail: object) -> AuditEntry:
        """Append an entry to the audit log, in this transaction."""
        entry = audit.append(
            self.connection, at=self.now, actor=self.actor, action=action, subject=subject, detail=detail
        )
        self.audited += 1
        return entry

    def finish(self) -> None:
        """Cut the transaction off from its connection."""
        self._connection = None


class _Reader:
    """One thread's reading connection and how many ``read()`` blocks it is inside of."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.depth = 0


class Casefile:
    """An open casefile: use :meth:`open`. May be shared between threads."""

    def __init__(self, workspace: Path, writer: sqlite3.Connection, clock: Callable[[], datetime]) -> None:
        self.workspace = workspace
        self.clock = clock
        self._writer = writer
        self._writing = threading.Lock()
        self._writing_thread: int | None = None
        self._local = threading.local()
        self._readers: weakref.WeakSet[_Reader] = weakref.WeakSet()

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self.workspace / DATABASE_NAME

    @classmethod
    def open(cls, workspace: Path, *, clock: Callable[[], datetime] = utc_now) -> "Casefile":
        """Open the casefile of ``workspace``, made and migrated when needed.

        Raises :class:`CasefileError` when the folder cannot be used, the file is damaged or foreign, or a trigger that
        keeps the log append-only is missing.
        """
        path = workspace / DATABASE_NAME
        try:
            workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
            # The file holds personal data: nobody else on the machine may read it, whatever the umask.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise CasefileError(f"the workspace {workspace} cannot be used: {error.strerror}") from error
        writer = None
        try:
            writer = _connect(path)
            writer.execute("PRAGMA journal_mode = WAL")
            schema.migrate(writer, utc_text(clock()))
            schema.check_schema(writer)
        except (schema.SchemaError, sqlite3.Error) as error:
            if writer is not None:
                writer.close()
            raise CasefileError(_refusal(path, error)) from error
        return cls(workspace, writer, clock)

    @contextlib.contextmanager
    def write(self, actor: str) -> Generator[Transaction, None, None]:
        """Open the one write transaction; commits at the end of the block, rolls back on any exception.

        Raises :class:`CasefileError` when the block appended no audit entry, when this thread is already inside a
        write, when the disk is full, or when another process kept the file for longer than ``BUSY_SECONDS``.
        """
        if self._writing_thread == threading.get_ident():
            raise CasefileError("a write was opened inside a write of the same thread: pass the open transaction on")
        with self._writing:
            self._writing_thread = threading.get_ident()
            try:
                with _explained(self.path):
                    self._writer.execute("BEGIN IMMEDIATE")
                    tx = Transaction(self._writer, actor=actor, now=self.clock())
                    try:
                        yield tx
                        if not tx.audited:
                            raise CasefileError("a change without an audit entry was refused; nothing was written")
                        self._writer.execute("COMMIT")
                    except BaseException:
                        if self._writer.in_transaction:
                            self._writer.execute("ROLLBACK")
                        raise
                    finally:
                        tx.finish()
            finally:
                self._writing_thread = None

    @contextlib.contextmanager
    def read(self) -> Generator[sqlite3.Connection, None, None]:
        """Give this thread's query-only connection; all statements of the outermost block see one state."""
        reader: _Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            connection = _connect(self.path)
            connection.execute("PRAGMA query_only = ON")
            # Each thread of a server has one of these: small, the operating system caches the file as well.
            connection.execute("PRAGMA cache_size = -16384")
            reader = self._local.reader = _Reader(connection)
            self._readers.add(reader)
        if reader.depth == 0:
            reader.connection.execute("BEGIN")
        reader.depth += 1
        try:
            yield reader.connection
        finally:
            reader.depth -= 1
            if reader.depth == 0:
                reader.connection.execute("COMMIT")

    def close(self) -> None:
        """Close all connections; the object is of no use afterwards."""
        for reader in list(self._readers):
            reader.connection.close()
        self._writer.close()

    def __enter__(self) -> "Casefile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA recursive_triggers = ON")
    connection.execute("PRAGMA cache_size = -65536")
    return connection


def _refusal(path: Path, error: Exception) -> str:
    if isinstance(error, schema.SchemaError):
        return (
            f"the casefile {path} was refused: {error}. "
            "Nothing was changed; restore a backup (pharmakon restore) or use another --workspace"
        )
    return explain(path, error)


def explain(path: Path, error: Exception) -> str:
    """Return what a SQLite error means for the person who meets it."""
    text = str(error)
    if "disk I/O" in text:
        return f"the disk that holds {path} gave an error: nothing was written; check the disk, then run the same again"
    if "full" in text:
        return f"the disk that holds {path} is full: nothing was written; free some space and run the same again"
    if "locked" in text or "busy" in text:
        return f"the casefile {path} is being written by another process for over {BUSY_SECONDS:.0f} s: try again"
    if "not a database" in text or "malformed" in text:
        return f"the casefile {path} is damaged ({text}): restore a backup (pharmakon restore)"
    return f"the casefile {path} refused: {text}"


@contextlib.contextmanager
def _explained(path: Path) -> Generator[None, None, None]:
    """Turn the errors of SQLite that a person can do something about into :class:`CasefileError`."""
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise
        raise CasefileError(explain(path, error)) from error
