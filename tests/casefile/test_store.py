import sqlite3
import threading
from pathlib import Path

import pytest

from casefile import schema
from casefile.store import DATABASE_NAME, Casefile, CasefileError
from tests.casefile.making import Clock


def pragma(casefile: Casefile, name: str) -> object:
    with casefile.read() as db:
        return db.execute(f"PRAGMA {name}").fetchone()[0]


def edit(path: Path, *statements: str) -> None:
    """Change a casefile as any other program could."""
    with sqlite3.connect(path) as db:
        for statement in statements:
            db.execute(statement)
    db.close()


def test_every_commit_is_on_the_disk_and_every_reference_holds(casefile: Casefile) -> None:
    assert pragma(casefile, "journal_mode") == "wal"
    assert pragma(casefile, "synchronous") == 2
    assert pragma(casefile, "foreign_keys") == 1
    with (
        pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"),
        casefile.write("test") as tx,
    ):
        tx.execute("INSERT INTO person_roles VALUES ('nobody', 'admin')")


def test_every_table_of_ours_is_strict(casefile: Casefile) -> None:
    with casefile.read() as db:
        loose = [
            row["name"]
            for row in db.execute("PRAGMA table_list")
            if not row["strict"] and not row["name"].startswith(("sqlite_", "queue_search"))
        ]
    assert loose == []


def test_a_change_without_an_audit_entry_is_rolled_back(casefile: Casefile) -> None:
    with pytest.raises(CasefileError, match="without an audit entry"), casefile.write("test") as tx:
        tx.execute("UPDATE review_rule SET confirmations_needed = 1")
    with casefile.read() as db:
        assert db.execute("SELECT confirmations_needed FROM review_rule").fetchone()[0] == 2


def test_an_exception_rolls_everything_back_with_its_audit_entry(casefile: Casefile) -> None:
    with pytest.raises(ZeroDivisionError), casefile.write("test") as tx:
        tx.audit("changed", "rule")
        tx.execute("UPDATE review_rule SET confirmations_needed = 1")
        _ = 1 / 0
    with casefile.read() as db:
        assert db.execute("SELECT confirmations_needed FROM review_rule").fetchone()[0] == 2
        assert db.execute("SELECT count(*) FROM audit").fetchone()[0] == 0


def test_a_reading_connection_cannot_write(casefile: Casefile) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"), casefile.read() as db:
        db.execute("UPDATE review_rule SET confirmations_needed = 1")


def test_one_read_block_sees_one_state(casefile: Casefile) -> None:
    def write() -> None:
        with casefile.write("other") as tx:
            tx.audit("changed", "rule")

    with casefile.read() as db:
        before = db.execute("SELECT count(*) FROM audit").fetchone()[0]
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert db.execute("SELECT count(*) FROM audit").fetchone()[0] == before
    with casefile.read() as db:
        assert db.execute("SELECT count(*) FROM audit").fetchone()[0] == before + 1


