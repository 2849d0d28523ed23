"""The price a page shows: elements that hold an amount, weighed by their names, place and neighbours."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lxml.html import HtmlElement

from casefile.records import Price
from crawler.extract.document import UNSEEN_TAGS, one_line
from crawler.extract.labelled import field_of
from crawler.extract.locale import PageLocale
from crawler.extract.money import find_money, read_price
from crawler.extract.numerals import plain_digits

MAX_CANDIDATES: Final = 400
MAX_DIGIT_TEXTS: Final = 6_000
_PRICE_NAME = re.compile(
    r"(?:^|[^a-z])(?:price|prices|prc|preis|prix|precio|prezzo|preco|prijs|pris|cena|cijena|fiyat|harga|hinta|"
    r"kaina|hind|ar|pret|cost|amount|amt|"
    r"money|tag)(?:$|[^a-z])|price|preis|precio|prezzo|amount|offscreen",
    re.IGNORECASE,
)
_PRESENT = re.compile(r"sale|current|now|final|special|our|actual|aktuell|main|big|offer|promo|today|new|"
        r"reduced|deal|topay|apex|buybox|sell",
                      re.IGNORECASE)  # fmt: skip
_FORMER = re.compile(
    r"old|was|before|strik|cross|regular|list|rrp|uvp|msrp|retail|previous|original|compare|instead|tachad|barr|"
    r"stare|del-|base|market|normal",
    re.IGNORECASE,
)
_OTHER_AMOUNT = re.compile(
    r"ship|deliver|versand|livraison|saving|save|discount|install|instal+ment|financ|month|rate|unit|per-|grund|"
    r"tax|vat|coupon|deposit|"
    r"cart|basket|total|points|bonus|subscribe|voucher|trade|warranty|plan|gift|filter|range|slider|review|"
    r"credit|cashback|insur|minimum|free",
    re.IGNORECASE,
)
_FORMER_WORDS = re.compile(
    r"(?:was|rrp|list price|instead of|regular price|retail|statt|uvp|vorher|bisher|au lieu de|avant|antes|de:|"
    r"precio anterior|anziché|prima|listino|"
    r"старая цена|было|вместо|ранее|zamiast|przed|původně|eredeti|önceki|sebelumnya|原价|原價|市價|定價|定价|"
    r"市场价|参考価格|정가|पहले|előző ár)\s*:?\s*$",
    re.IGNORECASE,
)
_OTHER_WORDS = re.compile(
    r"(?:shipping|delivery|postage|versand(?:kosten)?|livraison|env[ií]o|frete|spedizione|доставка|save|you "
    r"save|sparen|économisez|ahorra|risparmi|"
    r"экономия|over|above|orders? (?:over|above)|ab|plus|credit|deposit|tax|运费|運費|満|满|滿|送料|배송비|per "
    r"month|/mo|mtl|x)\s*:?\s*[+]?\s*$",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"^\s*(?:/|per|pro|par|por|je|al)\s*(?:month|mo\b|monat|mois|mes|mese|day|100\s?(?:g|ml)|"
        r"kg|l\b|liter|litre|pill|tab|cap|unit)",
                     re.IGNORECASE)  # fmt: skip
_DIGIT = re.compile(r"\d")
_NO_PRICES: Final = frozenset({"script", "style", "noscript", "template", "option"})
_TAKEN_OFF = re.compile(r"(?:^|[(\s])[-−+]\s?[^\w\s]{0,2}\s?\d")
_FRACTION = re.compile(r"cent|fraction|decimal|sup|small|kop|minor", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PriceElement:
    """An element whose text is an amount of money."""

    element: HtmlElement
    price: Price
    score: float


def price_text(element: HtmlElement, limit: int = 160) -> str | None:
    """Return the text of a price element; digits in an element of their own for cents get their decimal mark back.

    None when digits of two elements touch and nothing says how they belong together.
    """
    parts: list[str] = []
    for text, holder in _text_nodes(element):
        if not text.strip():
            parts.append(" ")
            continue
        if parts and parts[-1][-1:].isdigit() and text[:1].isdigit():
            digits = text.strip()
            if (
                len(digits) == 2
                and digits.isdigit()
                and (holder.tag in ("sup", "small") or _FRACTION.search(_names(holder)))
            ):
                parts.append("." + digits)
                continue
            return None
        parts.append(text)
        if sum(map(len, parts)) > limit:
            return None
    return one_line("".join(parts))


def _text_nodes(element: HtmlElement) -> Iterator[tuple[str, HtmlElement]]:
    """Yield text in page order with the element it belongs to (for a tail: the parent)."""
    if element.text:
        yield element.text, element
    for child in element:
        if isinstance(child.tag, str) and child.tag not in UNSEEN_TAGS:
            yield from _text_nodes_of_child(child)
        if child.tail:
            yield child.tail, element


def _text_nodes_of_child(child: HtmlElement) -> Iterator[tuple[str, HtmlElement]]:
    stack: list[tuple[HtmlElement, bool]] = [(child, False)]
    while stack:
        node, tail = stack.pop()
        if tail:
            parent = node.getparent()
            if node.tail and parent is not None:
                yield node.tail, parent
            continue
        if isinstance(node.tag, str) and node.tag not in UNSEEN_TAGS:
            if node.text:
                yield node.text, node
            for below in reversed(node):
                stack.append((below, True))
                stack.append((below, False))


def money_holders(region: HtmlElement, locale: PageLocale) -> list[tuple[HtmlElement, str]]:
    """Return the smallest elements of a region whose short text names an amount with a currency, in page order."""
    told: dict[HtmlElement, str | None] = {}
    found: dict[HtmlElement, str] = {}
    for holder in _holders_of_digits(region)[:MAX_DIGIT_TEXTS]:
        element: HtmlElement | None = holder
        for _ in range(3):
            if element is None or element.tag in ("body", "html"):
                break
            if element not in told:
                text = price_text(element)
                named = text is not None and any(m.amount is not None or m.reason for m in find_money(text, locale))
                told[element] = text if named else None
                if text is not None and len(text) > 120:
                    break
            text = told[element]
            if text is not None:
                found.setdefault(element, text)
                break
            element = element.getparent()
        if len(found) >= MAX_CANDIDATES:
            break
    return list(found.items())


def _holders_of_digits(region: HtmlElement) -> list[HtmlElement]:
    """Return the elements with a digit in a text of their own, in page order."""
    elements = list(region.iter())
    holding: set[HtmlElement | None] = set()
    for element in elements:
        text, tail = element.text, element.tail
        if text and element.tag not in _NO_PRICES and _DIGIT.search(text):
            holding.add(element)
        if tail and element is not region and _DIGIT.search(tail):
            holding.add(element.getparent())
    return [element for element in elements if element in holding and element.tag not in _NO_PRICES]


def price_elements(
    holders: Sequence[tuple[HtmlElement, str]],
    locale: PageLocale,
    heading: HtmlElement | None,
    skip: Callable[[HtmlElement], bool],
) -> list[PriceElement]:
    """Return the price elements among ``holders`` (see :func:`money_holders`), the best first.

    Args:
        holders: elements with an amount and their text, in page order.
        locale: of the page.
        heading: what names the offer; a price after it and near it counts more.
        skip: whether an element stands in a part of the page that is about something else.
    """
    order = _page_order(heading, [element for element, _ in holders])
    found: list[PriceElement] = []
    for element, text in holders:
        if (
            len(text) > 120
            or skip(element)
            or (heading is not None and (element is heading or heading in element.iterancestors()))
        ):
            continue
        price = read_price(_present_part(text, locale), locale)
        if price is None or (price.amount is None and price.reason is None):
            continue
        found.append(PriceElement(element, price, _score(element, text, price) + _nearness(order.get(element))))
    return sorted(found, key=lambda entry: -entry.score)


def _page_order(heading: HtmlElement | None, elements: list[HtmlElement]) -> dict[HtmlElement, int]:
    """Return how many elements after the heading each one stands (negative: before it)."""
    if heading is None or not elements:
        return {}
    wanted = {heading, *elements}
    root = heading.getroottree().getroot()
    place = {element: number for number, element in enumerate(root.iter()) if element in wanted}
    return {element: place[element] - place[heading] for element in elements if element in place}


def _present_part(text: str, locale: PageLocale) -> str:
    """Leave out amounts that the words before them call former, saved or shipping: ``was $20 now $15`` is 15."""
    plain = plain_digits(text)
    amounts = list(find_money(plain, locale))
    if len(amounts) < 2:
        return text
    for money in amounts:
        before = plain[: money.start]
        if not _FORMER_WORDS.search(before) and not _OTHER_WORDS.search(before):
            return text[money.start :] if money is not amounts[0] else text
    return text


def _names(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"


def _score(element: HtmlElement, text: str, price: Price) -> float:
    score = 0.0
    names = _names(element)
    before = _words_before(element)
    above: list[HtmlElement] = [ancestor for ancestor, _ in zip(element.iterancestors(), range(4), strict=False)]
    wide = " ".join([names, *map(_names, above[:3])])
    score += 3 if _PRICE_NAME.search(names) else 2 if _PRICE_NAME.search(wide) else 0
    score += 1 if _PRESENT.search(wide) else 0
    struck = element.tag in ("del", "s", "strike") or any(node.tag in ("del", "s", "strike") for node in above)
    struck = struck or any(child.tag in ("del", "s", "strike") for child in element)
    score -= 6 if struck else 4 if _FORMER.search(names) else 1 if _FORMER.search(wide) else 0
    score -= 4 if _OTHER_AMOUNT.search(names) else 2 if _OTHER_AMOUNT.search(wide) else 0
    score += 2 if field_of(before.rstrip(" :：").rpartition(" ")[2]) == "price" else 0
    score -= 5 if _TAKEN_OFF.search(text) else 0
    score -= 4 if _FORMER_WORDS.search(before) or _OTHER_WORDS.search(before) else 0
    score -= 2 if _BEHIND.search(one_line(element.tail or "")) else 0
    score += 2 if len(text) <= 24 else -1 if len(text) > 60 else 0
    score -= 2 if price.amount is None else 3 if not price.amount.strip("0.") else 0
    style = (element.get("style") or "").replace(" ", "")
    return score - (5 if "display:none" in style or "line-through" in style else 0)


def _words_before(element: HtmlElement) -> str:
    previous = element.getprevious()
    parent = element.getparent()
    if previous is not None:
        said = (previous.tail or "").strip() or "".join(previous.itertext())[-60:]
    else:
        said = (parent.text or "") if parent is not None else ""
    own = one_line(element.text or "")
    return one_line(f"{said} {own if not own[:1].isdigit() else ''}")[-60:]


def _nearness(distance: int | None) -> float:
    if distance is None:
        return 0.0
    return 2.0 - min(3.0, distance / 120) if distance >= 0 else -min(3.0, 0.5 - distance / 60)
