"""Deciding: one step, never on something unseen, always to be taken back."""

import pytest

from casefile.decisions import history
from casefile.people import Person
from casefile.records import Listing
from casefile.store import Casefile
from tests.review_ui import scene

JSON = {"accept": "application/json", "sec-fetch-site": "same-origin"}


def decide(reader: scene.Reader, listing: str = "listing-000000", **fields: str | list[str]) -> str:
    answer = reader.submit("/decide", **({"listing": listing, "version": "1", "verdict": "confirm"} | fields))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_a_decision_leads_to_the_next_item_and_says_what_was_done(reader: scene.Reader, casefile: Casefile) -> None:
    where = decide(reader)
    assert where == "/item/listing-000001?done=confirm"
    assert "Confirmed." in reader.get(where).text
    assert [event.verdict for event in history(casefile, "listing-000000")] == ["confirm"]


def test_the_last_item_leads_back_to_the_ones_skipped_and_then_to_the_queue(reader: scene.Reader) -> None:
    assert decide(reader, "listing-000002") == "/item/listing-000000?done=confirm"
    decide(reader, "listing-000000")
    assert decide(reader, "listing-000001") == "/?done=confirm"


def test_the_filter_is_kept_from_item_to_item(reader: scene.Reader) -> None:
    assert decide(reader, query="site=shop.example&evil=//x") == "/item/listing-000001?site=shop.example&done=confirm"


def test_reasons_note_and_time_on_screen_are_kept(reader: scene.Reader, casefile: Casefile) -> None:
    decide(reader, reasons=["illegal_supply", "nothing_shown", "made_up"], note="  see policy page ", seconds="12.34")
    event = history(casefile, "listing-000000")[0]
    assert (event.reasons, event.note, event.seconds) == (("illegal_supply",), "see policy page", 12.3)


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "1e9", "many", ""])
def test_a_time_that_makes_no_sense_is_left_out(reader: scene.Reader, casefile: Casefile, seconds: str) -> None:
    decide(reader, seconds=seconds, shown_at="")
    assert history(casefile, "listing-000000")[0].seconds is None


def test_a_decision_on_another_version_is_refused_and_keeps_what_was_written(
    reader: scene.Reader, casefile: Casefile
) -> None:
    answer = reader.submit(
        "/decide", listing="listing-000000", version="7", verdict="confirm", note="my note", reasons=["fraud"]
    )
    assert answer.status_code == 409
    assert "the listing changed while you read it" in answer.text
    assert "my note</textarea>" in answer.text
    assert 'value="fraud" checked' in answer.text
    assert history(casefile, "listing-000000") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": "destroy"},
        {"verdict": ""},
        {"version": ""},
        {"version": "one"},
        {"version": "²"},
        {"note": "x" * 10_001},
    ],
)
def test_an_incomplete_decision_is_refused(reader: scene.Reader, casefile: Casefile, fields: dict[str, str]) -> None:
    answer = reader.submit("/decide", **({"listing": "listing-000000", "version": "1", "verdict": "confirm"} | fields))
    assert answer.status_code == 400
    assert history(casefile, "listing-000000") == []


def test_a_decision_on_nothing_is_refused(reader: scene.Reader) -> None:
    assert reader.submit("/decide", listing="none", version="1", verdict="confirm").status_code == 404


def test_undo_takes_the_last_decision_back_and_shows_its_listing(reader: scene.Reader, casefile: Casefile) -> None:
    decide(reader)
    answer = reader.submit("/undo")
    assert answer.headers["location"] == "/item/listing-000000?done=undone"
    events = history(casefile, "listing-000000")
    assert [event.undoes for event in events] == [None, events[0].id]
    assert reader.submit("/undo").headers["location"] == "/?done=nothing_to_undo"


def test_the_first_person_cannot_be_the_second(reader: scene.Reader, second_reader: scene.Reader) -> None:
    decide(reader)
    own = reader.get("/item/listing-000000").text
    assert "Another person has to confirm" in own
    assert 'value="confirm" class="confirm" data-key="c" disabled' in own
    decide(reader)
    assert ">Second look</span>" in reader.get("/item/listing-000000").text
    assert "Your verdict is the second look" in second_reader.get("/item/listing-000000").text
    decide(second_reader)
    assert ">Confirmed</span>" in reader.get("/item/listing-000000").text


def test_the_history_names_people_by_pseudonym_only(
    reader: scene.Reader, second_reader: scene.Reader, ada: Person
) -> None:
    decide(reader)
    page = second_reader.get("/item/listing-000000").text
    assert ada.pseudonym in page
    assert "Ada" not in page


def test_the_script_gets_the_next_address_or_the_reason_of_a_refusal(reader: scene.Reader) -> None:
    data = {"listing": "listing-000000", "version": "1", "verdict": "unsure"}
    said = reader.post("/decide", data=data, headers=JSON)
    assert said.json() == {"next": "/item/listing-000001", "notice": "Marked unsure."}
    stale = reader.post("/decide", data=data | {"version": "7"}, headers=JSON)
    assert stale.status_code == 409
    assert "look at it again" in stale.json()["problem"]
    undone = reader.post("/undo", data={}, headers=JSON)
    assert undone.json()["next"] == "/item/listing-000000"
    assert reader.post("/undo", data={}, headers=JSON).status_code == 409


def test_the_script_learns_of_an_ended_session(casefile: Casefile, listings: list[Listing]) -> None:
    answer = scene.visitor(casefile).post("/decide", data={"listing": "x"}, headers=JSON)
    assert answer.status_code == 401
    assert "Sign in again" in answer.json()["problem"]


def test_someone_who_may_only_read_sees_no_buttons(casefile: Casefile, listings: list[Listing]) -> None:
    page = scene.signed_in(casefile, scene.person(casefile, "Eve", "exporter")).get("/item/listing-000000").text
    assert 'action="/decide"' not in page
    assert "may read but not decide" in page
