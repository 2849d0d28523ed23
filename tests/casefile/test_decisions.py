import itertools
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from casefile import audit
from casefile.cases import Case, get_case, list_cases, mark_referred, standing_decisions
from casefile.decisions import DecisionError, decide, follow_policy, history, review_state, undo_last
from casefile.people import Person, add_person, disable_person, set_roles
from casefile.policy import PolicyError
from casefile.queue import QueueFilter, counts, page
from casefile.records import VERDICTS, Decision, ReviewState, Verdict
from casefile.standing import standing, state_of
from casefile.store import Casefile
from tests.casefile.making import NOON, listing, make_bundle
from tests.casefile.scene import ingested, queued

ONE = listing(1).id


@pytest.fixture(autouse=True)
def scene(casefile: Casefile, tmp_path: Path) -> None:
    queued(casefile, tmp_path, [(listing(1), 0.9), (listing(2), 0.5), (listing(3, seller={"name": "Other"}), 0.4)])


def say(casefile: Casefile, who: Person, verdict: Verdict, listing_id: str = ONE, version: int = 1) -> Decision:
    return decide(casefile, listing_id, verdict, person_id=who.id, version=version)


def the_case(casefile: Casefile) -> Case:
    (case,) = list_cases(casefile)
    return case


def one_is_enough(casefile: Casefile) -> None:
    (casefile.workspace / "policy.yaml").write_text(
        "second_confirmation: false\nsecond_confirmation_reason: Only one person works here.\n"
    )


class TestTwoPeople:
    def test_two_different_people_confirm(self, casefile: Casefile, ada: Person, ben: Person) -> None:
        say(casefile, ada, "confirm")
        assert review_state(casefile, ONE) == "needs_second"
        say(casefile, ben, "confirm")
        assert review_state(casefile, ONE) == "confirmed"

    def test_one_person_twice_is_one_person(self, casefile: Casefile, ada: Person) -> None:
        for verdict in ("confirm", "unsure", "confirm", "confirm"):
            say(casefile, ada, verdict)
        assert review_state(casefile, ONE) == "needs_second"
        assert the_case(casefile).listings[0].confirmed_by == (ada.pseudonym,)

    def test_an_agency_of_one_may_confirm_alone_once_its_policy_says_why(self, casefile: Casefile, ada: Person) -> None:
        say(casefile, ada, "confirm", listing(2).id)
        one_is_enough(casefile)
        say(casefile, ada, "confirm")
        assert review_state(casefile, ONE) == "confirmed"
        assert [row.listing_id for row in page(casefile, QueueFilter(state="confirmed")).rows] == [ONE, listing(2).id]
        assert "policy_changed" in [entry.action for entry in audit.entries(casefile)]

    def test_a_stricter_policy_takes_single_confirmations_back(self, casefile: Casefile, ada: Person) -> None:
        one_is_enough(casefile)
        say(casefile, ada, "confirm")
        assert the_case(casefile).state == "ready"
        (casefile.workspace / "policy.yaml").unlink()
        assert the_case(casefile).state == "open"
        assert follow_policy(casefile, actor="test")
        assert counts(casefile)["needs_second"] == 1
        assert not follow_policy(casefile, actor="test")

    def test_a_policy_without_reason_stops_deciding(self, casefile: Casefile, ada: Person) -> None:
        (casefile.workspace / "policy.yaml").write_text("second_confirmation: false\n")
        with pytest.raises(PolicyError, match="second_confirmation_reason"):
            say(casefile, ada, "confirm")
        assert history(casefile, ONE) == []


class TestState:
    @pytest.mark.parametrize(
        ("verdicts", "state"),
        [
            ("", "open"), ("unsure", "unsure"), ("escalate", "escalated"), ("reject", "rejected"),
            ("confirm", "needs_second"), ("confirm confirm", "confirmed"), ("confirm reject", "disputed"),
            ("reject confirm", "disputed"), ("confirm confirm reject", "disputed"), ("unsure reject", "rejected"),
            ("reject unsure", "rejected"), ("escalate reject", "rejected"), ("reject escalate", "escalated"),
            ("escalate confirm", "needs_second"), ("escalate confirm confirm", "confirmed"),
            ("unsure confirm", "needs_second"), ("unsure escalate", "escalated"), ("escalate unsure", "escalated"),
        ],
    )  # fmt: skip
    def test_what_different_people_said_makes_the_state(self, verdicts: str, state: ReviewState) -> None:
        said = [decision(number, f"P{number}", verdict) for number, verdict in enumerate(verdicts.split(), start=1)]
        assert state_of(standing(said, 1), 2) == state

    def test_no_mix_of_verdicts_is_confirmed_without_enough_confirms_or_despite_a_reject(self) -> None:
        people = ("A", "B", "C")
        steps = [(who, verdict) for who in people for verdict in VERDICTS]
        for path in itertools.product(steps, repeat=3):
            said = [decision(number, *step) for number, step in enumerate(path, start=1)]
            stands = standing(said, 1)
            last = {one.person: one.verdict for one in said}
            assert {one.person: one.verdict for one in stands} == last
            confirms = list(last.values()).count("confirm")
            wanted = confirms >= 2 and "reject" not in last.values()
            assert (state_of(stands, 2) == "confirmed") == wanted

    def test_a_later_verdict_of_a_person_takes_the_place_of_the_earlier(self, casefile: Casefile, ada: Person) -> None:
        say(casefile, ada, "reject")
        say(casefile, ada, "unsure")
        assert review_state(casefile, ONE) == "unsure"
        assert [one.verdict for one in history(casefile, ONE)] == ["reject", "unsure"]


