"""Entries of a list: blocks with a link to a page of their own; what they say, that page says of itself."""

import re
from typing import Final
from urllib.parse import parse_qsl, unquote

from lxml.html import HtmlElement

from crawler.extract.document import Document, split_url
from crawler.extract.link_roles import CATEGORY_PATH, LISTING_PATH, NOT_FOR_READING
from crawler.extract.links import link_text
from crawler.extract.words import phrases

_BLOCKS_ABOVE: Final = 4
_LINKS_LOOKED_AT: Final = 12
MIN_NAME: Final = 3
"""Characters a link must say to name an entry; a bare arrow or an unnamed picture does not."""
MAX_BUY_WORDS: Final = 3
"""Up to so many words a link with "buy" or "order" in it is a button; longer ones name what is bought."""
_FRONT_PATH: Final = re.compile(r"/?(?:[a-z]{2}(?:[-_/][a-z]{2})?/?)?(?:index\.\w{1,5}|home/?)?", re.IGNORECASE)
_NAMING: Final = frozenset({"product_id", "pid", "item_id", "item", "goods_id", "topic", "tid", "t"})
"""Query parameters that name a listing where all pages of a site have one path."""


class Entries:
    """Tells the entries of a list from the parts of one offer (a row of its price table, a picture of it)."""

    def __init__(self, document: Document, heading: HtmlElement | None) -> None:
        self._document = document
        self._host = split_url(document.url).netloc
        own = [url for url in (document.url, document.canonical_url) if url]
        self._here = {_path(url) for url in own}
        self._named_here = {naming_parameters(url) for url in own}
        self._parts_of = tuple(f"{path}/" for path in self._here if not holds_many(path))
        self._above = {heading, *heading.iterancestors()} if heading is not None else set()
        self._targets: dict[HtmlElement, str | None] = {}

    def leads_on(self, block: HtmlElement) -> bool:
        """Whether a block names another page of the site by a link: then its price is that page's price.

        Links into the cart, links that say "buy", and links to the page itself or to a part of it (a variant at
        ``/item/100mg`` of ``/item``) lead nowhere else.
        """
        for place, link in enumerate(block.iter("a")):
            if place >= _LINKS_LOOKED_AT:
                break
            if self._target(link):
                return True
        return False

    def holds(self, element: HtmlElement) -> bool:
        """Whether an element stands in a block that names a listing other than the one the page is headed by."""
        node: HtmlElement | None = element
        for _ in range(_BLOCKS_ABOVE):
            if node is None or node in self._above or node.tag in ("body", "main", "html"):
                return False
            for place, link in enumerate(node.iter("a")):
                if place >= _LINKS_LOOKED_AT:
                    return False
                target = self._target(link)
                if target:
                    return bool(LISTING_PATH.search(target))
            node = node.getparent()
        return False

    def _target(self, link: HtmlElement) -> str | None:
        """Return the address of another page of the site that a link names, None for any other link."""
        if link not in self._targets:
            self._targets[link] = self._read(link)
        return self._targets[link]

    def _read(self, link: HtmlElement) -> str | None:
        href = link.get("href")
        if not href or href.startswith("#") or "nofollow" in (link.get("rel") or "").lower():
            return None
        url = self._document.absolute(href)
        if url is None or split_url(url).netloc != self._host or NOT_FOR_READING.search(url):
            return None
        path = _path(url)
        if path.startswith(self._parts_of) or (
            path in self._here and naming_parameters(url) in {(), *self._named_here}
        ):
            return None
        said = link_text(link)
        if len(said) < MIN_NAME or (len(said.split()) <= MAX_BUY_WORDS and phrases("buy").find(said)):
            return None
        return url


def _path(url: str) -> str:
    parts = split_url(url)
    return re.sub(r"/index\.\w+$", "/", unquote(parts.path)).rstrip("/") or "/"


def is_front(path: str) -> bool:
    """Whether a path is the front page of a site or of one of its languages (``/``, ``/index.php``, ``/de-at/``)."""
    return bool(_FRONT_PATH.fullmatch(path))


def holds_many(path: str) -> bool:
    """Whether what stands below a path are pages of their own: a shelf, the front page of the site or of a language."""
    return is_front(path) or bool(CATEGORY_PATH.search(path) and not LISTING_PATH.search(path))


def naming_parameters(url: str) -> tuple[tuple[str, str], ...]:
    """Return the query parameters that tell one listing from another where all have one path."""
    return tuple(sorted((name, value) for name, value in parse_qsl(split_url(url).query) if name in _NAMING))