def test_many_threads_write_one_chain(casefile: Casefile) -> None:
    def write(name: str) -> None:
        for _ in range(20):
            with casefile.write(name) as tx:
                tx.audit("changed", name)

    threads = [threading.Thread(target=write, args=(f"t{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with casefile.read() as db:
        assert db.execute("SELECT count(*), max(seq) FROM audit").fetchone()[:] == (160, 160)


def test_two_open_casefiles_take_turns(casefile: Casefile, clock: Clock) -> None:
    with Casefile.open(casefile.workspace, clock=clock) as other:
        for one in (casefile, other, casefile, other):
            with one.write("test") as tx:
                tx.audit("changed", "rule")
    with casefile.read() as db:
        assert [row[0] for row in db.execute("SELECT seq FROM audit ORDER BY seq")] == [1, 2, 3, 4]


def test_a_write_inside_a_write_is_refused_instead_of_waiting_for_itself(casefile: Casefile) -> None:
    with casefile.write("test") as tx:
        tx.audit("changed", "rule")
        with pytest.raises(CasefileError, match="inside a write"), casefile.write("test"):
            pass


def test_a_transaction_is_of_no_use_after_its_block(casefile: Casefile) -> None:
    with casefile.write("test") as tx:
        tx.audit("changed", "rule")
    with pytest.raises(CasefileError, match="over"):
        tx.execute("SELECT 1")


def test_nobody_else_may_read_the_file(casefile: Casefile) -> None:
    assert casefile.path.stat().st_mode & 0o077 == 0


def test_opening_again_changes_nothing(tmp_path: Path, clock: Clock) -> None:
    for _ in range(2):
        with Casefile.open(tmp_path, clock=clock) as casefile, casefile.read() as db:
            taken = db.execute("SELECT number FROM migrations").fetchall()
            assert [row[0] for row in taken] == [step.number for step in schema.migrations()]


@pytest.mark.parametrize("trigger", sorted(name for name, (kind, _) in schema._expected().items() if kind == "trigger"))
def test_a_casefile_without_one_of_its_triggers_is_refused_by_name(tmp_path: Path, trigger: str) -> None:
    Casefile.open(tmp_path).close()
    edit(tmp_path / DATABASE_NAME, f"DROP TRIGGER {trigger}")
    with pytest.raises(CasefileError, match=f"trigger '{trigger}' is missing"):
        Casefile.open(tmp_path)


def test_a_trigger_that_was_weakened_is_refused(tmp_path: Path) -> None:
    Casefile.open(tmp_path).close()
    edit(
        tmp_path / DATABASE_NAME,
        "DROP TRIGGER audit_never_deleted",
        "CREATE TRIGGER audit_never_deleted BEFORE DELETE ON audit BEGIN SELECT 1; END",
    )
    with pytest.raises(CasefileError, match="'audit_never_deleted' was altered"):
        Casefile.open(tmp_path)


def test_an_added_trigger_is_refused(tmp_path: Path) -> None:
    Casefile.open(tmp_path).close()
    edit(
        tmp_path / DATABASE_NAME,
        "CREATE TRIGGER quiet AFTER INSERT ON sessions BEGIN UPDATE people SET active = 1; END",
    )
    with pytest.raises(CasefileError, match="trigger 'quiet' that pharmakon does not make"):
        Casefile.open(tmp_path)


def test_a_casefile_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Casefile.open(tmp_path).close()
    edit(tmp_path / DATABASE_NAME, "INSERT INTO migrations VALUES (9999, 'future', 'x', 'now')")
    with pytest.raises(CasefileError, match="newer pharmakon"):
        Casefile.open(tmp_path)


def test_a_file_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    edit(tmp_path / DATABASE_NAME, "CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(CasefileError, match="another program"):
        Casefile.open(tmp_path)
    with sqlite3.connect(tmp_path / DATABASE_NAME) as db:
        assert [row[0] for row in db.execute("SELECT name FROM sqlite_master")] == ["bookmarks"]
    db.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(b"not a database, but long enough to look at " * 100)
    with pytest.raises(CasefileError, match="damaged"):
        Casefile.open(tmp_path)


def test_a_workspace_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "workspace").write_text("")
    with pytest.raises(CasefileError, match="cannot be used"):
        Casefile.open(tmp_path / "workspace")


def test_a_migration_that_fails_leaves_the_casefile_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Casefile.open(tmp_path).close()
    number = len(schema.migrations()) + 1
    broken = schema.Migration(
        number, "broken", "CREATE TABLE half (a TEXT) STRICT;\nCREATE TABLE half (a TEXT) STRICT;\n"
    )
    steps = (*schema.migrations(), broken)
    monkeypatch.setattr(schema, "migrations", lambda: steps)
    with pytest.raises(CasefileError):
        Casefile.open(tmp_path)
    with sqlite3.connect(tmp_path / DATABASE_NAME) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone()[0] == 0
    db.close()


def test_a_full_disk_is_one_clear_message_and_no_change(casefile: Casefile) -> None:
    with casefile.write("test") as tx:
        tx.audit("changed", "rule")
        pages = tx.execute("PRAGMA page_count").fetchone()[0]
        tx.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(CasefileError, match="full: nothing was written"), casefile.write("test") as tx:
        for number in range(2000):
            tx.audit("changed", "x" * 200, number=number)
    with casefile.read() as db:
        assert db.execute("SELECT count(*) FROM audit").fetchone()[0] == 1
