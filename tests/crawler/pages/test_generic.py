import json

from crawler.pages import extract_page

URL = "https://shop.example/p/sildenafil-100"


def page(head: str = "", body: str = "", language: str = "en") -> str:
    return f'<!doctype html><html lang="{language}"><head><title>Shop</title>{head}</head><body>{body}</body></html>'


def jsonld(data: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


def test_a_json_ld_product_becomes_a_listing_with_its_sources() -> None:
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": "Sildenafil 100 mg",
        "brand": {"@type": "Brand", "name": "Acme"},
        "sku": "S-100",
        "gtin13": "4006381333931",
        "offers": {"@type": "Offer", "price": "89.00", "priceCurrency": "USD",
                   "availability": "https://schema.org/InStock", "seller": {"name": "Acme Ltd"}},
    }  # fmt: skip
    (listing,) = extract_page(page(jsonld(data)), URL).listings
    assert listing.title == "Sildenafil 100 mg"
    assert listing.price is not None
    assert (listing.price.amount, listing.price.currency) == ("89.00", "USD")
    assert (listing.brand, listing.sku, listing.gtin) == ("Acme", "S-100", "4006381333931")
    assert listing.availability == "in_stock"
    assert listing.seller is not None and listing.seller.name == "Acme Ltd"
    assert listing.language == "en" and listing.site == "shop.example"
    assert listing.sources["price"] == "jsonld"


def test_microdata_becomes_a_listing() -> None:
    body = """<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Insulin pen</h1>
      <div itemprop="offers" itemscope itemtype="https://schema.org/Offer">
      <span itemprop="price" content="49.95">$49.95</span><meta itemprop="priceCurrency" content="USD">
      <link itemprop="availability" href="https://schema.org/OutOfStock"></div></div>"""
    (listing,) = extract_page(page(body=body), URL).listings
    assert listing.title == "Insulin pen"
    assert listing.price is not None and (listing.price.amount, listing.price.currency) == ("49.95", "USD")
    assert listing.availability == "out_of_stock"
    assert listing.sources["price"] == "microdata"


def test_hostile_nesting_in_json_ld_is_survived() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    objects = '{"@type":"Product","offers":' * 5_000 + "1" + "}" * 5_000
    for script in (deep, objects):
        found = extract_page(page(f'<script type="application/ld+json">{script}</script>', "<h1>x</h1>"), URL)
        assert found.refused is None


def test_a_page_over_a_bound_is_refused_with_the_reason() -> None:
    attributes = " ".join(f"a{number}=1" for number in range(10_000))
    found = extract_page(f"<div {attributes}>x</div>", URL)
    assert found.refused == "one tag has more than 400 attributes"
    assert found.listings == () and found.links == ()
