"""Repeated blocks: the entries of a list page, found by links that stand in the same place again and again."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lxml.html import HtmlElement

from crawler.extract.document import one_line
from crawler.extract.furniture import Furniture
from crawler.extract.links import link_text
from crawler.extract.text import inline_text

MIN_GROUP: Final = 3
_ANCESTORS_COMPARED: Final = 4
_DIGITS = re.compile(r"\d")


@dataclass(slots=True)
class LinkGroup:
    """Links that stand in the same place of like blocks."""

    links: list[tuple[HtmlElement, str]]
    cards: dict[str, HtmlElement] = field(default_factory=dict)
    """Per URL the block that belongs to it alone."""
    in_furniture: bool = False
    related: bool = False

    def looks_like_listings(self, priced: int, pictured: int, texts: Sequence[str]) -> bool:
        """Whether the blocks are offers: most have a price, or a picture with a name, or a title of some length."""
        size = len(self.links)
        if self.in_furniture:
            return False
        if priced >= max(2, size * 0.3):
            return True
        lengths = sorted(len(text) for text in texts)
        median = lengths[len(lengths) // 2] if lengths else 0
        if pictured >= size * 0.6 and median >= 12:
            return True
        return median >= 18 and sum(bool(_DIGITS.search(text) or len(text) > 30) for text in texts) >= size * 0.3


def link_groups(links: Sequence[tuple[HtmlElement, str]], furniture: Furniture) -> list[LinkGroup]:
    """Group the links of a page by where they stand; only groups of three and more."""
    by_place: dict[tuple[str, ...], list[tuple[HtmlElement, str]]] = defaultdict(list)
    for element, url in links:
        by_place[_place(element)].append((element, url))
    groups = []
    for members in by_place.values():
        if len(members) < MIN_GROUP:
            continue
        group = LinkGroup(members)
        kinds = [furniture.kind(element) for element, _ in members[:5]]
        group.in_furniture = kinds.count("furniture") > len(kinds) / 2
        group.related = kinds.count("related") > len(kinds) / 2
        group.cards = _cards(members)
        groups.append(group)
    return groups


def _place(element: HtmlElement) -> tuple[str, ...]:
    place = []
    node: HtmlElement | None = element
    for _ in range(_ANCESTORS_COMPARED):
        if node is None or node.tag in ("body", "html"):
            break
        names = _DIGITS.sub("", node.get("class") or "").split()
        place.append(f"{node.tag}.{names[0] if names else ''}")
        node = node.getparent()
    return tuple(place)


def _cards(members: Sequence[tuple[HtmlElement, str]]) -> dict[str, HtmlElement]:
    """Return for each link the highest ancestor that holds no other link of the group."""
    holder: dict[HtmlElement, str | None] = {}
    for element, url in members:
        node = element.getparent()
        while node is not None:
            if node not in holder:
                holder[node] = url
            elif holder[node] is None:
                break
            elif holder[node] != url:
                holder[node] = None
            node = node.getparent()
    cards = {}
    for element, url in members:
        card = element
        parent = element.getparent()
        while parent is not None and holder.get(parent) == url:
            card = parent
            parent = parent.getparent()
        cards[url] = card
    return cards


def card_title(link: HtmlElement, card: HtmlElement) -> str:
    """Return the name a card gives its entry: a heading, else the link's text, else the picture's alternative text."""
    for heading in card.iter("h1", "h2", "h3", "h4", "h5"):
        text = inline_text(heading, limit=300)
        if text:
            return text
    text = inline_text(link, limit=300)
    if not text:
        text = link_text(link)
    return one_line(text)[:300]
