"""Working through a batch on the desk."""

import pytest

from casefile.batches import BatchPick, make_batch
from casefile.people import Person, make_login_link
from casefile.records import Listing
from casefile.store import Casefile
from cli.batch import prevalence_words
from review_ui.app import create_app
from tests.review_ui import scene


@pytest.fixture
def batch(casefile: Casefile, listings: list[Listing]) -> str:
    picks = [BatchPick(listings[n].id, 1, "random" if n == 2 else "top", n == 2, 0.5, 0.61, n == 2) for n in (1, 2, 0)]
    return make_batch(casefile, picks, seed=1, model="m", threshold=0.5, frame_size=3, drawn=1, actor="test")


def test_batches_are_listed_with_how_far_they_are(reader: scene.Reader, batch: str) -> None:
    page = reader.get("/batches").text
    assert f'href="/batch?id={batch}"' in page and "3 open" in page and "3 undecided listings" in page
    assert '<a href="/batches">Batches</a>' in reader.get("/").text


def test_the_random_part_says_how_common_true_cases_are(casefile: Casefile, batch: str, ada: Person) -> None:
    app = create_app(casefile, prevalence=prevalence_words)
    reader = scene.Reader(app, base_url="http://localhost")
    reader.submit("/login/link", token=make_login_link(casefile, ada.id, actor="test"))
    assert "none of the randomly drawn listings is decided" in reader.get(f"/batch?id={batch}").text
    for listing_id in ("listing-000001", "listing-000002"):  # the first of the top, the second drawn
        reader.submit("/decide", listing=listing_id, version="1", verdict="reject", shown_at="0")
    for path in (f"/batch?id={batch}", "/batches"):
        page = reader.get(path).text
        assert "prevalence 0.00%" in page and "from 1 randomly drawn listings" in page


def test_without_a_batch_the_page_says_how_to_make_one(reader: scene.Reader) -> None:
    assert "pharmakon batch make" in reader.get("/batches").text
    assert reader.get("/batch?id=B2026-00009").status_code == 404
    assert reader.get("/batch/start?id=nonsense").status_code == 404


def test_a_batch_shows_its_listings_in_order_and_nothing_of_a_blind_ones_risk(reader: scene.Reader, batch: str) -> None:
    page = reader.get(f"/batch?id={batch}").text
    places = [page.index(f"/item/listing-00000{n}?batch={batch}") for n in (1, 2, 0)]
    assert places == sorted(places)
    rows = page.split("<tbody>")[1].split("<tr>")[1:]
    assert "0.61" in rows[0] and "blind" in rows[1] and "0.61" not in rows[1]


def test_a_person_is_led_through_the_batch_and_back_to_it(reader: scene.Reader, batch: str) -> None:
    first = reader.get(f"/batch/start?id={batch}", follow_redirects=False).headers["location"]
    assert first == f"/item/listing-000001?batch={batch}"
    page = reader.get(first).text
    assert f'data-next="/item/listing-000002?batch={batch}"' in page
    assert f'<a href="/batch?id={batch}">Batch {batch}</a>' in page
    seen = []
    where = first
    for _ in range(3):
        listing_id = where.split("/item/")[1].split("?")[0]
        seen.append(listing_id)
        answer = reader.submit(
            "/decide", listing=listing_id, version="1", verdict="reject", shown_at="0", query=f"batch={batch}"
        )
        where = answer.headers["location"]
    assert seen == ["listing-000001", "listing-000002", "listing-000000"]
    end = reader.get(where)
    assert end.status_code == 200 and "Nothing is left for you in this batch" in end.text and "Rejected." in end.text


def test_a_made_up_batch_in_an_address_is_nobodys_queue(reader: scene.Reader) -> None:
    page = reader.get("/item/listing-000000?batch=%3Cscript%3E").text
    assert "&lt;script" not in page and 'data-next="/item/listing-000001"' in page


def test_the_second_person_gets_what_waits_for_them(
    casefile: Casefile, reader: scene.Reader, batch: str, ben: Person
) -> None:
    reader.submit("/decide", listing="listing-000001", version="1", verdict="confirm", shown_at="0")
    his = scene.signed_in(casefile, ben).get(f"/batch/start?id={batch}", follow_redirects=False).headers["location"]
    hers = reader.get(f"/batch/start?id={batch}", follow_redirects=False).headers["location"]
    assert his.startswith("/item/listing-000001") and hers.startswith("/item/listing-000002")
