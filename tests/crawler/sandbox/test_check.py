from pathlib import Path

import pytest

from casefile.records import Listing, Offer, Price
from crawler.run import run_job
from crawler.sandbox import start_sandbox
from crawler.sandbox.check import CrawlCheck, check_crawl, read_bundle
from crawler.sandbox.jobs import crawl_jobs
from crawler.sandbox.truth import TrueListing

START = {"board": "http://127.0.0.1:1001/", "rogue": "http://127.0.0.1:1002/", "pharmacy": "http://127.0.0.1:1003/"}


def told(row: TrueListing, **changes: object) -> Listing:
    """Return what a flawless crawl would say of ``row``."""
    url = START[row.site].rstrip("/") + row.path
    price = Price(raw=row.price.amount, amount=row.price.amount, currency=row.price.currency) if row.price else None
    offers = tuple(Offer(raw="", count=o.count, amount=o.amount, currency=o.currency) for o in row.offers)
    return Listing(id=row.id, url=url, title=row.title, price=price, offers=offers).model_copy(update=changes)


def perfect(truth: list[TrueListing], generation: int = 1) -> list[Listing]:
    standing = (row.at(generation) for row in truth if row.site in START and row.expected)
    return [told(row) for row in standing if row]


def of(truth: list[TrueListing], name: str) -> TrueListing:
    return next(row for row in truth if row.id == name)


def test_a_flawless_crawl_passes(truth: list[TrueListing]) -> None:
    check = check_crawl(perfect(truth), [START["board"]], truth, START)
    assert check.passed
    assert check.recall == 1.0
    assert check.expected == check.found == check.titles_right > 150
    assert check.prices_right == check.prices_expected
    assert check.offers_right == check.offers_expected > 200
    assert set(check.by_site) == set(START)


def test_only_the_sites_that_were_crawled_count(truth: list[TrueListing]) -> None:
    only = {"board": START["board"]}
    check = check_crawl([], [], truth, only)
    assert set(check.by_site) == {"board"}
    assert check.recall == 0.0
    assert not check.passed


def test_a_listing_that_is_missing_lowers_recall(truth: list[TrueListing]) -> None:
    listings = perfect(truth)
    check = check_crawl(listings[10:], [], truth, START)
    assert check.missing == tuple(listing.id for listing in listings[:10])
    assert not check.passed


def judged(truth: list[TrueListing], name: str, **changes: object) -> CrawlCheck:
    return check_crawl([told(of(truth, name), **changes)], [], truth, START)


def test_a_price_that_the_page_does_not_state_is_wrong(truth: list[TrueListing]) -> None:
    check = judged(truth, "pharmacy-001", price=Price(raw="429", amount="429", currency="EUR"))
    (wrong,) = check.wrong_prices
    assert (wrong.id, wrong.expected, wrong.found) == ("pharmacy-001", "4.29 EUR", "429 EUR")


def test_a_price_in_another_currency_is_wrong(truth: list[TrueListing]) -> None:
    assert judged(truth, "pharmacy-001", price=Price(raw="", amount="4.29", currency="USD")).wrong_prices


def test_the_same_amount_written_otherwise_is_right(truth: list[TrueListing]) -> None:
    check = judged(truth, "pharmacy-001", price=Price(raw="", amount="4.290", currency="EUR"))
    assert (check.wrong_prices, check.prices_right) == ((), 1)


def test_a_price_left_open_is_neither_right_nor_wrong(truth: list[TrueListing]) -> None:
    for price in (None, Price(raw="4,29"), Price(raw="4,29", amount="4.29")):
        check = judged(truth, "pharmacy-001", price=price)
        assert (check.wrong_prices, check.prices_right, check.prices_expected) == ((), 0, 1)


def test_any_row_of_the_offer_table_will_do_as_the_price_but_not_the_price_of_one_pill(
    truth: list[TrueListing],
) -> None:
    row = of(truth, "rogue-001")
    last = row.offers[-1]
    assert not judged(truth, row.id, price=Price(raw="", amount=last.amount, currency=last.currency)).wrong_prices
    assert last.unit_amount is not None
    assert judged(truth, row.id, price=Price(raw="", amount=last.unit_amount, currency=last.currency)).wrong_prices


def test_a_listing_is_known_by_what_names_it_and_not_by_tracking(truth: list[TrueListing]) -> None:
    row = next(row for row in truth if row.site == "board" and row.expected and row.at(1))
    tracked = told(row, url=START["board"].rstrip("/") + row.path + "&sid=abc&utm_source=x")
    other = told(row, url=START["board"].rstrip("/") + "/viewtopic.php?t=999999")
    check = check_crawl([tracked, other], [], truth, START)
    assert check.found == 1
    assert check.unknown == (other.url,)


def test_the_same_listing_twice_is_counted_once_and_told(truth: list[TrueListing]) -> None:
    row = of(truth, "rogue-001")
    again = told(row, id="another", url=START["rogue"].rstrip("/") + row.path + "?ref=box")
    check = check_crawl([told(row), again], [], truth, START)
    assert (check.found, check.duplicates) == (1, ("rogue-001",))


def test_a_listing_behind_robots_or_a_block_page_fails_the_crawl(truth: list[TrueListing]) -> None:
    behind = next(row for row in truth if row.why == "robots" and row.site == "pharmacy")
    check = check_crawl([*perfect(truth), told(behind)], [], truth, START)
    assert check.forbidden == (behind.id,)
    assert not check.passed


def test_an_address_outside_of_the_start_urls_fails_the_crawl(truth: list[TrueListing]) -> None:
    fetched = [START["board"], "http://127.0.0.1:1009/pay", "urn:pageinfo:x"]
    check = check_crawl(perfect(truth), fetched, truth, START)
    assert check.outside == ("http://127.0.0.1:1009/pay",)
    assert check.fetched_hosts == ("127.0.0.1:1001", "127.0.0.1:1009")
    assert not check.passed


def test_the_generation_decides_what_is_expected(truth: list[TrueListing]) -> None:
    first = perfect(truth, 1)
    check = check_crawl(first, [], truth, START, generation=2)
    assert set(check.missing) == {row.id for row in truth if row.site in START and row.first == 2 and row.expected}
    assert {wrong.id for wrong in check.wrong_prices} == {
        row.id for row in truth if row.site in START and any(change.price for change in row.changes)
    }
    assert check_crawl(perfect(truth, 2), [], truth, START, generation=2).passed


@pytest.mark.slow
def test_a_crawl_of_two_shops_finds_every_listing_and_nothing_else(tmp_path: Path, truth: list[TrueListing]) -> None:
    listings, fetched = [], []
    with start_sandbox() as sandbox:
        urls = {site: sandbox.start_urls[site] for site in ("rogue", "board")}
        for job in crawl_jobs(urls, tmp_path).values():
            run_job(job.model_copy(update={"render": "never"}))
            found, asked = read_bundle(job.out)
            listings += found
            fetched += asked
        assert not sandbox.tripwire_hits
        assert not [hit for hit in sandbox.hits if "/cart/" in hit.path]
    check = check_crawl(listings, fetched, truth, urls)
    assert check.passed, check
    assert check.missing == ()