def decision(number: int, person: str, verdict: str) -> Decision:
    return Decision.model_validate(
        {"id": number, "listing": "x", "version": 1, "person": person, "verdict": verdict, "at": NOON}
    )


class TestUndo:
    def test_undo_is_one_more_event_and_goes_back_step_by_step(self, casefile: Casefile, ada: Person) -> None:
        first = say(casefile, ada, "reject")
        second = say(casefile, ada, "confirm", listing(2).id)
        undone = undo_last(casefile, person_id=ada.id)
        assert undone is not None
        assert (undone.undoes, undone.verdict, undone.listing) == (second.id, "confirm", listing(2).id)
        assert review_state(casefile, listing(2).id) == "open"
        undone = undo_last(casefile, person_id=ada.id)
        assert undone is not None
        assert undone.undoes == first.id
        assert undo_last(casefile, person_id=ada.id) is None
        assert [one.undoes for one in history(casefile, ONE)] == [None, first.id]
        assert counts(casefile)["open"] == 3

    def test_undo_brings_back_what_the_person_said_before(self, casefile: Casefile, ada: Person) -> None:
        say(casefile, ada, "reject")
        say(casefile, ada, "escalate")
        undo_last(casefile, person_id=ada.id)
        assert review_state(casefile, ONE) == "rejected"

    def test_nobody_undoes_for_another(self, casefile: Casefile, ada: Person, ben: Person) -> None:
        say(casefile, ada, "reject")
        assert undo_last(casefile, person_id=ben.id) is None
        assert review_state(casefile, ONE) == "rejected"

    def test_events_are_never_changed_deleted_or_replaced(self, casefile: Casefile, ada: Person) -> None:
        say(casefile, ada, "reject")
        for statement in (
            "UPDATE decisions SET verdict = 'confirm'",
            "DELETE FROM decisions",
            "INSERT OR REPLACE INTO decisions SELECT * FROM decisions WHERE id = 1",
        ):
            for recursive in ("ON", "OFF"):
                other = sqlite3.connect(casefile.path, isolation_level=None)
                other.execute(f"PRAGMA recursive_triggers = {recursive}")
                with pytest.raises(sqlite3.IntegrityError, match="a decision is an event"):
                    other.execute(statement)
                other.close()

    def test_a_decision_is_taken_back_once(self, casefile: Casefile, ada: Person) -> None:
        say(casefile, ada, "reject")
        undo_last(casefile, person_id=ada.id)
        with pytest.raises(sqlite3.IntegrityError), casefile.write("test") as tx:
            tx.audit("undid", "x")
            tx.execute("INSERT INTO decisions SELECT 9, listing_id, version, person_id, verdict, reasons, note, undoes,"
                       " blind, seconds, at FROM decisions WHERE undoes = 1")  # fmt: skip


