"""Pages that list the offers of others are no offers; rows and variants of one offer still are."""

import pytest

from crawler.pages import PageExtract, extract_page

SITE = "https://shop.example"


def read(body: str, path: str, title: str = "Pain relief | Shop") -> PageExtract:
    return extract_page(f'<html lang="en"><head><title>{title}</title></head><body>{body}</body></html>', SITE + path)


def card(number: int, href: str = "/en/product/aspirin-{}00-mg") -> str:
    return (
        f'<div class="karte"><a href="{href.format(number)}"><img src="{number}.png" alt="">'
        f'Aspirin {number}00 mg, {number}0 tablets</a><div class="preis">${number}.45</div></div>'
    )


@pytest.mark.parametrize("size", [1, 2, 3, 8])
@pytest.mark.parametrize("path", ["/en/category/pain", "/r/istanbul", "/u/northline", "/search?q=aspirin", "/en/", "/"])
def test_blocks_that_lead_to_pages_of_their_own_are_no_variants_of_one_offer(path: str, size: int) -> None:
    cards = "".join(card(number) for number in range(1, size + 1))
    page = read(f"<main><h1>Pain relief</h1><div>{cards}</div></main>", path)
    assert page.listings == ()
    assert [link.url for link in page.links if "/product/" in link.url] == [
        f"{SITE}/en/product/aspirin-{number}00-mg" for number in range(1, size + 1)
    ]


def test_a_table_of_others_offers_is_a_list() -> None:
    rows = "".join(
        f'<tr><td><a href="/product/pill-{n}">Pill {n}00mg x {n}0</a></td><td>${n}9.00</td></tr>' for n in range(1, 6)
    )
    page = read(f"<h1>Bestsellers</h1><table>{rows}</table>", "/", "Bestsellers | Shop")
    assert page.kind == "list" and page.listings == ()
    assert len(page.cards) == 5


@pytest.mark.parametrize(
    ("href", "said"),
    [
        ("/cart?add={}", "30 pills"),
        ("/order-now/{}", "Buy now"),
        ("/product/blue-pill/{}00mg", "100mg x 30 pills"),
        ("/product/blue-pill?variant={}", "100mg x 30 pills"),
        ("https://pay.example/{}", "100mg x 30 pills"),
        ("#row-{}", "100mg x 30 pills"),
    ],
)
def test_links_into_the_cart_and_to_the_page_itself_leave_rows_what_they_are(href: str, said: str) -> None:
    rows = "".join(
        f'<tr><td>{n}00mg x {n}0 pills</td><td>${n}9.00</td><td><a href="{href.format(n)}">{said}</a></td></tr>'
        for n in range(1, 5)
    )
    text = "<p>Sildenafil treats erectile dysfunction in men; it relaxes the blood vessels.</p>"
    page = read(f"<h1>Blue pill</h1>{text}<table>{rows}</table>", "/product/blue-pill", "Blue pill | Shop")
    (listing,) = page.listings
    assert [(offer.count, offer.amount) for offer in listing.offers] == [(n * 10, f"{n}9.00") for n in range(1, 5)]


def test_the_price_of_another_listing_is_not_the_price_of_this_one() -> None:
    page = read(
        f'<article class="post"><h1>Blue pill</h1><p>{"Write to me for the price. " * 5}</p></article>'
        f"<div>See as well: {card(4)}</div>",
        "/post/481697",
        "Blue pill | Shop",
    )
    (listing,) = page.listings
    assert listing.price is None and listing.title == "Blue pill"


def test_an_article_that_is_sold_out_is_an_offer_though_only_others_have_a_price() -> None:
    others = "".join(card(number, "/dp/B00000000{}") for number in range(1, 6))
    page = read(
        f"<h1>Blue pill 50 mg</h1><table><tr><th>SKU</th><td>B0756B4GVG</td></tr></table><p>{'A fine pill. ' * 9}</p>"
        f"<section><h2>Others bought</h2>{others}</section>",
        "/dp/B0756B4GVG",
        "Blue pill 50 mg | Shop",
    )
    (listing,) = page.listings
    assert listing.sku == "B0756B4GVG" and listing.price is None


def test_a_page_of_one_product_at_the_root_is_an_offer() -> None:
    page = read(
        "<h1>Blue pill</h1><p class='price'>$15.00</p><button>Add to cart</button><p>The one we sell.</p>",
        "/",
        "Blue pill",
    )
    (listing,) = page.listings
    assert listing.price is not None and listing.price.amount == "15.00"
