"""What a page about the shop says itself: its text without menus, link lists, entries of lists and other furniture."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.extract.document import UNSEEN_TAGS
from crawler.extract.furniture import Furniture
from crawler.extract.text import BLOCKS, joined_lines

_NOT_SAID: Final = UNSEEN_TAGS | {"button", "input", "textarea", "option", "datalist"}
_MENU_SHARE: Final = 0.6
"""Share of a block's characters inside of links from which two links and more make it a menu."""
_WEAK_MENU_SHARE: Final = 0.4
"""The same for three links and more: ``Policy | Shipping | Payment | Contact | Copyright 2009-2026 ...``."""
_MANY_LINKS: Final = 3
_SENTENCE: Final = 80
"""Characters of running text that no menu holds."""


def own_words(
    body: HtmlElement, furniture: Furniture | None, entries: Collection[HtmlElement], host: str, *, limit: int
) -> str:
    """Return the text of ``body`` in the words of the page alone, one line a block, cut to ``limit`` characters.

    Args:
        body: of the page.
        furniture: says which parts are header, menus, footer; None to read such a part itself.
        entries: blocks that are entries of lists; what they say, others say.
        host: of the page; links to other hosts and to mailboxes are contacts and no menu.
        limit: of characters.
    """
    menus = _menus(body, host)
    parts: list[str] = []
    # Element, and whether its start is done: then its end and its tail are due.
    stack: list[tuple[HtmlElement, bool]] = [(body, False)]
    while stack:
        node, done = stack.pop()
        if done:
            parts.append("\n" if node.tag in BLOCKS else "")
            parts.append(node.tail or "" if node is not body else "")
            continue
        tag = node.tag
        left_out = tag in _NOT_SAID or node in menus or node in entries
        left_out = left_out or (furniture is not None and node is not body and furniture.kind(node) is not None)
        stack.append((node, True))
        if left_out:
            continue
        parts.append("\n" if tag in BLOCKS else "")
        parts.append(node.text or "")
        stack.extend((child, False) for child in reversed(node) if isinstance(child.tag, str))
    return joined_lines("".join(parts))[:limit]


def furniture_words(body: HtmlElement, furniture: Furniture, host: str, *, limit: int) -> str:
    """Return the text of the page's header and footer: what the shop states of itself on every page."""
    tops = []
    stack = [body]
    while stack:
        node = stack.pop()
        if node is not body and furniture.kind(node) == "furniture":
            tops.append(node)
            continue
        stack.extend(child for child in reversed(node) if isinstance(child.tag, str) and child.tag not in UNSEEN_TAGS)
    return "\n".join(own_words(part, None, (), host, limit=limit) for part in tops)[:limit]


@dataclass(slots=True)
class _Said:
    """What an element and all below it say, in characters."""

    text: int = 0
    linked: int = 0
    links: int = 0
    longest: int = 0
    """The longest run of text outside of links."""
    headed: bool = False
    """Holds a main heading: no menu, but the page's matter together with its menus."""


def _menus(body: HtmlElement, host: str) -> set[HtmlElement]:
    """Return the elements whose text is links for the most part; one pass from the leaves up."""
    said: dict[HtmlElement, _Said] = {}
    menus = set()
    for node in reversed(list(body.iter("*"))):
        if node.tag in UNSEEN_TAGS:
            continue
        own = said.pop(node, None) or _Said()
        _count(own, node.text)
        own.headed |= node.tag == "h1"
        if node.tag == "a" and _stays(node.get("href") or "", host):
            own.linked, own.links, own.longest = own.text, 1, 0
        share = _WEAK_MENU_SHARE if own.links >= _MANY_LINKS else _MENU_SHARE
        menu = own.links >= 2 and own.linked >= own.text * share and own.longest < _SENTENCE and not own.headed
        if menu and own.text:
            menus.add(node)
        parent = node.getparent()
        if parent is not None:
            above = said.setdefault(parent, _Said())
            _count(above, node.tail)
            above.text += own.text
            above.linked += own.linked
            above.links += own.links
            above.longest = max(above.longest, own.longest)
            above.headed |= own.headed
    menus.discard(body)
    return menus


def _count(said: _Said, text: str | None) -> None:
    length = len(text.strip()) if text else 0
    said.text += length
    said.longest = max(said.longest, length)


def _stays(href: str, host: str) -> bool:
    """Whether a link leads to a page of the same site."""
    try:
        parts = urlsplit(href.strip())
    except ValueError:
        return False
    return bool(href) and parts.scheme in ("", "http", "https") and parts.netloc in ("", host)
