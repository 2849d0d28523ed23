"""The desk works by the policy file as it stands when it starts."""

from casefile.decisions import decide, review_state
from casefile.people import Person
from casefile.policy import POLICY_NAME
from casefile.queue import QueueFilter, page
from casefile.records import Listing
from casefile.store import Casefile
from review_ui.app import create_app


def test_a_changed_policy_reaches_what_was_decided_before(
    casefile: Casefile, listings: list[Listing], ada: Person
) -> None:
    decide(casefile, listings[0].id, "confirm", person_id=ada.id, version=1)
    assert [row.listing_id for row in page(casefile, QueueFilter(state="needs_second")).rows] == [listings[0].id]

    policy = "second_confirmation: false\nsecond_confirmation_reason: An agency of one.\n"
    (casefile.workspace / POLICY_NAME).write_text(policy, encoding="utf-8")
    create_app(casefile)

    assert review_state(casefile, listings[0].id) == "confirmed"
    assert [row.listing_id for row in page(casefile, QueueFilter(state="confirmed")).rows] == [listings[0].id]


def test_a_faulty_policy_file_does_not_keep_the_desk_closed(casefile: Casefile) -> None:
    (casefile.workspace / POLICY_NAME).write_text("second_confirmation: perhaps\n", encoding="utf-8")

    create_app(casefile)
