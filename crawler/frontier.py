"""Which addresses of a site are worth a request: one form per page, no traps, no dead weight, the best first."""

import re
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from crawler.net.addresses import DEFAULT_PORTS
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

_TRACKING: Final = re.compile(
    r"utm_\w+|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|yclid|ysclid|twclid|ttclid|igshid|li_fat_id|mc_[ce]id"
    r"|_ga|_gl|_hs\w+|mkt_tok|vero_\w+|oly_\w+|wickedid|srsltid|spm|scm|pk_\w+|piwik_\w+|matomo_\w+"
    r"|ref|ref_?src|referr?er|src|source|aff|aff_?id|affiliate(?:_?id)?|partner(?:_?id)?|click_?id|sub_?id|trk|track(?:ing)?"
    r"|campaign(?:_?id)?",
    re.IGNORECASE,
)
"""Query keys that say where a visitor came from, and not what is shown."""
_SESSION: Final = re.compile(
    r"phpsessid|jsessionid|aspsessionid\w*|sid|sessid|session_?id|oscsid|zenid|cfid|cftoken", re.IGNORECASE
)
_SESSION_PATH: Final = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?;]*", re.IGNORECASE)
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


def canonical_url(url: str) -> str | None:
    """Return the one form of a page's address: no fragment, tracking, session or default port; None if malformed."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in DEFAULT_PORTS or not host:
        return None
    scheme = parts.scheme.lower()
    name = f"[{host}]" if ":" in host else host.rstrip(".")
    netloc = name if port in (None, DEFAULT_PORTS[scheme]) else f"{name}:{port}"
    path = _SESSION_PATH.sub("", parts.path) or "/"
    path = quote(path, safe="/%:@!$&'()*+,;=~-._")
    return urlunsplit(SplitResult(scheme, netloc, path, _clean_query(parts.query), ""))


def _clean_query(query: str) -> str:
    if not query:
        return ""
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=None) if query.count("&") < 100 else []
    kept = [(key, value) for key, value in pairs if not _TRACKING.fullmatch(key) and not _SESSION.fullmatch(key)]
    if len(kept) == len(pairs):
        return query  # as the site wrote it
    return urlencode(kept)


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
