import pytest

from crawler.page_address import listing_key
from crawler.pages import extract_page

OWN = "https://shop.example/product/blue-pill"


@pytest.mark.parametrize(
    ("url", "stated", "key"),
    [
        (f"{OWN}?ref=box&utm_source=x", None, OWN),
        (f"{OWN}?colour=red", OWN, OWN),
        (f"{OWN}?colour=red", None, f"{OWN}?colour=red"),
        ("https://www.shop.example/p/1", OWN, OWN),
        (OWN, "https://evil.example/product/other", OWN),
        (OWN, "https://shop.example/", OWN),
        (OWN, "https://shop.example/de/index.php", OWN),
        (OWN, "https://shop.example/category/pain", OWN),
        (
            "https://shop.example/index.php?product_id=5",
            "https://shop.example/index.php",
            "https://shop.example/index.php?product_id=5",
        ),
        (
            "https://shop.example/view.php?t=5&x=1",
            "https://shop.example/view.php?t=5",
            "https://shop.example/view.php?t=5",
        ),
    ],
)
def test_a_listing_is_named_by_the_address_it_states_unless_that_names_others_as_well(
    url: str, stated: str | None, key: str
) -> None:
    assert listing_key(url, stated) == key


def read(url: str, head: str = "") -> str:
    body = f"<html><head><title>Blue pill</title>{head}</head><body><h1>Blue pill</h1><p class=price>$5.00</p></body>"
    (listing,) = extract_page(body, url).listings
    assert listing.url == url
    return listing.id


@pytest.mark.parametrize("variant", ["?ref=box", "?utm_campaign=a", "?gclid=1&sid=8", "#top"])
def test_one_page_under_several_addresses_is_one_listing(variant: str) -> None:
    assert extract_page("<title>Blue pill</title><h1>Blue pill</h1><p class=price>$5.00</p>", OWN + variant).listings[
        0
    ].id == read(OWN)


@pytest.mark.parametrize("stated", ['<link rel="canonical" href="{}">', '<meta property="og:url" content="{}">'])
def test_the_stated_address_makes_one_listing_of_its_variants(stated: str) -> None:
    assert read(f"{OWN}?size=2", stated.format("/product/blue-pill")) == read(OWN)


def test_two_listings_that_both_state_the_front_page_stay_two() -> None:
    head = '<link rel="canonical" href="https://shop.example/">'
    assert read("https://shop.example/product/one", head) != read("https://shop.example/product/two", head)
