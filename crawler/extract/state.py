"""Embedded state: the data a page ships for its own scripts, read for the one product that the page is about.

``<script type="application/json">``, ``__NEXT_DATA__`` and ``window.X = {...}``. The shapes are each shop's own, so an
object counts only when it names what the page names and has a price beside it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from crawler.extract.document import Document, one_line
from crawler.extract.facts import Facts
from crawler.extract.gtin import valid_gtin
from crawler.extract.locale import PageLocale
from crawler.extract.loose_json import MAX_JSON, parse_from, parse_loose
from crawler.extract.product_data import machine_price, stock_of

MAX_OBJECTS: Final = 20_000
MAX_DEPTH: Final = 40
_ASSIGNED = re.compile(
    r"(?:window\s*(?:\.|\[\s*[\"'])|var\s+|let\s+|const\s+|self\.)([A-Za-z_$][\w$.-]{1,60})(?:[\"']\s*\])?\s*=\s*(?=[{\[])"
)
_NAMES: Final = ("name", "title", "productName", "product_name", "displayName", "nome", "nombre")
_AMOUNTS: Final = ("salePrice", "sale_price", "finalPrice", "final_price", "currentPrice", "sellingPrice", "price",
                   "priceValue", "amount", "value", "lowPrice", "minPrice", "unitPrice")  # fmt: skip
_CURRENCIES: Final = ("priceCurrency", "currency", "currencyCode", "currency_code", "currencyIso", "currencyISO")
_ARTICLE: Final = ("sku", "productCode", "product_code", "itemNumber", "articleNumber", "code", "productId", "id")


def read_state(document: Document, locale: PageLocale, title: str, unmapped: Counter[str]) -> Facts | None:
    """Return the facts of the object that is called ``title`` and has a price, None when there is none."""
    wanted = _fold(title)
    if len(wanted) < 3:
        return None
    best: Facts | None = None
    for value in _values(document):
        for data in _objects(value):
            facts = _facts(data, wanted, locale, unmapped)
            if facts and (best is None or _worth(facts) > _worth(best)):
                best = facts
    return best


def _values(document: Document) -> Iterator[Any]:
    for script in document.root.iter("script"):
        text = script.text or ""
        kind = (script.get("type") or "").lower()
        if len(text) < 20 or len(text) > MAX_JSON or "ld+json" in kind:
            continue
        if "json" in kind or script.get("id") == "__NEXT_DATA__":
            yield from parse_loose(text)
        elif not kind or "javascript" in kind:
            for number, match in enumerate(_ASSIGNED.finditer(text)):
                if number > 30:
                    break
                value = parse_from(text, match.end())
                if value is not None:
                    yield value


def _objects(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    stack: list[tuple[Any, int]] = [(value, 0)]
    seen = 0
    while stack and seen < MAX_OBJECTS:
        data, depth = stack.pop()
        if isinstance(data, dict):
            seen += 1
            yield data
        if depth < MAX_DEPTH:
            below = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
            stack.extend((entry, depth + 1) for entry in below if isinstance(entry, dict | list))


def _facts(data: dict[str, Any], wanted: str, locale: PageLocale, unmapped: Counter[str]) -> Facts | None:
    name = next((data[key] for key in _NAMES if isinstance(data.get(key), str)), None)
    if not name or _fold(name) != wanted:
        return None
    written, currency = _amount(data)
    if written is None:
        return None
    facts = Facts(source="state", title=one_line(name)[:500])
    facts.price = machine_price(written, currency or _text(data, _CURRENCIES) or locale.currency, locale)
    facts.sku = _text(data, _ARTICLE)
    facts.gtin = valid_gtin(_text(data, ("gtin", "ean", "gtin13", "barcode", "upc")))
    brand = data.get("brand") or data.get("manufacturer")
    facts.brand = (
        _text(brand, ("name", "title")) if isinstance(brand, dict) else brand if isinstance(brand, str) else None
    )
    description = data.get("description")
    facts.description = description[:50_000] if isinstance(description, str) and "<" not in description else None
    stock = data.get("availability", data.get("inStock", data.get("in_stock", data.get("available"))))
    if isinstance(stock, bool | str):
        facts.availability = stock_of(str(stock), unmapped)
    return facts


def _amount(data: dict[str, Any]) -> tuple[str | None, str | None]:
    for key in _AMOUNTS[:7]:
        value = data.get(key)
        if isinstance(value, dict):
            inner = next((value[name] for name in _AMOUNTS if _is_amount(value.get(name))), None)
            if inner is not None:
                return str(inner), _text(value, _CURRENCIES)
        elif _is_amount(value):
            return str(value), None
    return None, None


def _is_amount(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (
        isinstance(value, str) and 0 < len(value) < 30 and any(map(str.isdigit, value))
    )


def _text(data: dict[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = data.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return one_line(str(value))[:200]
    return None


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


def _worth(facts: Facts) -> int:
    price = facts.price
    known = (bool(price and price.amount) * 4) + (bool(price and price.currency) * 2)
    return known + sum(bool(value) for value in (facts.sku, facts.brand, facts.availability, facts.description))
