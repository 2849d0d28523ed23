import json

import pytest

from crawler.pages import extract_page

URL = "https://shop.example/p/1"


def test_the_language_of_a_post_counts_before_the_page() -> None:
    page = extract_page(
        "<html lang='en'><title>疫苗 - Board</title><div class='post' lang='zh-CN'>"
        "<h2>疫苗</h2><p>4,280.00 元</p></div>",
        "https://board.example/post/12345",
    )
    (listing,) = page.listings
    assert listing.language == "zh-CN"
    assert listing.price is not None and (listing.price.amount, listing.price.currency) == ("4280.00", "CNY")


def test_marks_of_writing_direction_are_kept_as_evidence() -> None:
    page = extract_page("<title>x</title><h1>Vitamin \u202egnol sraey\u202c</h1><p class=price>$5</p>", URL)
    assert page.listings[0].title == "Vitamin \u202egnol sraey\u202c"


def test_names_of_models_and_measures_are_no_price() -> None:
    page = extract_page("<title>x</title><h1>Fridge</h1><p class=price>R600a 48L KN95 12 R</p>", "https://s.co.za/p/1")
    assert all(listing.price is None for listing in page.listings)


def test_embedded_state_is_read_for_the_product_the_page_names() -> None:
    ours = {"name": "Blue Pill", "price": {"amount": 15.5, "currency": "EUR"}, "sku": "B-1", "inStock": True}
    state = {"page": {"items": [{"name": "Other", "price": 1}, {**ours, "brand": {"name": "Acme"}}]}}
    for script in (
        f'<script id="__NEXT_DATA__" type="application/json">{json.dumps(state)}</script>',
        f"<script>window.__STATE__ = {json.dumps(state)}; run();</script>",
        f"<script>var data = {json.dumps(state)}</script>",
    ):
        (listing,) = extract_page(f"<title>Blue Pill | Shop</title><h1>Blue Pill</h1>{script}", URL).listings
        assert listing.price is not None and (listing.price.amount, listing.price.currency) == ("15.5", "EUR")
        assert (listing.sku, listing.brand, listing.availability) == ("B-1", "Acme", "in_stock")
        assert listing.sources["price"] == "state"


def test_broken_json_ld_is_mended_where_that_is_safe() -> None:
    script = """<script type="application/ld+json"><!--
      {"@type": "Product", "name": "Blue Pill", /* ours */ "description": "two
      lines", "offers": [{"price": "15.50", "priceCurrency": "EUR",},],}
    --></script>"""
    (listing,) = extract_page(f"<title>x</title>{script}", URL).listings
    assert listing.title == "Blue Pill" and listing.price is not None and listing.price.amount == "15.50"


def test_a_machine_price_of_three_decimals_is_not_guessed() -> None:
    script = '{"@type": "Product", "name": "Blue Pill", "offers": {"price": "2.449", "priceCurrency": "EUR"}}'
    page = extract_page(f'<title>x</title><script type="application/ld+json">{script}</script>', URL)
    price = page.listings[0].price
    assert price is not None and price.amount is None and price.reason == "ambiguous separator"


def test_the_graph_is_followed_and_the_page_own_product_taken() -> None:
    graph = {"@context": "https://schema.org", "@graph": [
        {"@type": "WebPage", "@id": "#page"},
        {"@type": "Product", "name": "Other", "url": "https://shop.example/p/2", "offers": {"price": 1}},
        {"@type": "Product", "name": "Blue Pill", "url": URL, "offers": {"@id": "#offer"}},
        {"@type": "Offer", "@id": "#offer", "price": "15.50", "priceCurrency": "EUR"},
    ]}  # fmt: skip
    page = extract_page(f'<title>Blue Pill</title><script type="application/ld+json">{json.dumps(graph)}</script>', URL)
    (listing,) = page.listings
    assert listing.title == "Blue Pill" and listing.price is not None and listing.price.amount == "15.50"


def test_values_that_could_not_be_mapped_are_counted() -> None:
    data = {
        "@type": "Product",
        "name": "Pill",
        "offers": {"price": "1", "priceCurrency": "EUR", "availability": "Maybe"},
    }
    page = extract_page(f'<title>x</title><script type="application/ld+json">{json.dumps(data)}</script>', URL)
    assert page.unmapped == {"availability:maybe": 1}


@pytest.mark.parametrize(
    ("page_language", "text", "language"),
    [
        ("en", "دواء أصلي للبيع مع التوصيل السريع إلى جميع المدن", None),
        ("en", "Продам оригинальные таблетки, доставка по всей стране", None),
        ("en", "出售正品药品，快递送货上门，质量保证请放心购买", None),
        ("ar", "Продам оригинальные таблетки, доставка по всей стране", None),
        ("hi-Latn", "असली दवा बिक्री के लिए उपलब्ध है", None),
        ("ru", "Продам оригинальные таблетки, доставка по всей стране", "ru"),
        ("ur", "اصلی دوا برائے فروخت تیز ترسیل کے ساتھ", "ur"),
        ("ja", "正規品の医薬品を販売しています。送料無料です", "ja"),
        ("ru", "Viagra Original 100 mg Pfizer tablets, delivery by post", "ru"),
        ("en", "Original Viagra tablets (Виагра) with delivery by post", "en"),
    ],
)
def test_a_tag_that_the_script_of_the_text_contradicts_is_left_out(
    page_language: str, text: str, language: str | None
) -> None:
    page = extract_page(
        f'<html lang="{page_language}"><title>Ad</title><div class="post"><h1>Ad 1</h1><p>{text}</p>'
        "<p class=price>$5.00</p></div>",
        "https://ads.example/post/12345",
    )
    assert page.listings[0].language == language


def test_the_tag_on_the_element_with_most_of_the_text_counts() -> None:
    page = extract_page(
        '<html lang="en"><title>Ad</title><div class="post"><h1>Dawa 1</h1><p class=price>$5.00</p>'
        f'<div lang="sw">{"Dawa nzuri kwa bei nafuu, tunaleta nyumbani. " * 4}</div><i lang="de">neu</i></div>',
        "https://ads.example/post/12345",
    )
    assert page.listings[0].language == "sw"
