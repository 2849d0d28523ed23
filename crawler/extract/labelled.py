"""Labelled values of a page: definition lists, two-column tables and ``Label: value`` lines, by the label's words."""

from collections.abc import Iterator
from functools import cache
from typing import Final

import yaml
from lxml.etree import XPath
from lxml.html import HtmlElement

from crawler.extract.currencies import DATA
from crawler.extract.document import found_elements, one_line
from crawler.extract.text import inline_text
from crawler.extract.words import word_list

MAX_LABEL: Final = 48
MAX_VALUE: Final = 600
MAX_PAIRS: Final = 400

_ROWS = XPath("descendant-or-self::tr[count(td|th)=2 or count(td|th)=4]")
_TERMS = XPath("descendant-or-self::dt")


_DIRECTION_MARKS: Final = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))


@cache
def _field_of_label() -> dict[str, str]:
    data: dict[str, str] = yaml.load((DATA / "labels.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return {word.casefold().rstrip(":"): field for field, text in data.items() for word in word_list(text)}


def field_of(label: str) -> str | None:
    """Return the field a label names, None for a label that is not known."""
    folded = one_line(label.translate(_DIRECTION_MARKS)).casefold().rstrip(" :：-–.*").lstrip("*•·- ")
    return _field_of_label().get(folded) or _field_of_label().get(folded + ".")


def labelled_values(region: HtmlElement) -> dict[str, str]:
    """Return the first value of each field that the region labels, in page order within each form of labelling."""
    found: dict[str, str] = {}
    for number, (label, value) in enumerate(_pairs(region)):
        if number > 4_000 or len(found) > MAX_PAIRS:
            break
        field = field_of(label)
        if field and value and len(value) <= MAX_VALUE:
            found.setdefault(field, value)
    return found


def _pairs(region: HtmlElement) -> Iterator[tuple[str, str]]:
    for term in found_elements(_TERMS, region)[:500]:
        definition = term.getnext()
        if definition is not None and definition.tag == "dd":
            yield _short(term), inline_text(definition, limit=MAX_VALUE)
    for row in found_elements(_ROWS, region)[:1_000]:
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        for label, value in zip(cells[::2], cells[1::2], strict=False):
            yield _short(label), inline_text(value, limit=MAX_VALUE)
    for number, line in enumerate(region.iter("li", "p", "span", "div", "td")):
        if number > 8_000:
            return
        if _may_be_labelled(line):
            yield from _pair_of_line(line)


def _may_be_labelled(line: HtmlElement) -> bool:
    head = line.text
    if head and not head.isspace():
        return len(head) <= MAX_VALUE and (":" in head or "：" in head) and len(line) <= 6
    return 1 <= len(line) <= 6 and line[0].tag in ("b", "strong", "span", "em", "label", "small", "div", "dt", "i")


def _pair_of_line(line: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield what ``<li>SKU: 12</li>`` and ``<p><b>SKU</b> 12</p>`` say."""
    head = (line.text or "").strip()
    if not head and len(line) and line[0].tag in ("b", "strong", "span", "em", "label", "small", "div", "dt", "i"):
        label = _own_text(line[0])
        if label and field_of(label):
            rest = inline_text(line, limit=MAX_VALUE)
            yield label, rest[len(label) :].lstrip(" :：-–") if rest.startswith(label) else ""
            return
    if not head:
        return
    whole = inline_text(line, limit=MAX_VALUE) if len(line) else one_line(head)
    for mark in (":", "："):
        label, found, value = whole.partition(mark)
        if found and len(label) <= MAX_LABEL:
            yield label, value.strip()
            return


def _own_text(element: HtmlElement) -> str:
    """Return the text an element begins with, also one level down; deep subtrees are not walked for a label."""
    text = one_line(element.text or "")
    return text or (one_line(element[0].text or "") if len(element) == 1 else "")


def _short(element: HtmlElement) -> str:
    return inline_text(element, limit=MAX_LABEL + 10)
