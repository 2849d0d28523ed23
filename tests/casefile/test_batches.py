import sqlite3
from pathlib import Path

import pytest

from casefile.audit import verify
from casefile.batches import BatchPick, batch_ids, blind_among, frame, get_batch, make_batch, next_in_batch
from casefile.decisions import decide, undo_last
from casefile.people import Person
from casefile.store import Casefile, CasefileError
from tests.casefile.making import listing
from tests.casefile.scene import queued

IDS = [listing(n).id for n in range(5)]


@pytest.fixture
def items(casefile: Casefile, tmp_path: Path) -> list[str]:
    queued(casefile, tmp_path, [(listing(n), 0.9 - n / 10) for n in range(5)])
    return IDS


def picks(*numbers: int, blind: frozenset[int] = frozenset()) -> list[BatchPick]:
    return [
        BatchPick(IDS[n], 1, "random" if n in blind else "top", n in blind, 0.5, 0.9 - n / 10, n in blind)
        for n in numbers
    ]


def make(casefile: Casefile, chosen: list[BatchPick]) -> str:
    return make_batch(
        casefile,
        chosen,
        seed=1,
        model="m",
        threshold=0.5,
        frame_size=5,
        drawn=sum(p.drawn for p in chosen),
        actor="test",
    )


def test_the_frame_is_what_nobody_decided(casefile: Casefile, items: list[str], ada: Person) -> None:
    decide(casefile, items[1], "unsure", person_id=ada.id, version=1)
    assert [row.listing_id for row in frame(casefile)] == [items[n] for n in (0, 2, 3, 4)]
    assert frame(casefile)[0].risk == 0.9


def test_a_batch_is_kept_as_it_was_chosen(casefile: Casefile, items: list[str], ada: Person, ben: Person) -> None:
    batch_id = make(casefile, picks(2, 0, 4, blind=frozenset({4})))
    assert batch_id == "B2026-00001" and make(casefile, picks(1)) == "B2026-00002"
    assert batch_ids(casefile)[-1] == batch_id
    decide(casefile, items[2], "reject", person_id=ada.id, version=1)
    for person in (ada, ben):
        decide(casefile, items[4], "confirm", person_id=person.id, version=1)
    found = get_batch(casefile, batch_id)
    assert found is not None and found.draw_probability == 0.2
    assert [(i.listing_id, i.part, i.state, i.outcome, i.blind) for i in found.items] == [
        (items[2], "top", "rejected", False, False), (items[0], "top", "open", None, False),
        (items[4], "random", "confirmed", True, True),
    ]  # fmt: skip
    assert verify(casefile).entries and get_batch(casefile, "B2026-09999") is None


def test_a_listing_that_was_decided_meanwhile_refuses_the_batch(
    casefile: Casefile, items: list[str], ada: Person
) -> None:
    chosen = picks(0, 1)
    decide(casefile, items[1], "reject", person_id=ada.id, version=1)
    with pytest.raises(CasefileError, match="make the batch again"):
        make(casefile, chosen)
    assert batch_ids(casefile) == []
    with pytest.raises(CasefileError, match="1 to"):
        make(casefile, [])


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE batch_items SET drawn = 1",
        "DELETE FROM batch_items",
        "UPDATE batches SET frame = 99",
        "DELETE FROM batches",
        "INSERT OR REPLACE INTO batches SELECT id, made_at, made_by, seed, model, threshold, 99, drawn FROM batches",
        "INSERT OR REPLACE INTO batch_items SELECT batch_id, place, listing_id, version, part, 1, 1.0, risk, blind"
        " FROM batch_items",
    ],
)
def test_nothing_of_a_batch_can_be_changed_afterwards(casefile: Casefile, items: list[str], sql: str) -> None:
    make(casefile, picks(0, 1))
    with (
        pytest.raises((sqlite3.Error, CasefileError), match="batch is how listings were chosen"),
        casefile.write("test") as tx,
    ):
        tx.audit("try", "batch")
        tx.execute(sql)


def test_people_are_led_through_a_batch(casefile: Casefile, items: list[str], ada: Person, ben: Person) -> None:
    batch_id = make(casefile, picks(2, 0, 4))
    assert next_in_batch(casefile, batch_id, person=ada.id) == items[2]
    assert next_in_batch(casefile, batch_id, person=ada.id, after=items[2]) == items[0]
    decide(casefile, items[2], "confirm", person_id=ada.id, version=1)
    assert next_in_batch(casefile, batch_id, person=ada.id) == items[0]
    assert next_in_batch(casefile, batch_id, person=ben.id) == items[2]  # the second confirmation is his
    decide(casefile, items[0], "reject", person_id=ada.id, version=1)
    assert next_in_batch(casefile, batch_id, person=ada.id, after=items[4]) is None  # only the one on screen is left
    decide(casefile, items[4], "unsure", person_id=ada.id, version=1)
    assert next_in_batch(casefile, batch_id, person=ada.id) is None


def test_an_item_stays_blind_until_this_person_has_decided(
    casefile: Casefile, items: list[str], ada: Person, ben: Person
) -> None:
    make(casefile, picks(0, 3, blind=frozenset({3})))
    assert blind_among(casefile, items, person=ada.id) == {items[3]}
    decide(casefile, items[3], "reject", person_id=ada.id, version=1, blind=True)
    assert blind_among(casefile, items, person=ada.id) == frozenset()
    assert blind_among(casefile, items, person=ben.id) == {items[3]}
    undo_last(casefile, person_id=ada.id)
    assert blind_among(casefile, items, person=ada.id) == {items[3]}
