"""OpenGraph and ``product:`` meta tags to the facts of one product."""

from collections import Counter

from casefile.records import Image
from crawler.extract.document import Document
from crawler.extract.facts import Facts
from crawler.extract.gtin import valid_gtin
from crawler.extract.locale import PageLocale
from crawler.extract.product_data import machine_price, stock_of

_AMOUNT = ("product:sale_price:amount", "product:price:amount", "og:price:amount", "og:price", "twitter:data1:price")
_CURRENCY = ("product:sale_price:currency", "product:price:currency", "og:price:currency", "product:currency")


def read_meta(document: Document, locale: PageLocale, unmapped: Counter[str]) -> Facts:
    """Return what the head of the page says; its ``title`` may carry the shop's name behind it."""
    meta = document.meta
    facts = Facts(source="opengraph")
    facts.title = meta.get("og:title", meta.get("twitter:title", ""))[:500] or None
    facts.description = meta.get("og:description") or meta.get("description")
    written = next((meta[name] for name in _AMOUNT if name in meta), None)
    currency = next((meta[name] for name in _CURRENCY if name in meta), None)
    if written:
        facts.price = machine_price(written, currency, locale)
    facts.availability = stock_of(meta.get("product:availability") or meta.get("og:availability"), unmapped)
    facts.brand = meta.get("product:brand") or meta.get("og:brand")
    facts.sku = meta.get("product:retailer_item_id") or meta.get("product:retailer_part_no")
    facts.mpn = meta.get("product:mfr_part_no")
    facts.gtin = valid_gtin(meta.get("product:ean") or meta.get("product:upc") or meta.get("product:isbn"))
    image = meta.get("og:image") or meta.get("og:image:url")
    url = document.absolute(image) if image else None
    if url:
        facts.images = (Image(url=url, alt=meta.get("og:image:alt")),)
    return facts
