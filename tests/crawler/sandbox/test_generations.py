import pytest

from crawler.sandbox.catalogue import Shop, SiteKey
from crawler.sandbox.state import MarketState
from crawler.sandbox.truth import TrueListing
from tests.crawler.sandbox.conftest import Visit
from tests.crawler.sandbox.walking import get, walk


def test_listings_vanish_appear_and_change_from_one_generation_to_the_next(truth: list[TrueListing]) -> None:
    assert sum(row.at(1) is not None and row.at(2) is None for row in truth) >= 5
    assert sum(row.at(1) is None and row.at(2) is not None for row in truth) >= 5
    assert sum(bool(row.changes) for row in truth) >= 5


def test_a_vanished_listing_is_gone_from_its_page_and_from_the_lists(
    visit: Visit, state: MarketState, truth: list[TrueListing]
) -> None:
    row = next(row for row in truth if row.site == "market" and row.last == 1)
    assert get(visit("market"), row.path).status_code == 200
    state.generation = 2
    assert get(visit("market"), row.path).status_code == 410
    assert not any(row.path in answer.text for answer in walk(visit("market")).values() if answer.status_code == 200)


def test_a_new_listing_is_not_there_before_its_time(visit: Visit, state: MarketState, truth: list[TrueListing]) -> None:
    row = next(row for row in truth if row.site == "market" and row.first == 2)
    assert get(visit("market"), row.path).status_code == 404
    state.generation = 2
    assert get(visit("market"), row.path).status_code == 200


def test_a_changed_price_is_shown_and_known_to_the_truth(
    visit: Visit, state: MarketState, truth: list[TrueListing]
) -> None:
    row = next(row for row in truth if row.site == "pharmacy" and any(change.price for change in row.changes))
    later = row.at(2)
    assert row.price and later and later.price
    assert row.price != later.price
    assert f'"price": "{row.price.amount}"' in visit("pharmacy").get(row.path).text
    state.generation = 2
    assert f'"price": "{later.price.amount}"' in visit("pharmacy").get(row.path).text


def test_what_is_served_is_what_the_truth_says_in_each_generation(
    shops: dict[SiteKey, Shop], truth: list[TrueListing]
) -> None:
    for generation in (1, 2, 3):
        served = {row.id: row for shop in shops.values() for row in shop.on_offer(generation).values()}
        told = {row.id: row for row in (item.at(generation) for item in truth) if row}
        assert served.keys() == told.keys()
        for name, row in told.items():
            price = served[name].price
            assert served[name].title == row.title
            assert (price and price.amount) == (row.price and row.price.amount)
            assert served[name].availability == row.availability


def test_the_first_generation_is_1() -> None:
    with pytest.raises(ValueError, match="the first one is 1"):
        MarketState(generation=0)
