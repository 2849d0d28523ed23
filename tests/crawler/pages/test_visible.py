"""Pages without structured data, as shops, boards and classified sites write them."""

import pytest

from crawler.pages import PageExtract, extract_page

SITE = "https://shop.example"
FOOTER = """<footer><a href="/shipping">Shipping</a> <a href="/terms">Terms and conditions</a>
<a href="/pay">Zahlungsarten</a> <a href="/contact">Contact us</a> <a href="/cart">Cart</a></footer>"""


def read(body: str, path: str = "/x", title: str = "Shop", language: str = "en") -> PageExtract:
    return extract_page(
        f'<!doctype html><html lang="{language}"><head><title>{title}</title></head><body>{body}{FOOTER}</body></html>',
        SITE + path,
    )


def test_an_offer_table_is_typed_by_column_and_checked_by_arithmetic() -> None:
    page = read(
        """<h1>Generic Viagra</h1><p>Sildenafil treats erectile dysfunction in men; it relaxes the blood vessels.</p>
        <table><tr><th>Package</th><th>Price</th><th>Per pill</th></tr>
        <tr><td>100mg x 60 pills</td><td>$89.00</td><td>$1.48</td></tr>
        <tr><td>100mg x 90 pills</td><td>$1.22</td><td>$110.00</td></tr>
        <tr><td>50mg x 30 pills</td><td>$45.00</td><td>Save $9.99</td></tr></table>""",
        title="Generic Viagra - Pills24",
    )
    (listing,) = page.listings
    rows = [(o.strength, o.form, o.count, o.amount, o.unit_amount, o.currency) for o in listing.offers]
    assert rows == [
        ("100 mg", "tablet", 60, "89.00", "1.48", "USD"),
        ("100 mg", "tablet", 90, "110.00", "1.22", "USD"),
        ("50 mg", "tablet", 30, "45.00", None, "USD"),
    ]
    assert listing.offers[0].raw == "100mg x 60 pills | $89.00 | $1.48"


@pytest.mark.parametrize(
    ("markup", "amount"),
    [
        ("<del>$20.00</del> <ins>$15.00</ins>", "15.00"),
        ("<span class='old-price'>$20.00</span><span class='price'>$15.00</span>", "15.00"),
        ("<p class='price'>was $20.00 now $15.00</p>", "15.00"),
        ("<p class='price'>$15<sup>00</sup></p>", "15.00"),
        ("<p>Shipping $4.99</p><p class='price'>$15.00</p>", "15.00"),
        ("<p class='price'>$15.00</p><div class='related'><p class='price'>$1.00</p></div>", "15.00"),
    ],
)
def test_the_present_price_is_taken(markup: str, amount: str) -> None:
    (listing,) = read(f"<h1>Blue pill</h1>{markup}<button>Add to cart</button>", title="Blue pill | Shop").listings
    assert listing.price is not None and listing.price.amount == amount and listing.price.currency == "USD"
    assert listing.availability == "in_stock" and listing.sources["price"] == "css"


def test_digits_that_touch_without_a_mark_are_no_price() -> None:
    page = read("<h1>Blue pill</h1><p class='price'><b>15</b><i>999</i> $</p>", title="Blue pill | Shop")
    assert all(listing.price is None for listing in page.listings)


def test_a_post_without_price_gives_text_and_contacts_also_from_pictures() -> None:
    page = read(
        """<div class="posting"><h2 class="postingtitle">Xanax bars 2mg available</h2>
        <div class="userbody">Discreet. Ships from Canada. No prescription needed, pay with Bitcoin.<br>
        WhatsApp +1 415 555 0123</div><img src="/a.png" alt="Wickr: bar_man"></div>""",
        path="/r/meds/1234567.html",
        title="Xanax bars 2mg available - Tolabox",
    )
    (listing,) = page.listings
    assert listing.title == "Xanax bars 2mg available" and listing.price is None
    assert {(c.kind, c.value) for c in listing.contacts} == {("whatsapp", "+14155550123"), ("wickr", "bar_man")}
    assert listing.payments == ("bitcoin",) and listing.ships_from == "CA"
    assert listing.prescription is not None and listing.prescription.required is False
    assert listing.images[0].alt == "Wickr: bar_man"


def test_the_name_of_the_shop_in_h1_is_not_the_title() -> None:
    page = read(
        """<div class="headerbar"><h1><a href="/">Meds Board</a></h1></div><h2 class="topic-title">Bulk vaccines</h2>
        <div class="post"><div class="content">Minimum order 1000 vials for hospitals. Write to us for papers.</div>
        <dl><dt>Price</dt><dd>$7.50</dd><dt>Ships to</dt><dd>worldwide</dd></dl></div>""",
        path="/viewtopic.php?t=12",
        title="Bulk vaccines - Meds Board",
    )
    (listing,) = page.listings
    assert listing.title == "Bulk vaccines" and listing.ships_to == ("*",)
    assert listing.price is not None and listing.price.amount == "7.50"


CARDS = "".join(
    f'<div class="tile"><a href="/p/{n}"><img src="/i/{n}.png" alt=""><div>Medicine number {n}</div></a>'
    f"<span>$1{n}.50</span></div>"
    for n in range(6)
)


