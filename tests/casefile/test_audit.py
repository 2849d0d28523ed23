import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefile import audit
from casefile.decisions import decide
from casefile.people import Person
from casefile.records import FIRST_LINK, chain_hash
from casefile.store import Casefile
from tests.casefile.making import listing
from tests.casefile.scene import ingested


def grown(casefile: Casefile, entries: int = 5) -> None:
    for number in range(entries):
        with casefile.write("test") as tx:
            tx.audit(
                "changed", f"thing:{number}", number=number, text="é\u2028\U0001f48a", nested={"b": [1], "a": None}
            )


def check_without_guards(casefile: Casefile, *statements: str) -> audit.AuditCheck:
    """Verify a copy that somebody changed after taking the triggers away."""
    copy = casefile.workspace / "copy.db"
    with casefile.read() as db, sqlite3.connect(copy) as other:
        db.backup(other)
    other.close()
    other = sqlite3.connect(copy, isolation_level=None)
    for (name,) in other.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        other.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        other.execute(statement)
    check = audit.verify_connection(other)
    other.close()
    copy.unlink()
    return check


def test_a_whole_log_verifies(casefile: Casefile) -> None:
    grown(casefile)
    check = audit.verify(casefile)
    assert (check.ok, check.entries, check.first_fault) == (True, 5, None)


def test_an_empty_log_verifies(casefile: Casefile) -> None:
    assert audit.verify(casefile) == audit.AuditCheck(ok=True, entries=0, head=FIRST_LINK)


def test_each_entry_carries_the_chain_hash_that_the_custody_log_uses_too(casefile: Casefile) -> None:
    grown(casefile)
    previous = FIRST_LINK
    for entry in reversed(audit.entries(casefile)):
        assert entry.previous == previous
        assert entry.hash == chain_hash(previous, entry.model_dump(mode="json", exclude={"hash", "previous"}))
        previous = entry.hash


@settings(max_examples=60, deadline=None)
@given(
    actor=st.text(max_size=20), subject=st.text(max_size=20), text=st.text(max_size=40), number=st.integers(0, 2**50)
)
def test_the_fast_hash_is_the_hash_over_rfc_8785_bytes(actor: str, subject: str, text: str, number: int) -> None:
    from casefile.records import canonical_bytes

    detail = {"text": text, "number": number}
    try:
        detail_text = canonical_bytes(detail).decode()
        wanted = chain_hash(
            FIRST_LINK,
            {"seq": 1, "at": "t", "actor": actor, "action": "a", "subject": subject, "detail": detail},
        )
    except Exception:
        return
    assert audit.entry_hash(FIRST_LINK, 1, "t", actor, "a", subject, detail_text) == wanted


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'somebody' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 2",
        "INSERT INTO audit SELECT 9, at, actor, action, subject, detail, hash, previous FROM audit WHERE seq = 5",
        "INSERT INTO audit SELECT 6, at, actor, action, subject, detail, previous, hash FROM audit WHERE seq = 5",
        "DELETE FROM audit_head",
    ],
)
def test_sqlite_itself_refuses_to_rewrite_the_log(casefile: Casefile, statement: str) -> None:
    grown(casefile)
    for recursive in ("ON", "OFF"):
        other = sqlite3.connect(casefile.path, isolation_level=None)
        other.execute(f"PRAGMA recursive_triggers = {recursive}")
        with pytest.raises(sqlite3.IntegrityError, match="audit log"):
            other.execute(statement)
        other.close()
    assert audit.verify(casefile).ok


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "detail", "previous", "hash"])
@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_changed_entry_is_named(casefile: Casefile, column: str, seq: int) -> None:
    grown(casefile)
    with casefile.read() as db:
        value = db.execute(f"SELECT {column} FROM audit WHERE seq = {seq}").fetchone()[0]  # noqa: S608 - constants
    for place in range(0, len(value), 7):
        flipped = value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
        quoted = flipped.replace("'", "''")
        change = f"UPDATE audit SET {column} = '{quoted}' WHERE seq = {seq}"  # noqa: S608 - constants
        check = check_without_guards(casefile, change)
        assert not check.ok
        assert f"entry {seq}" in (check.first_fault or "")


