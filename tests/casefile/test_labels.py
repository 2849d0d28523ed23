from pathlib import Path

import pytest

from casefile.decisions import decide, undo_last
from casefile.labels import decided_listings
from casefile.people import Person
from casefile.policy import POLICY_NAME, PolicyError
from casefile.records import DecidedListing, Verdict
from casefile.store import Casefile
from tests.casefile.making import listing, site
from tests.casefile.scene import ingested, queued


def labels(casefile: Casefile) -> dict[str, str]:
    return {one.listing.id: one.decided for one in decided_listings(casefile)}


@pytest.fixture
def items(casefile: Casefile, tmp_path: Path) -> list[str]:
    queued(casefile, tmp_path, [(listing(n), 0.5) for n in range(4)], sites=[site()])
    return [listing(n).id for n in range(4)]


def say(casefile: Casefile, person: Person, listing_id: str, verdict: Verdict, *reasons: str, version: int = 1) -> None:
    decide(casefile, listing_id, verdict, person_id=person.id, version=version, reasons=reasons)


def test_only_what_people_agree_on_is_a_label(casefile: Casefile, items: list[str], ada: Person, ben: Person) -> None:
    say(casefile, ada, items[0], "confirm", "illegal_supply")
    say(casefile, ada, items[1], "reject", "nothing_shown")
    say(casefile, ada, items[2], "unsure")
    assert labels(casefile) == {items[1]: "rejected"}  # one confirmation is not enough
    say(casefile, ben, items[0], "confirm", "fraud", "illegal_supply")
    say(casefile, ben, items[1], "confirm")
    assert labels(casefile) == {items[0]: "confirmed"}  # the other is disputed now
    found = next(decided_listings(casefile))
    assert found.reasons == ("illegal_supply", "fraud") and found.people == 2


def test_an_undone_decision_is_no_label(casefile: Casefile, items: list[str], ada: Person) -> None:
    say(casefile, ada, items[0], "reject")
    assert labels(casefile)
    undo_last(casefile, person_id=ada.id)
    assert not labels(casefile)


def test_policy_says_how_many_people_it_takes(casefile: Casefile, items: list[str], ada: Person) -> None:
    say(casefile, ada, items[0], "confirm")
    policy = casefile.workspace / POLICY_NAME
    policy.write_text("second_confirmation: false\nsecond_confirmation_reason: one officer on duty\n")
    assert labels(casefile) == {items[0]: "confirmed"}
    policy.write_text("second_confirmation: perhaps\n")
    with pytest.raises(PolicyError):
        labels(casefile)


def test_a_label_carries_the_text_people_saw_and_each_version_its_own(
    casefile: Casefile, items: list[str], ada: Person, tmp_path: Path
) -> None:
    say(casefile, ada, items[0], "reject")
    changed = listing(0, text="Now without prescription", minutes=9, version=2)
    queued(casefile, tmp_path, [(changed, 0.9)], run_id="run-2", version=2)
    say(casefile, ada, items[0], "reject", version=2)
    found = list(decided_listings(casefile))
    assert [(one.listing.version, "Now without" in (one.listing.description or "")) for one in found] == [
        (2, True), (1, False),
    ]  # fmt: skip
    assert all("No prescription needed." in (one.listing.site_text or "") for one in found)


def test_the_last_decided_come_first_and_only_as_many_as_asked(
    casefile: Casefile, tmp_path: Path, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casefile.labels._BATCH", 3)
    ingested(casefile, tmp_path, [listing(n) for n in range(8)])
    queued(casefile, tmp_path, [(listing(n), 0.5) for n in range(8)], run_id="run-2")
    for n in range(8):
        say(casefile, ada, listing(n).id, "reject" if n != 5 else "unsure")
    found: list[DecidedListing] = list(decided_listings(casefile))
    assert [one.listing.id for one in found] == [listing(n).id for n in (7, 6, 4, 3, 2, 1, 0)]
    assert [one.listing.id for one in decided_listings(casefile, most=2)] == [listing(7).id, listing(6).id]