def test_a_list_page_gives_cards_and_links_to_follow_but_no_listing() -> None:
    page = read(f"<h1>Pain</h1>{CARDS}<a href='?page=2' rel='next'>Next</a>", path="/c/pain", title="Pain - Shop")
    assert page.kind == "list" and page.listings == ()
    assert [link.url for link in page.links_with_role("listing")] == [f"{SITE}/p/{n}" for n in range(6)]
    assert [link.url for link in page.links_with_role("pagination")] == [f"{SITE}/c/pain?page=2"]
    assert page.cards[0].title == "Medicine number 0"
    assert page.cards[0].price is not None and page.cards[0].price.amount == "10.50"


def test_related_offers_do_not_make_an_offer_a_list() -> None:
    body = f'<h1>Blue pill</h1><p class="price">$15.00</p><button>Buy now</button><div class="related">{CARDS}</div>'
    page = read(body, path="/p/77", title="Blue pill | Shop")
    assert page.kind == "listing" and page.listings[0].price is not None
    assert page.listings[0].price.amount == "15.00"


def test_links_about_the_shop_have_their_role_in_several_languages() -> None:
    links = {link.url: (link.role, link.site_role) for link in read("<h1>x</h1>").links}
    assert links[f"{SITE}/shipping"] == ("site", "shipping") and links[f"{SITE}/terms"] == ("site", "policy")
    assert links[f"{SITE}/pay"] == ("site", "payment") and links[f"{SITE}/contact"] == ("site", "contact")
    assert links[f"{SITE}/cart"] == ("other", None)


@pytest.mark.parametrize(
    ("heading", "role"),
    [("Shipping policy", "shipping"), ("Zahlungsarten", "payment"), ("Условия возврата", "policy"),
     ("关于我们", "about"),
     ("Receta médica", "prescription"), ("اتصل بنا", "contact")],
)  # fmt: skip
def test_a_page_about_the_shop_gives_its_text(heading: str, role: str) -> None:
    page = read(f"<h1>{heading}</h1><p>We send everything in plain envelopes.</p>", path="/info", title=heading)
    assert page.kind == "site" and page.site_page is not None
    assert page.site_page.role == role and "plain envelopes" in page.site_page.text


def test_a_wall_is_recognised_and_gives_nothing() -> None:
    page = extract_page(
        "<title>Just a moment...</title><h1>Checking your browser</h1><p>Please verify you are human.</p>",
        f"{SITE}/p/1",
    )
    assert page.block == "captcha" and page.listings == ()
    assert extract_page("<title>Access denied</title><p>You have been blocked</p>", f"{SITE}/p/1").block == "blocked"


def test_a_shell_that_needs_a_browser_is_recognised() -> None:
    shell = '<title>Shop</title><div id="root"><p>Loading…</p></div><script src="/app.js"></script>'
    assert extract_page(shell, f"{SITE}/").looks_empty_shell
    assert not read("<h1>Blue pill</h1>" + "<p>A long and useful text about it.</p>" * 20).looks_empty_shell


def test_what_the_shop_says_of_itself_is_found_on_any_page() -> None:
    page = read(
        """<header>Licensed pharmacy, licence no. 4711</header><h1>x</h1><a href="https://t.me/pills24">news</a>
        <script>ga('create', 'UA-12345678-1')</script>"""
    )
    assert ("telegram", "pills24") in {(contact.kind, contact.value) for contact in page.site.contacts}
    assert page.site.licence_claims == ("Licensed pharmacy, licence no. 4711",)
    assert page.site.trackers == ("google_analytics:UA-12345678-1",)


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "utf-16", "shift_jis"])
def test_bytes_are_decoded_as_a_browser_would(encoding: str) -> None:
    word = "薬局の錠剤" if encoding == "shift_jis" else "Таблетки"
    body = f'<meta charset="{encoding}"><title>{word}</title><h1>{word}</h1>'.encode(encoding)
    assert extract_page(body, f"{SITE}/").title == word
    plain = f"<title>{word}</title>".encode(encoding)
    assert extract_page(plain, f"{SITE}/", content_type=f"text/html; charset={encoding}").title == word


@pytest.mark.parametrize(
    "page",
    ["", "<", "\x00\x01", "<div>" * 100_000, "</p></b>" * 50_000, "<!--" * 20_000, "<p>x" * 50_000,
     "&#x110000;&#xd800;" * 1_000,
     '<a href="http://[">x</a><base href="http://[">', "<table>" * 3_000, '<h1 class="' + "a " * 50_000 + '">x</h1>'],
)  # fmt: skip
def test_hostile_html_is_survived(page: str) -> None:
    assert extract_page(page, f"{SITE}/p/1").listings == ()


def test_a_page_too_large_is_refused() -> None:
    assert "bytes" in (extract_page(b"x" * 9_000_000, SITE).refused or "")


@pytest.mark.parametrize("url", ["http://[", "", "file:///a b.html", "C:\\\\page.html", "https://shop.example:99999/"])
def test_an_odd_address_is_survived(url: str) -> None:
    page = extract_page('<h1>Pill</h1><p class="price">$5</p><a href="http://[">x</a><a href="b">y</a>', url)
    assert page.refused is None


def test_numbered_pages_are_pagination() -> None:
    page = read('<h1>Pain</h1><p><a href="?page=2">2</a> <a href="?page=3">3</a></p>', path="/c/pain")
    assert [link.url for link in page.links_with_role("pagination")] == [
        f"{SITE}/c/pain?page=2",
        f"{SITE}/c/pain?page=3",
    ]
