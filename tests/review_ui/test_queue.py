"""The queue screen."""

from pathlib import Path

import pytest

from casefile.people import Person
from casefile.records import Listing
from casefile.store import Casefile
from review_ui import queue
from tests.review_ui import scene


def titles(html: str) -> list[str]:
    rows = html.split('<td class="listing">')[1:]
    return [row.split("</a>")[0].split(">")[-1] for row in rows]


def test_the_highest_priority_comes_first_with_its_risk_classes_and_cues(reader: scene.Reader) -> None:
    page = reader.get("/").text
    assert titles(page) == [f"Oxycodone 30 mg tablets, lot {number}" for number in range(3)]
    assert '<span class="risk high"><span class="number">0.95</span> high</span>' in page
    assert "stealth shipping" in page
    assert "illegal supply" in page


def test_pages_follow_each_other_without_gap_or_repeat(
    casefile: Casefile, tmp_path: Path, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.stock(casefile, tmp_path / "many", 7)
    monkeypatch.setattr(queue, "PAGE_ROWS", 3)
    reader = scene.signed_in(casefile, ada)
    seen: list[str] = []
    where = "/"
    while True:
        page = reader.get(where).text
        seen += titles(page)
        if 'rel="next"' not in page:
            break
        where = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert seen == [f"Oxycodone 30 mg tablets, lot {number}" for number in range(7)]


def test_a_page_address_that_makes_no_sense_leads_to_the_first_page(reader: scene.Reader) -> None:
    answer = reader.get("/?after=nonsense&site=shop.example", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?site=shop.example")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("site=shop.example", 3),
        ("site=elsewhere.example", 0),
        ("product=oxycodone", 3),
        ("product=aspirin", 0),
        ("class=illegal_supply", 2),
        ("class=not_a_class", 3),
        ("language=en&country=IN", 3),
        ("q=lot+1", 1),
        ("q=nothing+like+it", 0),
        ("state=all", 3),
        ("state=nonsense", 3),
        ("state=confirmed", 0),
    ],
)
def test_filters_narrow_the_queue(reader: scene.Reader, query: str, found: int) -> None:
    assert len(titles(reader.get(f"/?{query}").text)) == found


def test_filters_travel_with_the_item_and_its_form(reader: scene.Reader) -> None:
    page = reader.get("/?site=shop.example&q=oxycodone").text
    where = page.split('<td class="listing"><a href="')[1].split('"')[0].replace("&amp;", "&")
    assert where == "/item/listing-000000?site=shop.example&q=oxycodone"
    assert 'name="query" value="site=shop.example&amp;q=oxycodone"' in reader.get(where).text


def test_start_opens_the_first_item_of_the_filter(reader: scene.Reader) -> None:
    assert reader.get("/start?q=lot+2", follow_redirects=False).headers["location"] == "/item/listing-000002?q=lot+2"
    assert reader.get("/start?q=zzz", follow_redirects=False).headers["location"] == "/?q=zzz"


def test_an_empty_casefile_says_how_to_fill_it(casefile: Casefile, ada: Person) -> None:
    assert "pharmakon monitor" in scene.signed_in(casefile, ada).get("/").text


def test_listings_without_assessment_say_how_to_assess_them(casefile: Casefile, ada: Person, tmp_path: Path) -> None:
    scene.fill(casefile, tmp_path / "bundle", [scene.shop_listing(number) for number in range(4)])
    page = scene.signed_in(casefile, ada).get("/").text
    assert "4 listings wait to be assessed" in page
    assert "pharmakon assess" in page


@pytest.mark.parametrize(
    ("query", "advice"),
    [
        ("q=zzz", "Clear the filter"),
        ("state=needs_second", "Nothing waits for your second look"),
        ("state=rejected", "No listing is in this state"),
    ],
)
def test_an_empty_page_says_what_to_do(reader: scene.Reader, query: str, advice: str) -> None:
    assert advice in reader.get(f"/?{query}").text


def test_the_counts_follow_the_decisions(reader: scene.Reader, listings: list[Listing]) -> None:
    assert 'Open <span class="count">3</span>' in reader.get("/").text
    reader.submit("/decide", listing=listings[0].id, version="1", verdict="confirm")
    page = reader.get("/").text
    assert 'Open <span class="count">2</span>' in page
    assert 'Second look <span class="count">1</span>' in page


def test_the_second_look_leaves_out_what_one_confirmed_oneself(
    reader: scene.Reader, second_reader: scene.Reader, listings: list[Listing]
) -> None:
    reader.submit("/decide", listing=listings[0].id, version="1", verdict="confirm")
    assert titles(reader.get("/?state=needs_second").text) == []
    assert len(titles(second_reader.get("/?state=needs_second").text)) == 1


def test_a_policy_without_second_confirmation_is_stated_on_every_page(reader: scene.Reader, casefile: Casefile) -> None:
    assert "One person is enough here" not in reader.get("/").text
    (casefile.workspace / "policy.yaml").write_text(
        "second_confirmation: false\nsecond_confirmation_reason: only <b>one</b> person works here\n"
    )
    for path in ("/", "/cases", "/item/listing-000000"):
        page = reader.get(path).text
        assert "One person is enough here" in page
        assert "only &lt;b&gt;one&lt;/b&gt; person works here" in page