class TestRefused:
    def refused(self, casefile: Casefile, message: str, **changed: object) -> None:
        before = counts(casefile), audit.verify(casefile).entries
        values = {"listing_id": ONE, "verdict": "confirm", "version": 1} | changed
        with pytest.raises(DecisionError, match=message):
            decide(casefile, **values)  # type: ignore[arg-type] # wrong on purpose
        assert (counts(casefile), audit.verify(casefile).entries) == before

    def test_a_listing_that_is_not_there(self, casefile: Casefile, ada: Person) -> None:
        self.refused(casefile, "not in the casefile", person_id=ada.id, listing_id="nowhere")

    def test_a_version_that_changed_meanwhile(self, casefile: Casefile, ada: Person, tmp_path: Path) -> None:
        queued(casefile, tmp_path, [(listing(1, text="New.", minutes=5), 0.5)], run_id="run-2", version=2)
        self.refused(casefile, "you saw version 1, version 2 is in the queue", person_id=ada.id)

    @pytest.mark.parametrize("roles", [["admin"], ["auditor"], ["exporter"]])
    def test_a_person_whose_role_may_not_decide(self, casefile: Casefile, roles: list[str]) -> None:
        other = add_person(casefile, "Other", roles=roles, actor="test")
        self.refused(casefile, "no role that may decide", person_id=other.id)

    def test_a_person_who_was_shut_out_or_lost_the_role(self, casefile: Casefile, ada: Person, ben: Person) -> None:
        disable_person(casefile, "Ada", actor="test")
        set_roles(casefile, "Ben", roles=["exporter"], actor="test")
        for who in (ada, ben):
            self.refused(casefile, "no role that may decide", person_id=who.id)

    def test_somebody_unknown(self, casefile: Casefile) -> None:
        self.refused(casefile, "no role that may decide", person_id="nobody")

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("verdict", "maybe", "verdict 'maybe' is unknown"), ("reasons", ["x"] * 21, "at most 20 reasons"),
            ("reasons", [""], "at most 20 reasons"), ("note", "x" * 10_001, "10000 is the most"),
            ("seconds", float("nan"), "not a number"), ("seconds", -1.0, "not a number"),
        ],
    )  # fmt: skip
    def test_words_that_make_no_sense(
        self, casefile: Casefile, ada: Person, field: str, value: object, message: str
    ) -> None:
        self.refused(casefile, message, person_id=ada.id, **{field: value})


def test_a_decision_keeps_all_that_was_said(casefile: Casefile, ada: Person) -> None:
    made = decide(
        casefile, ONE, "reject", person_id=ada.id, version=1, reasons=["licensed"], note="يبدو سليما", blind=True,
        seconds=3.5,
    )  # fmt: skip
    assert history(casefile, ONE) == [made]
    assert (made.person, made.reasons, made.note, made.blind, made.seconds) == (
        ada.pseudonym, ("licensed",), "يبدو سليما", True, 3.5,
    )  # fmt: skip
    assert made.at == NOON
    entry = audit.entries(casefile, subject=f"listing:{ONE}")[0]
    assert (entry.actor, entry.action) == (f"person:{ada.id}", "decided")
    assert (entry.detail["before"], entry.detail["after"]) == ("open", "rejected")
    assert "note" not in entry.detail


def test_a_changed_listing_opens_again_and_keeps_its_history(
    casefile: Casefile, ada: Person, ben: Person, tmp_path: Path
) -> None:
    say(casefile, ada, "confirm")
    say(casefile, ben, "confirm")
    queued(casefile, tmp_path, [(listing(1, text="New.", minutes=5), 0.5)], run_id="run-2", version=2)
    assert review_state(casefile, ONE) == "open"
    assert [one.version for one in history(casefile, ONE)] == [1, 1]
    assert standing_decisions(casefile, ONE) == []
    assert len(standing_decisions(casefile, ONE, 1)) == 2
    (kept,) = the_case(casefile).listings
    assert (kept.version, kept.state) == (1, "confirmed")
    say(casefile, ada, "reject", version=2)
    assert review_state(casefile, ONE) == "rejected"
    assert the_case(casefile).listings == (kept,)


def test_an_unchanged_listing_seen_again_stays_decided(casefile: Casefile, ada: Person, tmp_path: Path) -> None:
    say(casefile, ada, "reject")
    ingested(casefile, tmp_path, [listing(1, minutes=5)], run_id="run-2")
    assert review_state(casefile, ONE) == "rejected"


def test_an_unassessed_listing_can_be_decided_in_its_latest_version(
    casefile: Casefile, ada: Person, tmp_path: Path
) -> None:
    make_bundle(tmp_path / "x", [])
    ingested(casefile, tmp_path, [listing(9)], run_id="run-9")
    say(casefile, ada, "escalate", listing(9).id)
    assert review_state(casefile, listing(9).id) == "escalated"