def test_a_missing_entry_is_named(casefile: Casefile) -> None:
    grown(casefile)
    assert "entry 3 is missing" in (check_without_guards(casefile, "DELETE FROM audit WHERE seq = 3").first_fault or "")
    assert "entry 1 is missing" in (check_without_guards(casefile, "DELETE FROM audit WHERE seq = 1").first_fault or "")


def test_a_log_cut_at_its_end_is_found(casefile: Casefile) -> None:
    grown(casefile)
    assert "was cut" in (check_without_guards(casefile, "DELETE FROM audit WHERE seq > 3").first_fault or "")
    assert "no head" in (check_without_guards(casefile, "DELETE FROM audit_head").first_fault or "")


def test_a_renumbered_log_is_found(casefile: Casefile) -> None:
    grown(casefile)
    moved = ("DELETE FROM audit WHERE seq = 3", "UPDATE audit SET seq = seq - 1 WHERE seq > 3")
    assert "entry 3" in (check_without_guards(casefile, *moved).first_fault or "")


def test_a_decision_changed_behind_the_log_is_found(casefile: Casefile, ada: Person, tmp_path: Path) -> None:
    ingested(casefile, tmp_path, [listing(1)])
    decide(casefile, listing(1).id, "reject", person_id=ada.id, version=1, note="a toy")
    assert audit.verify(casefile).ok
    for change in ("UPDATE decisions SET verdict = 'confirm'", "UPDATE decisions SET note = NULL"):
        assert "decision 1 is not the one" in (check_without_guards(casefile, change).first_fault or "")
    gone = check_without_guards(casefile, "PRAGMA foreign_keys = OFF", "DELETE FROM decisions")
    assert "not there any more" in (gone.first_fault or "")
    copied = "INSERT INTO decisions SELECT 2, listing_id, version, person_id, 'confirm', reasons, note, undoes, blind, seconds, at FROM decisions"  # noqa: E501 - one statement
    assert "decision 2 is not the one" in (check_without_guards(casefile, copied).first_fault or "")


def test_a_read_of_personal_data_is_logged_with_who_and_what(casefile: Casefile) -> None:
    audit.log_read(casefile, "person:ada", "listing:1")
    entry = audit.entries(casefile, subject="listing:1")[0]
    assert (entry.actor, entry.action, entry.subject) == ("person:ada", "read", "listing:1")


def test_detail_that_json_cannot_carry_is_refused_and_rolled_back(casefile: Casefile) -> None:
    import rfc8785

    with pytest.raises(rfc8785.CanonicalizationError), casefile.write("test") as tx:
        tx.audit("changed", "thing", number=float("nan"))
    assert audit.verify(casefile).entries == 0


def test_entries_come_newest_first_and_by_subject(casefile: Casefile) -> None:
    grown(casefile)
    assert [entry.seq for entry in audit.entries(casefile, limit=2)] == [5, 4]
    assert [entry.seq for entry in audit.entries(casefile, subject="thing:1")] == [2]
    assert json.loads(json.dumps(audit.entries(casefile)[0].detail))["nested"] == {"b": [1], "a": None}


def test_no_byte_of_the_log_on_the_disk_can_be_flipped_unseen(casefile: Casefile, tmp_path: Path) -> None:
    grown(casefile, 12)
    file = tmp_path / "copy.db"
    with casefile.read() as db, sqlite3.connect(file) as other:
        db.backup(other)
    other.execute("PRAGMA journal_mode = DELETE")
    rows = other.execute("SELECT * FROM audit").fetchall()
    other.close()
    data = file.read_bytes()
    pages = [start for start in range(0, len(data), 4096) if b'"number":' in data[start : start + 4096]]
    places = [place for start in pages for place in range(start, start + 4096)]
    assert len(places) > 1000
    unseen = 0
    for place in places[::19]:
        file.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        other = sqlite3.connect(file)
        check = audit.verify_connection(other)
        if check.ok:
            # Only bytes that belong to no row may be flipped without a word.
            assert other.execute("SELECT * FROM audit").fetchall() == rows
            unseen += 1
        other.close()
    assert unseen < len(places) // 19 // 3
