import hashlib
import threading
from datetime import timedelta

import pytest

from casefile import audit, logins, people
from casefile.people import (
    LockedOut,
    PeopleError,
    Person,
    add_person,
    close_session,
    disable_person,
    list_people,
    make_login_link,
    open_session,
    redeem_login_link,
    session_person,
    set_password,
    set_roles,
    verify_password,
)
from casefile.permissions import PERMISSIONS, ROLES, allowed, roles_fault
from casefile.store import Casefile
from tests.casefile.making import Clock

GOOD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with less memory than in use; the rules under test do not depend on it."""
    from argon2 import PasswordHasher

    monkeypatch.setattr(logins, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    logins._nobodys_hash.cache_clear()


GRANTED = {
    ("investigator", "read"), ("investigator", "decide"), ("reviewer", "read"), ("reviewer", "decide"),
    ("reviewer", "refer"), ("exporter", "read"), ("exporter", "refer"), ("auditor", "audit"), ("admin", "admin"),
}  # fmt: skip


class TestPermissions:
    @pytest.mark.parametrize("permission", PERMISSIONS)
    @pytest.mark.parametrize("role", ROLES)
    def test_every_cell_of_the_table(self, role: str, permission: str) -> None:
        person = Person("p", "P", "P-1", frozenset({role}), active=True)
        assert allowed(person, permission) == ((role, permission) in GRANTED)
        assert not allowed(Person("p", "P", "P-1", frozenset({role}), active=False), permission)

    @pytest.mark.parametrize("roles", [set(), {"stranger"}, {"investigator", "stranger"}, {"admin", "reviewer"}])
    def test_nobody_may_anything_with_roles_that_do_not_exist_or_go_together(self, roles: set[str]) -> None:
        person = Person("p", "P", "P-1", frozenset(roles), active=True)
        assert not any(allowed(person, permission) for permission in PERMISSIONS)

    def test_an_unknown_permission_is_never_given(self) -> None:
        person = Person("p", "P", "P-1", frozenset({"reviewer"}), active=True)
        assert not allowed(person, "everything")

    @pytest.mark.parametrize("alone", ["admin", "auditor"])
    @pytest.mark.parametrize("other", ["investigator", "reviewer", "exporter"])
    def test_who_manages_people_or_checks_the_log_does_nothing_else(self, alone: str, other: str) -> None:
        assert "goes with no other role" in (roles_fault({alone, other}) or "")


class TestAdding:
    def test_a_person_has_a_pseudonym_that_says_nothing(self, casefile: Casefile) -> None:
        person = add_person(casefile, "Ada Lovelace", roles=["investigator", "reviewer"], actor="test")
        assert list_people(casefile) == [person]
        assert "ada" not in person.pseudonym.casefold()
        entry = audit.entries(casefile)[0]
        assert (entry.action, entry.subject) == ("person_added", f"person:{person.id}")
        assert "Ada" not in entry.model_dump_json()

    def test_there_is_nobody_at_first(self, casefile: Casefile) -> None:
        assert list_people(casefile) == []

    @pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\nb", "a\x00b", "\u202eevil"])
    def test_an_odd_name_is_refused(self, casefile: Casefile, name: str) -> None:
        with pytest.raises(PeopleError, match="printable"):
            add_person(casefile, name, roles=["reviewer"], actor="test")

    @pytest.mark.parametrize("name", ["Ada", "ada", " ADA "])
    def test_a_taken_name_is_refused(self, casefile: Casefile, ada: Person, name: str) -> None:
        with pytest.raises(PeopleError, match="already"):
            add_person(casefile, name, roles=["reviewer"], actor="test")

    @pytest.mark.parametrize(
        ("roles", "message"),
        [([], "at least one role"), (["king"], "'king' is unknown"), (["admin", "reviewer"], "no other role")],
    )
    def test_wrong_roles_are_refused(self, casefile: Casefile, roles: list[str], message: str) -> None:
        with pytest.raises(PeopleError, match=message):
            add_person(casefile, "Ada", roles=roles, actor="test")
        assert list_people(casefile) == []

    def test_new_roles_hold_at_once(self, casefile: Casefile, ada: Person) -> None:
        token = open_session(casefile, ada.id)
        set_roles(casefile, "ada", roles=["exporter"], actor="test")
        now = session_person(casefile, token)
        assert now is not None
        assert now.roles == {"exporter"}
        with pytest.raises(PeopleError, match="nobody is called"):
            set_roles(casefile, "Eve", roles=["exporter"], actor="test")


class TestPasswords:
    @pytest.fixture(autouse=True)
    def password(self, casefile: Casefile, ada: Person, cheap_hashing: None) -> None:
        set_password(casefile, ada.id, GOOD, actor="test")

    def wrong(self, casefile: Casefile, times: int, name: str = "Ada") -> None:
        for _ in range(times):
            assert verify_password(casefile, name, "wrong password") is None

    def test_the_right_one_opens_whatever_the_case_of_the_name(self, casefile: Casefile, ada: Person) -> None:
        assert verify_password(casefile, "Ada", GOOD) == ada
        assert verify_password(casefile, " aDA", GOOD) == ada

    @pytest.mark.parametrize("password", ["", "wrong password", GOOD + " ", GOOD.upper(), "\ud800", "x" * 10_000])
    def test_no_other_does(self, casefile: Casefile, password: str) -> None:
        assert verify_password(casefile, "Ada", password) is None

    def test_it_is_kept_as_argon2id_only(self, casefile: Casefile) -> None:
        with casefile.read() as db:
            stored = db.execute("SELECT password_hash FROM people").fetchone()[0]
        assert stored.startswith("$argon2id$")
        assert GOOD.encode() not in casefile.path.read_bytes()

    def test_the_shipped_cost_is_that_of_rfc_9106(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        hasher = logins._hasher
        assert (hasher.memory_cost, hasher.time_cost, hasher.parallelism) == (65_536, 3, 4)

    @pytest.mark.parametrize("password", ["short", "x" * 11, "x" * 1025])
    def test_too_short_and_too_long_ones_are_refused(self, casefile: Casefile, ada: Person, password: str) -> None:
        with pytest.raises(PeopleError, match="12 to 1024"):
            set_password(casefile, ada.id, password, actor="test")

    def test_there_is_none_at_first(self, casefile: Casefile, ben: Person) -> None:
        for password in ("", "admin", "password", "Ben"):
            assert verify_password(casefile, "Ben", password) is None

    def test_unknown_disabled_and_wrong_look_alike_and_all_are_hashed(
        self, casefile: Casefile, ben: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        verified: list[str] = []
        fits = logins._fits

        def watched(stored: str, given: str) -> bool:
            verified.append(stored)
            return fits(stored, given)

        monkeypatch.setattr(logins, "_fits", watched)
        disable_person(casefile, "Ben", actor="test")
        for name in ("Ada", "Ben", "Eve", ""):
            assert verify_password(casefile, name, "wrong password") is None
        assert len(verified) == 4
        assert all(stored.startswith("$argon2id$") for stored in verified)

    @pytest.mark.parametrize("name", ["Ada", "Eve"])
    def test_five_wrong_ones_lock_a_name_whether_or_not_it_exists(self, casefile: Casefile, name: str) -> None:
        self.wrong(casefile, 5, name)
        with pytest.raises(LockedOut, match="31 seconds"):
            verify_password(casefile, name, GOOD)

    def test_the_wait_doubles_up_to_an_hour(self, casefile: Casefile, clock: Clock, ada: Person) -> None:
        self.wrong(casefile, 5)
        waits = []
        for _ in range(10):
            with pytest.raises(LockedOut) as caught:
                verify_password(casefile, "Ada", "wrong password")
            waits.append(int(caught.value.wait.total_seconds()))
            clock.now += caught.value.wait
            self.wrong(casefile, 1)
        assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
        clock.forward(hours=1)
        assert verify_password(casefile, "Ada", GOOD) == ada
        self.wrong(casefile, 4)
        assert verify_password(casefile, "Ada", GOOD) == ada

    def test_trying_while_locked_does_not_make_the_wait_longer(self, casefile: Casefile, clock: Clock) -> None:
        self.wrong(casefile, 5)
        for _ in range(20):
            with pytest.raises(LockedOut):
                verify_password(casefile, "Ada", "wrong password")
        clock.forward(seconds=31)
        assert verify_password(casefile, "Ada", GOOD) is not None

    def test_guesses_sent_side_by_side_meet_the_lock_too(self, casefile: Casefile) -> None:
        refused: list[object] = []

        def guess() -> None:
            try:
                refused.append(verify_password(casefile, "Ada", "wrong password"))
            except LockedOut as error:
                refused.append(error)

        threads = [threading.Thread(target=guess) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert refused.count(None) == 5
        assert len(refused) == 12

    def test_a_new_password_lifts_the_lock_and_ends_sessions(self, casefile: Casefile, ada: Person) -> None:
        token = open_session(casefile, ada.id)
        self.wrong(casefile, 5)
        set_password(casefile, ada.id, "another long password", actor="test")
        assert session_person(casefile, token) is None
        assert verify_password(casefile, "Ada", "another long password") == ada

    def test_each_try_is_in_the_log_without_what_was_typed(self, casefile: Casefile) -> None:
        verify_password(casefile, GOOD, "typed into the wrong field")
        verify_password(casefile, "Ada", "wrong password")
        verify_password(casefile, "Ada", GOOD)
        log = audit.entries(casefile)
        assert [entry.action for entry in log[:3]] == ["password_accepted", "password_refused", "password_refused"]
        assert log[2].subject == "person:unknown"
        assert "horse" not in "".join(entry.model_dump_json() for entry in log)


class TestLinks:
    def test_a_link_opens_once(self, casefile: Casefile, ada: Person) -> None:
        token = make_login_link(casefile, ada.id, actor="test")
        assert redeem_login_link(casefile, token) == ada
        assert redeem_login_link(casefile, token) is None

    def test_a_link_runs_out(self, casefile: Casefile, clock: Clock, ada: Person) -> None:
        token = make_login_link(casefile, ada.id, actor="test", valid_for=timedelta(hours=2))
        clock.forward(hours=2)
        assert redeem_login_link(casefile, token) is None

    @pytest.mark.parametrize("token", ["", "x", "\ud800", "x" * 10_000])
    def test_a_made_up_token_opens_nothing_and_fills_no_log(self, casefile: Casefile, token: str) -> None:
        before = audit.verify(casefile).entries
        assert redeem_login_link(casefile, token) is None
        assert session_person(casefile, token) is None
        assert audit.verify(casefile).entries == before

    def test_only_the_hash_of_a_token_is_kept(self, casefile: Casefile, ada: Person) -> None:
        tokens = [make_login_link(casefile, ada.id, actor="test"), open_session(casefile, ada.id)]
        assert all(len(token) >= 43 for token in tokens)
        with casefile.read() as db:
            kept = {
                row[0]
                for table in ("login_links", "sessions")
                for row in db.execute(f"SELECT token_sha256 FROM {table}")  # noqa: S608 - constant names
            }
            everything = "\n".join(casefile_dump(db))
        assert kept == {hashlib.sha256(token.encode()).hexdigest() for token in tokens}
        assert not any(token in everything for token in tokens)

    def test_a_disabled_person_s_links_and_sessions_end_at_once(self, casefile: Casefile, ada: Person) -> None:
        link, session = make_login_link(casefile, ada.id, actor="test"), open_session(casefile, ada.id)
        disable_person(casefile, "Ada", actor="test")
        assert redeem_login_link(casefile, link) is None
        assert session_person(casefile, session) is None
        for attempt in (
            lambda: make_login_link(casefile, ada.id, actor="test"),
            lambda: open_session(casefile, ada.id),
            lambda: set_password(casefile, ada.id, GOOD, actor="test"),
        ):
            with pytest.raises(PeopleError, match="unknown or disabled"):
                attempt()


class TestEachLockAlone:
    """Shutting somebody out rests on three locks; each holds without the other two."""

    @pytest.fixture
    def opened(self, casefile: Casefile, ada: Person) -> str:
        set_password(casefile, ada.id, GOOD, actor="test")
        return open_session(casefile, ada.id)

    def set_active(self, casefile: Casefile, active: int) -> None:
        with casefile.write("test") as tx:
            tx.execute("UPDATE people SET active = ?", (active,))
            tx.audit("changed", "people")

    def test_an_inactive_person_has_no_use_of_an_open_session_or_password(
        self, casefile: Casefile, opened: str
    ) -> None:
        self.set_active(casefile, 0)
        assert session_person(casefile, opened) is None
        assert verify_password(casefile, "Ada", GOOD) is None

    def test_sessions_and_password_of_a_disabled_person_do_not_come_back(self, casefile: Casefile, opened: str) -> None:
        disable_person(casefile, "Ada", actor="test")
        self.set_active(casefile, 1)
        assert session_person(casefile, opened) is None
        assert verify_password(casefile, "Ada", GOOD) is None


def casefile_dump(db: object) -> list[str]:
    return list(db.iterdump())  # type: ignore[attr-defined] # a connection


class TestSessions:
    def test_a_session_says_whose_it_is_until_it_runs_out(self, casefile: Casefile, clock: Clock, ada: Person) -> None:
        token = open_session(casefile, ada.id, valid_for=timedelta(hours=12))
        assert session_person(casefile, token) == ada
        clock.forward(hours=11, minutes=59)
        assert session_person(casefile, token) == ada
        clock.forward(minutes=1)
        assert session_person(casefile, token) is None

    def test_a_closed_session_stays_closed(self, casefile: Casefile, ada: Person) -> None:
        token, other = open_session(casefile, ada.id), open_session(casefile, ada.id)
        close_session(casefile, token)
        close_session(casefile, token)
        close_session(casefile, "never opened")
        assert session_person(casefile, token) is None
        assert session_person(casefile, other) == ada
        actions = [entry.action for entry in audit.entries(casefile)]
        assert actions.count("session_closed") == 1

    def test_a_link_is_no_session_and_a_session_no_link(self, casefile: Casefile, ada: Person) -> None:
        assert session_person(casefile, make_login_link(casefile, ada.id, actor="test")) is None
        assert redeem_login_link(casefile, open_session(casefile, ada.id)) is None


def test_everything_people_need_is_offered_in_one_place() -> None:
    assert all(hasattr(people, name) for name in people.__all__)
