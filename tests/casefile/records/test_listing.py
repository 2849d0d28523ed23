"""A row of any tool becomes a listing, or says which field is at fault."""

from typing import Any

import pytest

from casefile.records import Listing, listing_id


def test_a_plain_row_keeps_its_words_and_types_become_those_of_the_record() -> None:
    listing = Listing.from_row(
        {"id": 7, "title": "x", "price": 12.5, "currency": "EUR", "ships_to": "EU", "seller": "bob"}
    )

    assert listing.to_json() == {
        "id": "7",
        "version": 1,
        "title": "x",
        "price": {"raw": "12.5", "amount": "12.5", "currency": "EUR"},
        "seller": {"name": "bob"},
        "ships_to": ["EU"],
    }


def test_unknown_fields_are_kept_aside() -> None:
    listing = Listing.from_row({"id": "a", "title": "x", "side": "illicit", "x_year": 2014})

    assert listing.extra == {"side": "illicit", "x_year": 2014}


@pytest.mark.parametrize("price", ["59,90", "1e3", "Rp96.500 - Rp168.500", "from 3"])
def test_an_amount_that_is_not_a_plain_decimal_is_left_raw_with_the_reason(price: str) -> None:
    listing = Listing.from_row({"id": "a", "title": "x", "price": price})

    assert listing.price is not None
    assert (listing.price.raw, listing.price.amount) == (price, None)
    assert listing.price.reason


def test_a_currency_that_is_no_code_stays_in_the_raw_text() -> None:
    listing = Listing.from_row({"id": "a", "title": "x", "price": "0.1", "currency": "BTC(binned)"})

    assert listing.price is not None
    assert (listing.price.raw, listing.price.currency) == ("0.1 BTC(binned)", None)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ([], "JSON object"),
        ({"title": "x"}, "'id'"),
        ({"id": "a"}, "'title'"),
        ({"id": "a", "title": ["x"]}, "'title'"),
        ({"id": "a", "title": "x", "price": True}, "'price'"),
        ({"id": "a", "title": "x", "offers": [{"count": "many"}]}, "'offers"),
    ],
)
def test_a_bad_row_is_refused_by_field(row: Any, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        Listing.from_row(row)


def test_the_same_text_captured_again_has_the_same_content_hash() -> None:
    first = Listing(id="a", title="x", capture="c1", version=1)

    assert first.content_hash() == first.model_copy(update={"capture": "c2", "version": 2}).content_hash()
    assert first.content_hash() != first.model_copy(update={"title": "y"}).content_hash()


def test_listing_ids_are_stable_and_differ_by_site() -> None:
    assert listing_id("shop.example", "/p/1") == listing_id("shop.example", "/p/1")
    assert listing_id("shop.example", "/p/1") != listing_id("other.example", "/p/1")
