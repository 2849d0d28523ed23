"""From schema.org nodes (JSON-LD, microdata, embedded state) to the facts of one product."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Final

from casefile.records import Image, Offer, Price, Seller
from crawler.extract.currencies import currencies
from crawler.extract.document import Document, one_line
from crawler.extract.facts import Facts, Stock
from crawler.extract.gtin import valid_gtin
from crawler.extract.identity import read_identity
from crawler.extract.labelled import field_of
from crawler.extract.locale import PageLocale
from crawler.extract.money import amount_text, read_price
from crawler.extract.nodes import Node, short_name

PRODUCT_TYPES: Final = frozenset(
    "product productgroup productmodel individualproduct someproducts drug dietarysupplement book event vehicle car"
    " musicalbum offercatalogitem medicaldevice productcollection".split()
)
OFFER_TYPES: Final = frozenset({"offer", "aggregateoffer", "demand"})

_STOCK: Final[dict[str, Stock]] = {
    **dict.fromkeys(("instock", "limitedavailability", "onlineonly", "instoreonly", "available", "true",
                     "in stock", "available for order", "in_stock"), "in_stock"),
    **dict.fromkeys(("outofstock", "soldout", "discontinued", "out of stock", "oos", "false", "sold out",
                     "out_of_stock", "unavailable"), "out_of_stock"),
    **dict.fromkeys(("preorder", "presale", "backorder", "madetoorder", "reserved", "pending", "pre-order"), "unknown"),
}  # fmt: skip


def stock_of(text: str | None, unmapped: Counter[str]) -> Stock | None:
    """Map an availability value (``https://schema.org/InStock``, ``in stock``) to ours; counts what it cannot map."""
    if not text:
        return None
    value = text.strip().lower()
    stock = _STOCK.get(short_name(value)) or _STOCK.get(value)
    if stock is None:
        unmapped[f"availability:{value[:60]}"] += 1
    return stock


class ProductReader:
    """Reads product nodes of one page; ``unmapped`` counts the values it could not place."""

    def __init__(self, document: Document, locale: PageLocale) -> None:
        self._document = document
        self._locale = locale
        self.unmapped: Counter[str] = Counter()

    def read(self, node: Node) -> Facts:
        """Return the facts of one product node."""
        facts = Facts(source=node.syntax)
        facts.title = _cut(node.text("name", "title", "headline"), 500)
        facts.description = _description(node)
        facts.brand = _brand(node)
        facts.sku = _cut(node.text("sku", "productid"), 100)
        facts.mpn = _cut(node.text("mpn", "model"), 100) if node.text("mpn") else None
        facts.gtin = next(
            filter(None, map(valid_gtin, node.texts("gtin", "gtin13", "gtin14", "gtin12", "gtin8", "isbn"))), None
        )
        facts.category = tuple(_categories(node))
        facts.images = tuple(self._images(node))
        facts.url = self._url(node)
        offers = list(self._offers(node))
        self._take_offers(facts, node, offers)
        facts.substances = tuple(node.texts("activeingredient", "nonproprietaryname"))[:10]
        facts.strength = node.text("dosestrength", "strengthvalue")
        facts.form = node.text("dosageform")
        return facts

    def _take_offers(self, facts: Facts, node: Node, offers: list[Node]) -> None:
        chosen = self._offer_of_this_page(offers)
        for offer in [chosen] if chosen else [node]:
            facts.price = self.price(offer) or facts.price
            facts.availability = stock_of(offer.text("availability"), self.unmapped)
            facts.seller = facts.seller or _seller(offer)
            facts.sku = facts.sku or _cut(offer.text("sku", "productid"), 100)
            facts.mpn = facts.mpn or _cut(offer.text("mpn"), 100)
            facts.gtin = facts.gtin or next(
                filter(None, map(valid_gtin, offer.texts("gtin", "gtin13", "gtin14", "gtin12", "gtin8"))), None
            )
        if len(offers) > 1:
            facts.offers = tuple(filter(None, map(self._variant, offers)))[:200]
            if facts.availability is None or facts.availability == "out_of_stock":
                states = {stock_of(offer.text("availability"), Counter()) for offer in offers}
                # One size that is left is enough for the listing to be on offer.
                facts.availability = "in_stock" if "in_stock" in states else facts.availability

    def _offers(self, node: Node) -> Iterator[Node]:
        for offer in node.nodes("offers", "offer", "makesoffer"):
            inner = list(offer.nodes("offers", "itemoffered")) if offer.is_a("aggregateoffer") else []
            priced = [
                child for child in inner if child.text("price", "lowprice") or list(child.nodes("pricespecification"))
            ]
            if priced and not offer.text("lowprice", "price"):
                yield from priced
            else:
                yield offer
                yield from priced
        for variant in node.nodes("hasvariant", "model"):
            if variant.is_a(*PRODUCT_TYPES):
                for offer in variant.nodes("offers"):
                    for name in ("name", "sku", "size", "color", "gtin13", "mpn"):
                        if name not in offer.properties and name in variant.properties:
                            offer.properties[name] = list(variant.properties[name])
                    yield offer

    def _offer_of_this_page(self, offers: list[Node]) -> Node | None:
        """Return the offer that the page's own address names, else the first with a price."""
        here = {address_key(url) for url in (self._document.url, self._document.canonical_url) if url}
        for offer in offers:
            url = offer.text("url")
            if (
                url
                and len(offers) > 1
                and address_key(self._document.absolute(url) or "") in here
                and self.price(offer)
            ):
                return offer
        for offer in offers:
            sku = offer.text("sku")
            if (
                sku
                and len(offers) > 1
                and len(sku) > 3
                and re.search(rf"[=/]{re.escape(sku)}(?!\w)", self._document.url)
            ):
                return offer
        priced = [offer for offer in offers if self.price(offer)]
        return next(iter(priced or offers), None)

    def price(self, offer: Node) -> Price | None:
        """Return the price of an offer node, read as a machine wrote it."""
        currency = offer.text("pricecurrency", "currency")
        written = offer.text("price", "lowprice")
        if not written:
            for specification in offer.nodes("pricespecification", "price"):
                if "list" in (specification.text("pricetype") or "").lower():
                    continue
                written = specification.text("price", "minprice", "value", "amount")
                currency = currency or specification.text("pricecurrency", "currency")
                if written:
                    break
        return machine_price(written, currency, self._locale) if written else None

    def _variant(self, offer: Node) -> Offer | None:
        price = self.price(offer)
        if price is None or offer.is_a("aggregateoffer"):
            return None
        name = " ".join(filter(None, (offer.text("name", "description"), offer.text("size"), offer.text("color"))))
        identity = read_identity(name)
        raw = one_line(f"{name} {price.raw}")[:300]
        return Offer(raw=raw, strength=identity.strength, form=identity.form, count=identity.count,
                     amount=price.amount, currency=price.currency)  # fmt: skip

    def _images(self, node: Node) -> Iterator[Image]:
        seen: set[str] = set()
        for value in node.properties.get("image", ()):
            stated = value if isinstance(value, str) else value.text("url", "contenturl") or value.id
            url = self._document.absolute(stated) if stated else None
            if url and url not in seen and len(seen) < 30:
                seen.add(url)
                alt = None if isinstance(value, str) else value.text("caption", "name")
                yield Image(url=url, alt=_cut(alt, 500))

    def _url(self, node: Node) -> str | None:
        stated = node.text("url") or node.id
        return self._document.absolute(stated) if stated else None


def machine_price(written: str, currency: str | None, locale: PageLocale) -> Price | None:
    """Read a price from structured data: a plain decimal as schema.org asks, or else as text for people.

    A plain number of exactly three decimals is left undecided: shops write both 12.500 (12.5) and 2.449 (2449) there.
    """
    code = _code(currency, locale)
    raw = one_line(f"{written} {currency or ''}")[:200]
    plain = written.strip()
    if re.fullmatch(r"\d{1,15}(\.\d{1,10})?", plain):
        try:
            amount = Decimal(plain)
        except InvalidOperation:
            return None
        whole, _, fraction = plain.partition(".")
        if len(fraction) == 3 and len(whole) <= 3 and whole != "0" and code not in currencies().three_decimals:
            return Price(raw=raw, currency=code, reason="ambiguous separator")
        return Price(raw=raw, amount=amount_text(amount), currency=code, reason=None if code else "no currency stated")
    return read_price(plain, locale, currency=code)


def _code(currency: str | None, locale: PageLocale) -> str | None:
    if not currency:
        return None
    stated = currency.strip()
    if stated.upper() in currencies().codes:
        return stated.upper()
    return currencies().resolve(stated, locale).code


def address_key(url: str) -> str:
    """Return an address without scheme, ``www.``, query, fragment and closing slash, for comparison."""
    return re.sub(r"^https?://(?:www\.|m\.)?", "", url.partition("#")[0].partition("?")[0].rstrip("/").lower())


def main_products(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield the product nodes that stand for themselves, not those inside a list, a review or a relation."""
    relations = frozenset(
        "isrelatedto issimilarto isaccessoryorsparepartfor isconsumablefor itemreviewed hasvariant isvariantof"
        " itemlistelement itemoffered review about mentions".split()
    )
    stack = list(nodes)[::-1]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.is_a(*PRODUCT_TYPES):
            yield node
            continue
        for name, values in node.properties.items():
            if name not in relations or node.is_a("offer"):
                stack.extend(value for value in reversed(values) if isinstance(value, Node))


def listed_products(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield the product nodes of every ``ItemList`` in order."""
    for node in nodes:
        if node.is_a("itemlist", "offercatalog", "collectionpage", "searchresultspage", "webpage"):
            lists = [node, *node.nodes("mainentity")]
            for entry in (element for part in lists for element in part.nodes("itemlistelement")):
                product = next(entry.nodes("item"), entry)
                product = next(product.nodes("itemoffered"), product)
                if product.is_a(*PRODUCT_TYPES):
                    yield product


def _description(node: Node) -> str | None:
    text = next((text for text in node.texts("description") if text.strip()), None)
    if not text:
        return None
    if "<" in text and ">" in text:
        text = re.sub(r"<(?:br|/p|/li|/div)[^<>]{0,200}>", "\n", text, flags=re.IGNORECASE)
        text = re.sub(r"<[a-zA-Z/!][^<>]{0,2000}>", " ", text)
    lines = (one_line(line) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)[:50_000] or None


def _brand(node: Node) -> str | None:
    stated = _cut(node.text("brand") or node.text("manufacturer"), 200)
    if stated and ":" in stated:
        # "More articles of brand: Acme": markup around a link to the brand's shelf.
        before, _, after = stated.rpartition(":")
        if field_of(before.rpartition(" ")[2]) in ("brand", "manufacturer"):
            return after.strip() or None
    return stated


def _seller(offer: Node) -> Seller | None:
    for value in offer.properties.get("seller", offer.properties.get("offeredby", [])):
        name = value if isinstance(value, str) else value.text("name", "legalname")
        if name and not name.startswith(("http://", "https://")):
            url = None if isinstance(value, str) else value.text("url")
            return Seller(name=one_line(name)[:200], url=url if url and url.startswith("http") else None)
    return None


def _categories(node: Node) -> Iterator[str]:
    for text in node.texts("category"):
        if text.startswith("http"):
            continue
        yield from filter(None, (one_line(part)[:200] for part in re.split(r"\s*[>/»›|]\s*", text)[:12]))


def _cut(text: str | None, limit: int) -> str | None:
    return one_line(text)[:limit] or None if text else None
