"""Variant rows of an offer table: ``100mg x 60 pills | $89.00 | $1.48``, typed by column and checked by arithmetic."""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from lxml.html import HtmlElement

from casefile.records import Offer
from crawler.extract.document import one_line
from crawler.extract.identity import Identity, read_identity
from crawler.extract.locale import PageLocale
from crawler.extract.money import Money, amount_text, find_money
from crawler.extract.text import inline_text

MAX_OFFERS: Final = 200
_TOLERANCE: Final = Decimal("0.03")
"""Share by which count x unit may miss the amount: unit prices are rounded to cents."""

_PER_UNIT = re.compile(
    r"(?:per|pro|par|por|je|/|за|a)\s*(?:pill|tab|cap|unit|piece|dose|vial|stück|pastilla|comprimé|compressa|шт|"
    r"штук|each)",
    re.IGNORECASE,
)
_SAVED = re.compile(
    r"sav(?:e|ing)|discount|you save|bonus|sparen|ersparnis|économ|ahorr|risparm|скидк|эконом|-\s?\d+\s?%|"
    r"shipping|versand|livraison|envío",
    re.IGNORECASE,
)


def read_offers(
    holders: Sequence[HtmlElement],
    region: HtmlElement,
    locale: PageLocale,
    title: str,
    leads_on: Callable[[HtmlElement], bool],
) -> tuple[Offer, ...]:
    """Return the variant rows of a region, in page order; rows that are no variants give nothing.

    Args:
        holders: elements of the page that hold an amount (see :func:`~crawler.extract.price_elements.money_holders`).
        region: the part of the page about this listing.
        locale: of the page.
        title: of the listing; gives strength and form where a row leaves them out.
        leads_on: whether a row names another page of the site: an entry of a list, no variant.
    """
    common = read_identity(title)
    tables, lists = _groups(holders, region)
    for groups in (tables, lists):
        rows: dict[str, Offer] = {}
        for group in groups:
            offers = _offers_of(group, locale, common, leads_on)
            # One row is a table of variants only where it counts units; one list entry never is.
            if len(offers) >= 2 or (offers and offers[0].count and group.tag == "table"):
                for offer in offers:
                    rows.setdefault(offer.raw, offer)
        if rows:
            return tuple(rows.values())[:MAX_OFFERS]
    return ()


def _groups(holders: Sequence[HtmlElement], region: HtmlElement) -> tuple[list[HtmlElement], list[HtmlElement]]:
    """Return the tables, and the other elements with amounts in at least two of their children."""
    tables: dict[HtmlElement, None] = {}
    rows: dict[HtmlElement, set[HtmlElement]] = {}
    for holder in holders:
        path = [holder, *holder.iterancestors()]
        if region not in path:
            continue
        table = next((element for element in path if element.tag == "table"), None)
        if table is not None:
            tables[table] = None
            continue
        for row, group in pairwise(path[:6]):
            if group.tag in ("body", "html"):
                break
            rows.setdefault(group, set()).add(row)
            if group is region:
                break
    selects = [element for element in region.iter("select") if len(element) >= 2]
    return list(tables), [group for group, found in rows.items() if len(found) >= 2] + selects


def _offers_of(
    group: HtmlElement, locale: PageLocale, common: Identity, leads_on: Callable[[HtmlElement], bool]
) -> tuple[Offer, ...]:
    heading = _heading_identity(group) if group.tag in ("table", "tbody") else Identity()
    found: list[Offer] = []
    for row in _rows(group):
        offer = _offer_of_row(row, locale, heading, common)
        if offer and not leads_on(row):
            found.append(offer)
        if len(found) >= MAX_OFFERS:
            break
    rows = sum(1 for _ in _rows(group))
    # Most rows of an offer table are offers; a page's layout also has rows, with a price in one of them.
    return tuple(found) if found and len(found) * 2 >= rows - 1 else ()


def _rows(group: HtmlElement) -> Iterator[HtmlElement]:
    if group.tag == "table":
        yield from group.iter("tr")
    else:
        yield from (
            child for child in group if isinstance(child.tag, str) and child.tag not in ("script", "style", "br")
        )


def _heading_identity(table: HtmlElement) -> Identity:
    """Return what a caption or the heading right above the table says (``Viagra 50mg``)."""
    caption = next(table.iter("caption"), None)
    above = caption if caption is not None else table.getprevious()
    if above is not None and above.tag in ("caption", "h2", "h3", "h4", "h5", "p", "div", "strong", "b"):
        text = inline_text(above, limit=200)
        return read_identity(text) if len(text) < 120 else Identity()
    return Identity()


def _offer_of_row(row: HtmlElement, locale: PageLocale, heading: Identity, common: Identity) -> Offer | None:
    cells = [text for cell in _cells(row) if (text := inline_text(cell, limit=300))]
    raw = " | ".join(cells)[:300] if len(cells) > 1 else one_line(inline_text(row, limit=300))
    if not raw or len(raw) > 280:
        return None
    amounts: list[tuple[str, Money]] = []
    for cell in cells or [raw]:
        found = [money for money in find_money(cell, locale) if money.amount is not None]
        amounts.extend(
            (cell, money) for money in found if not _SAVED.search(cell[max(0, money.start - 25) : money.end + 4])
        )
    if not amounts:
        return None
    words = raw
    for _, money in amounts:
        words = words.replace(money.raw, " ")
    own = read_identity(words)
    if own.count is None and own.strength is None:
        return None
    count = own.count
    total, unit = _amount_and_unit(amounts, count)
    return Offer(
        raw=raw,
        strength=own.strength or heading.strength or common.strength,
        form=own.form or heading.form or common.form,
        count=count,
        amount=amount_text(total.amount) if total and total.amount is not None else None,
        currency=total.currency if total else unit.currency if unit else None,
        unit_amount=amount_text(unit.amount) if unit and unit.amount is not None else None,
    )


def _cells(row: HtmlElement) -> list[HtmlElement]:
    cells = [
        child for child in row if isinstance(child.tag, str) and child.tag not in ("script", "style", "br", "input")
    ]
    return cells if len(cells) > 1 else []


def _amount_and_unit(amounts: list[tuple[str, Money]], count: int | None) -> tuple[Money | None, Money | None]:
    """Tell the price of the row from the price of one unit: by ``count x unit = amount``, else by words.

    Two amounts that do not multiply are a former and a present price, or cannot be told apart: the last of the
    larger kind then stands only when a word marks the other as per unit.
    """
    per_unit = [money for cell, money in amounts if _PER_UNIT.search(cell[money.end : money.end + 14])]
    totals = [money for _, money in amounts if money not in per_unit]
    if count:
        for total in [*totals, *per_unit]:
            for _, unit in amounts:
                if unit is not total and _multiplies(unit, count, total):
                    return total, unit
    if len(amounts) == 1:
        return (None, per_unit[0]) if per_unit else (totals[0], None)
    if per_unit and totals:
        return min(totals, key=_value), per_unit[0]
    # A former and a present price: the present one is the lower.
    return min(totals, key=_value) if totals else None, None


def _value(money: Money) -> Decimal:
    return money.amount if money.amount is not None else Decimal(0)


def _multiplies(unit: Money, count: int, total: Money) -> bool:
    if unit.amount is None or total.amount is None or not total.amount or unit.currency != total.currency or count < 2:
        return False
    return abs(unit.amount * count - total.amount) <= max(total.amount * _TOLERANCE, Decimal("0.01") * count / 2)
