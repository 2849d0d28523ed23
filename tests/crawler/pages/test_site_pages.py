"""What a page that speaks for the shop says: its own words, without menus and without what others offer."""

from datetime import UTC, datetime

import pytest

from casefile.records import Site
from crawler.pages import PageExtract, extract_page
from crawler.site_book import SiteBook

SITE = "https://shop.example"
MENU = '<div><a href="/c/1">Pain</a> <a href="/c/2">Sleep</a> <a href="/c/3">Heart</a> <a href="/c/4">Skin</a></div>'
FOOT = '<div><a href="/terms">Terms</a> | <a href="/pay">Payment</a> | <a href="/c">Contact</a> | © 2026 Shop</div>'
POLICY = "We ship worldwide in a plain envelope. You do not need a prescription."


def read(body: str, path: str = "/info", title: str = "Our policy") -> PageExtract:
    return extract_page(f'<html lang="en"><head><title>{title}</title></head><body>{body}</body></html>', SITE + path)


def said(page: PageExtract) -> str:
    assert page.site_page is not None
    return page.site_page.text


def test_a_policy_is_read_without_header_menus_trail_and_footer() -> None:
    page = read(
        f'<header>Shop of shops</header><nav><a href="/a">A</a></nav>'
        f'<div class="breadcrumb">Home &gt; Policy</div>{MENU}'
        f"<div><h1>Our policy</h1><p>{POLICY}</p></div>{FOOT}<footer>Imprint</footer>"
    )
    assert said(page) == f"Our policy\n{POLICY}"


def test_a_short_policy_in_one_block_with_its_menus_is_kept() -> None:
    assert said(read(f"<div>{MENU}<h1>Our policy</h1><p>No refunds.</p>{FOOT}</div>")) == "Our policy\nNo refunds."


def test_addresses_to_write_to_are_no_menu() -> None:
    page = read(
        '<h1>Contact us</h1><p><a href="mailto:a@shop.example">a@shop.example</a> '
        '<a href="tel:+4930123456">+49 30 123456</a> <a href="https://t.me/pills24">t.me/pills24</a></p>',
        title="Contact us",
    )
    assert said(page) == "Contact us\na@shop.example +49 30 123456 t.me/pills24"


@pytest.mark.parametrize("path", ["/", "/index.php", "/de/", "/en-gb/"])
def test_a_front_page_gives_no_ads_of_others_and_no_list_of_regions(path: str) -> None:
    ads = "".join(
        f'<p><a href="/post/48169{n}">Viagra {n}00 mg without prescription, telegram @x{n}</a> <span>$4{n}</span></p>'
        for n in range(6)
    )
    regions = "".join(f'<li><a href="/r/{name}">{name}</a> ({n})</li>' for n, name in enumerate(["Roma", "Berlin"]))
    page = read(f"<h1>Free small ads</h1><ul>{regions}</ul>{ads}", path, "Versand Shop")
    assert page.site_page is not None and page.site_page.role == "home"
    assert said(page) == "Free small ads"


def test_a_list_is_no_page_about_the_shop_though_its_heading_sounds_so() -> None:
    cards = "".join(f'<div><a href="/p/{n}">Box for shipping number {n}</a> <b>${n}.50</b></div>' for n in range(1, 9))
    page = read(f"<h1>Shipping</h1>{cards}", "/c/shipping", "Shipping")
    assert page.kind == "list" and page.site_page is None


def gathered(*bodies: tuple[str, str]) -> Site:
    book = SiteBook()
    for number, (path, body) in enumerate(bodies):
        page = read(body, path, "x")
        book.note("shop.example", page, url=SITE + path, capture=f"c{number}", at=datetime(2026, 1, 1, tzinfo=UTC))
    (site,) = book.sites()
    return site


def test_lines_on_every_page_belong_to_the_frame() -> None:
    frame = "<div>Shop of shops</div><div>Trusted since 2009</div>"
    names = {"/": "Welcome", "/shipping": "Shipping", "/payment": "Payment", "/terms": "Terms"}
    site = gathered(*((path, f"{frame}<h1>{name}</h1><p>Words of {name}</p>") for path, name in names.items()))
    texts = {page.url.removeprefix(SITE): page.text for page in site.pages}
    assert texts["/shipping"] == "Shipping\nWords of Shipping"
    assert texts["/"].startswith("Shop of shops\nTrusted since 2009")


@pytest.mark.parametrize(
    "claim",
    [
        "Licensed pharmacy, licence no. 4711",
        "Erlaubnis zum Versand, erteilt von der Apothekenaufsicht Musterland, Register-Nr. 00-0000.",
        "Lindenhof is a licensed community pharmacy.",
        "GPhC registered, premises 9011223",
        "Лицензия на фармацевтическую деятельность № ЛО-77-02-010000",
        "药品经营许可证编号 京AA0100001",
        "Farmacia autorizada por el Ministerio de Sanidad",
    ],
)
@pytest.mark.parametrize("place", ["footer", "header", "page"])
def test_a_licence_is_claimed_in_header_footer_or_on_a_page_about_the_shop(claim: str, place: str) -> None:
    body = f"<h1>Impressum</h1><p>{claim}</p>" if place == "page" else f"<h1>Blue pill</h1><{place}>{claim}</{place}>"
    page = read(body, "/impressum" if place == "page" else "/p/1", "Impressum" if place == "page" else "Blue pill")
    assert page.site.licence_claims == (claim,)


@pytest.mark.parametrize(
    "text",
    [
        "Vaccine certificate lost?",
        "Our licence",
        "Offers of medicines need a licence number on request.",
        "For wholesalers: please send your licence no. 12345 with the request.",
        "Ihre Versandapotheke · Your pharmacy",
        "Certificate of analysis on every lot.",
    ],
)
def test_news_requests_and_headings_are_no_licence_claims(text: str) -> None:
    assert read(f"<h1>Our policy</h1><p>{text}</p><footer>{text}</footer>").site.licence_claims == ()


def test_what_an_ad_says_of_licences_is_not_said_by_the_site() -> None:
    page = read(
        '<article class="post"><h1>Vaccines</h1><p>We are a licensed pharmacy, licence no. 4711.</p></article>',
        "/post/482343",
        "Vaccines | Tolabox",
    )
    assert page.site.licence_claims == ()
