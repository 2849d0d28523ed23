"""Which addresses of a site are worth a request: one form per page, no traps, no dead weight, the best first."""

import re
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from crawler.page_address import canonical_url as canonical_url
from crawler.pages import LinkRole

MAX_URL: Final = 2000
MAX_PATH_SEGMENTS: Final = 14
MAX_SAME_SEGMENT: Final = 3
"""``/a/b/a/b/a/b`` is a relative link gone wrong, without end."""
BARREN_TEMPLATE: Final = 100
"""Pages of one shape that are read in a row without a listing or a link to a new one before the shape is given up."""
MAX_SITE_PAGES: Final = 60
"""Policy and contact pages fetched first; further ones wait their turn."""

_ANSWERS: Final = 50_000

_REARRANGES: Final = re.compile(
    r"sort(?:_?by|order|ing)?|order(?:_?by|_?dir|way)?|dir|direction|limit|per_?page|product_list_\w+"
    r"|currency|replytocom|share|print|add[-_]to[-_]\w+|remove_?\w*|compare|wishlist",
    re.IGNORECASE,
)
"""Query keys that show the same things in another order or change something."""
_REARRANGES_PAIR: Final = re.compile(
    r"(?:view|mode|display|layout|viewmode)=(?:grid|list|table|gallery|\d+)"
    r"|(?:action|do|cmd|task)=(?:add\w*|buy\w*|remove\w*|delete\w*|log\w*|register|reply|report|vote|print|compare)",
    re.IGNORECASE,
)
_ACTION_PATH: Final = re.compile(
    r"/(?:cart|basket|checkout|warenkorb|kasse|panier|carrito|carrinho|log-?in|log-?out|sign-?(?:in|up|out)|register"
    r"|my-?account|account|customer|wishlist|compare|password|wp-admin|wp-json|admin|feed|xmlrpc\.php|cdn-cgi|print)"
    r"(?:/|\.php|\.html?|$)",
    re.IGNORECASE,
)
_NOT_A_PAGE: Final = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|css|m?js|json|xml|rss|atom|pdf|docx?|xlsx?|pptx?|odt|ods|zip|rar|7z"
    r"|gz|tar|tgz|bz2|exe|dmg|apk|msi|iso|mp[34]|m4[av]|avi|mov|wmv|webm|ogg|wav|flac|woff2?|ttf|eot|map)$",
    re.IGNORECASE,
)
_DIGITS: Final = re.compile(r"\d+")
_PRIORITY: Final[dict[LinkRole, int]] = {"site": 50, "listing": 40, "pagination": 30, "category": 20, "other": 0}


def template_of(url: str) -> str:
    """Return the shape of an address: numbers and long words taken out, query keys without values."""
    parts = urlsplit(url)
    segments = []
    for segment in parts.path.split("/"):
        plain = _DIGITS.sub("0", segment)
        segments.append("*" if len(plain) > 12 or "-" in plain or "%" in plain else plain)
    keys = sorted({key for key, _ in parse_qsl(parts.query, keep_blank_values=True)})
    return f"{parts.netloc}{'/'.join(segments)}?{'&'.join(keys)}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that was let in."""

    url: str
    priority: int
    depth: int
    template: str


@dataclass
class Frontier:
    """Remembers what was let in; memory is a 16-byte key an address plus one counter a template."""

    max_depth: int
    seen: set[bytes] = field(default_factory=set)
    barren: Counter[str] = field(default_factory=Counter)
    """Pages of a template that were read without gain since one last brought any."""
    refused: Counter[str] = field(default_factory=Counter)
    """Why addresses were turned away, and how many."""
    _site_pages: int = 0
    _answered: set[str] = field(default_factory=set)
    """Links as written that were let in or seen already: menus repeat them on every page."""

    def admit(self, url: str, role: LinkRole, depth: int) -> Candidate | None:
        """Return the candidate for a link found at ``depth``, or None for one that is not worth a request."""
        if url in self._answered:
            return None
        address = canonical_url(url)
        if address is None:
            return None
        below = depth if role == "pagination" else depth + 1
        reason = self._trap(address, below)
        if reason is not None:
            self.refused[reason] += 1
            return None
        if len(self._answered) >= _ANSWERS:
            self._answered.clear()
        self._answered.add(url)
        key = _key(address)
        if key in self.seen:
            return None
        template = template_of(address)
        if self.is_barren(template):
            self.refused["template without listings"] += 1
            return None
        self.seen.add(key)
        priority = _PRIORITY[role]
        if role == "site":
            self._site_pages += 1
            priority = priority if self._site_pages <= MAX_SITE_PAGES else 0
        return Candidate(address, priority - min(below, 20), below, template)

    def mark_seen(self, url: str) -> None:
        """Note an address that is fetched without asking here (start URLs, rendered pages)."""
        address = canonical_url(url)
        if address is not None:
            self.seen.add(_key(address))

    def credit(self, template: str | None, gain: int) -> None:
        """Note that a page of ``template`` was read, and how many listings or ways to listings it brought."""
        if not template:
            return
        if gain:
            self.barren.pop(template, None)
        else:
            self.barren[template] += 1

    def is_barren(self, template: str) -> bool:
        """Say whether enough pages of this shape were read for nothing."""
        return self.barren[template] >= BARREN_TEMPLATE

    def _trap(self, address: str, depth: int) -> str | None:
        if depth > self.max_depth:
            return "depth budget"
        if len(address) > MAX_URL:
            return "address too long"
        parts = urlsplit(address)
        segments = [segment for segment in parts.path.split("/") if segment]
        if len(segments) > MAX_PATH_SEGMENTS:
            return "path too deep"
        if segments and max(Counter(segments).values()) >= MAX_SAME_SEGMENT:
            return "path repeats itself"
        if _NOT_A_PAGE.search(parts.path):
            return "not a page"
        if _ACTION_PATH.search(parts.path):
            return "account, cart or tool"
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        if any(_REARRANGES.fullmatch(key) or _REARRANGES_PAIR.fullmatch(f"{key}={value}") for key, value in pairs):
            return "same page rearranged"
        if len(pairs) > 6:
            return "too many query fields"
        return None


def _key(address: str) -> bytes:
    """Return what makes two addresses the same page: scheme, ``www.``, order of the query and final slash aside."""
    parts = urlsplit(address)
    pairs = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    host = parts.netloc.removeprefix("www.")
    return blake2b(f"{host}{parts.path.rstrip('/')}?{pairs}".encode(), digest_size=16).digest()
