"""Which addresses are worth a request."""

import pytest

from crawler.frontier import BARREN_TEMPLATE, Frontier, canonical_url, template_of

SHOP = "https://shop.example"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        (f"{SHOP}", f"{SHOP}/"),
        (f"{SHOP}/p?utm_source=x&id=3&gclid=1#top", f"{SHOP}/p?id=3"),
        (f"{SHOP}/p?fbclid=abc", f"{SHOP}/p"),
        (f"{SHOP}/p?id=3&ref=box&src=grid&aff_id=7", f"{SHOP}/p?id=3"),
        ("HTTPS://Shop.Example:443/P", f"{SHOP}/P"),
        ("http://shop.example:8080/", "http://shop.example:8080/"),
        (f"{SHOP}/p;jsessionid=0A1B?PHPSESSID=1&id=3", f"{SHOP}/p?id=3"),
        (f"{SHOP}/лекарства/аспирин", f"{SHOP}/%D0%BB%D0%B5%D0%BA%D0%B0%D1%80%D1%81%D1%82%D0%B2%D0%B0/"
         "%D0%B0%D1%81%D0%BF%D0%B8%D1%80%D0%B8%D0%BD"),
        (f"{SHOP}/a%20b?x=%2F", f"{SHOP}/a%20b?x=%2F"),
        ("ftp://shop.example/", None),
        ("http://[broken", None),
        ("mailto:a@b.example", None),
    ],
)  # fmt: skip
def test_an_address_has_one_form(url: str, canonical: str | None) -> None:
    assert canonical_url(url) == canonical
    if canonical is not None:
        assert canonical_url(canonical) == canonical


def admitted(url: str, *, frontier: Frontier | None = None) -> bool:
    return (frontier or Frontier(max_depth=12)).admit(SHOP + url, "other", 0) is not None


@pytest.mark.parametrize(
    "url",
    ["/a/b/a/b/a/b", "/" + "x/" * 15, "/p?" + "x" * 2000, "/photo.JPG", "/cart", "/my-account/orders", "/wp-admin/",
     "/list?sort=price", "/list?orderby=date", "/list?view=grid", "/p?add-to-cart=7", "/p?action=add_product",
     "/logout", "/p?a=1&b=2&c=3&d=4&e=5&f=6&g=7"],
)  # fmt: skip
def test_traps_files_and_tools_are_left_out(url: str) -> None:
    assert not admitted(url)


@pytest.mark.parametrize(
    "url",
    ["/cartridge", "/p?id=3", "/index.php?route=product/product&product_id=12", "/list?page=2", "/carton/box",
     "/index.php?option=com_virtuemart&view=productdetails&virtuemart_product_id=3", "/shop/accounting-book"],
)  # fmt: skip
def test_ordinary_pages_are_let_in(url: str) -> None:
    assert admitted(url)


def test_a_page_is_let_in_once_whatever_the_order_of_its_query() -> None:
    frontier = Frontier(max_depth=12)
    assert admitted("/p?a=1&b=2", frontier=frontier)
    assert not admitted("/p?b=2&a=1", frontier=frontier)
    assert not admitted("/p/?a=1&b=2", frontier=frontier)
    assert not admitted("/p?a=1&b=2&utm_medium=x", frontier=frontier)
    assert frontier.admit("http://www.shop.example/p?a=1&b=2", "other", 0) is None


def test_an_endless_calendar_is_given_up_once_enough_of_it_was_read_for_nothing() -> None:
    frontier = Frontier(max_depth=12)
    read = 0
    for number in range(2 * BARREN_TEMPLATE):
        candidate = frontier.admit(f"{SHOP}/calendar?day={number}", "other", 0)
        if candidate is not None:
            read += 1
            frontier.credit(candidate.template, 0)
    assert read == BARREN_TEMPLATE
    assert frontier.refused["template without listings"] == BARREN_TEMPLATE


def test_many_listings_on_one_page_are_all_let_in() -> None:
    frontier = Frontier(max_depth=12)
    assert (
        sum(admitted(f"/item/{number}", frontier=frontier) for number in range(5 * BARREN_TEMPLATE))
        == 5 * BARREN_TEMPLATE
    )


def test_a_shape_that_brings_a_listing_now_and_then_is_not_given_up() -> None:
    frontier = Frontier(max_depth=12)
    shape = template_of(f"{SHOP}/item/1")
    for number in range(5 * BARREN_TEMPLATE):
        frontier.credit(shape, number % BARREN_TEMPLATE == 0)
    assert admitted("/item/2", frontier=frontier)
    for _ in range(BARREN_TEMPLATE):
        frontier.credit(shape, 0)
    assert not admitted("/item/3", frontier=frontier)


def test_shop_pages_come_first_then_listings_then_ways_to_them() -> None:
    frontier = Frontier(max_depth=12)
    order = [
        frontier.admit(f"{SHOP}/{role}", role, 0) for role in ("other", "category", "pagination", "listing", "site")
    ]
    priorities = [candidate.priority for candidate in order if candidate]
    assert priorities == sorted(priorities)
    assert len(set(priorities)) == 5


def test_depth_grows_with_links_but_not_with_pagination() -> None:
    frontier = Frontier(max_depth=2)
    deep = frontier.admit(f"{SHOP}/list?page=9", "pagination", 2)
    assert deep is not None
    assert deep.depth == 2
    assert frontier.admit(f"{SHOP}/deeper", "listing", 2) is None
    assert frontier.refused["depth budget"] == 1


def test_a_template_is_the_shape_of_an_address() -> None:
    assert template_of(f"{SHOP}/p/123?b=1&a=2") == template_of(f"{SHOP}/p/7?a=9&b=")
    assert template_of(f"{SHOP}/p/viagra-100mg") == template_of(f"{SHOP}/p/cialis-20mg")
    assert template_of(f"{SHOP}/p/1") != template_of(f"{SHOP}/c/1")