class TestCases:
    def test_confirms_of_one_seller_gather_in_one_case(self, casefile: Casefile, ada: Person) -> None:
        for number in (1, 2):
            say(casefile, ada, "confirm", listing(number).id)
        say(casefile, ada, "confirm", listing(3).id)
        cases = list_cases(casefile)
        assert [case.id for case in cases] == ["C2026-00002", "C2026-00001"]
        assert [(case.seller, len(case.listings)) for case in cases] == [("Other", 1), ("Quick Meds", 2)]
        assert cases[1].title == "Quick Meds on shop.example"
        assert cases[1].opened_at == NOON

    def test_the_same_seller_on_another_site_is_another_case(
        self, casefile: Casefile, ada: Person, tmp_path: Path
    ) -> None:
        queued(casefile, tmp_path, [(listing(7, site="other.example"), 0.5)], run_id="run-7")
        say(casefile, ada, "confirm")
        say(casefile, ada, "confirm", listing(7).id)
        assert {case.site for case in list_cases(casefile)} == {"shop.example", "other.example"}

    def test_a_case_is_ready_when_each_of_its_listings_is_confirmed_by_two(
        self, casefile: Casefile, ada: Person, ben: Person
    ) -> None:
        for number in (1, 2):
            say(casefile, ada, "confirm", listing(number).id)
        say(casefile, ben, "confirm")
        case = the_case(casefile)
        assert case.state == "open"
        assert [(one.state, one.confirmed_by) for one in case.listings] == [
            ("confirmed", (ada.pseudonym, ben.pseudonym)), ("needs_second", (ada.pseudonym,)),
        ]  # fmt: skip
        say(casefile, ben, "confirm", listing(2).id)
        assert the_case(casefile).state == "ready"
        assert list_cases(casefile, state="open") == []
        assert list_cases(casefile, state="ready") == [the_case(casefile)]

    @pytest.mark.parametrize("verdict", ["reject", "unsure", "escalate"])
    def test_a_confirm_taken_back_takes_the_listing_out_again(
        self, casefile: Casefile, ada: Person, verdict: Verdict
    ) -> None:
        say(casefile, ada, "confirm")
        case = the_case(casefile)
        say(casefile, ada, verdict)
        assert list_cases(casefile) == []
        undo_last(casefile, person_id=ada.id)
        assert the_case(casefile).listings == case.listings
        undo_last(casefile, person_id=ada.id)
        assert list_cases(casefile) == []
        log = [entry.action for entry in reversed(audit.entries(casefile, subject=f"case:{case.id}"))]
        assert log == ["case_opened"] + ["case_listing_added", "case_listing_removed"] * 2

    def test_a_reject_by_another_person_takes_it_out_and_their_undo_puts_it_back(
        self, casefile: Casefile, ada: Person, ben: Person
    ) -> None:
        say(casefile, ada, "confirm")
        say(casefile, ben, "reject")
        assert list_cases(casefile) == []
        undo_last(casefile, person_id=ben.id)
        assert len(the_case(casefile).listings) == 1

    def test_what_was_referred_stays_as_it_was(self, casefile: Casefile, ada: Person, ben: Person) -> None:
        say(casefile, ada, "confirm")
        say(casefile, ben, "confirm")
        case = the_case(casefile)
        with casefile.write("test") as tx:
            mark_referred(tx, case.id, "R-1")
        for who in (ada, ben):
            with pytest.raises(DecisionError, match="signed referral R-1"):
                undo_last(casefile, person_id=who.id)
            with pytest.raises(DecisionError, match="signed referral R-1"):
                say(casefile, who, "reject")
        referred = get_case(casefile, case.id)
        assert referred is not None
        assert (referred.state, referred.listings, referred.referrals) == ("referred", case.listings, ("R-1",))

    def test_the_next_confirm_after_a_referral_opens_a_new_case(
        self, casefile: Casefile, ada: Person, ben: Person, tmp_path: Path
    ) -> None:
        say(casefile, ada, "confirm")
        say(casefile, ben, "confirm")
        with casefile.write("test") as tx:
            mark_referred(tx, the_case(casefile).id, "R-1")
        say(casefile, ada, "confirm", listing(2).id)
        queued(casefile, tmp_path, [(listing(1, text="New.", minutes=5), 0.5)], run_id="run-2", version=2)
        say(casefile, ada, "confirm", version=2)
        new, old = list_cases(casefile)
        assert (old.state, new.state) == ("referred", "open")
        assert [(one.listing_id, one.version) for one in new.listings] == [(ONE, 2), (listing(2).id, 1)]

    def test_a_newer_version_that_waits_does_not_hide_the_confirmed_one(
        self, casefile: Casefile, ada: Person, ben: Person, tmp_path: Path
    ) -> None:
        say(casefile, ada, "confirm")
        say(casefile, ben, "confirm")
        queued(casefile, tmp_path, [(listing(1, text="New.", minutes=5), 0.5)], run_id="run-2", version=2)
        say(casefile, ada, "confirm", version=2)
        assert [(one.version, one.state) for one in the_case(casefile).listings] == [(1, "confirmed")]
        say(casefile, ben, "confirm", version=2)
        assert [(one.version, one.state) for one in the_case(casefile).listings] == [(2, "confirmed")]

    def test_an_unknown_case_cannot_be_referred(self, casefile: Casefile) -> None:
        with pytest.raises(LookupError, match="no case C0"), casefile.write("test") as tx:
            mark_referred(tx, "C0", "R-1")
        assert get_case(casefile, "C0") is None


def test_time_of_a_decision_is_the_clock_s(casefile: Casefile, ada: Person) -> None:
    first = say(casefile, ada, "unsure")
    casefile.clock.forward(minutes=5)  # type: ignore[attr-defined] # the tests' clock
    assert say(casefile, ada, "reject").at - first.at == timedelta(minutes=5)
