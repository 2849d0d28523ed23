"""The one form of a page's address, and what names a listing on its site."""

import re
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from crawler.extract.entries import holds_many, naming_parameters
from crawler.net.addresses import DEFAULT_PORTS

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


def listing_key(url: str, stated: str | None) -> str:
    """Return what names a listing: the address its page states for itself (``rel=canonical``), else its own one.

    A stated address is not believed when it is of another host, is a front page or a shelf, or leaves out the
    parameter that tells this listing from others (``?product_id=5``): all of a shop's listings would become one.
    """
    own = canonical_url(url) or url
    named = canonical_url(stated) if stated else None
    if named is None or named == own:
        return own
    here, there = urlsplit(own), urlsplit(named)
    if _host(here) != _host(there) or not set(naming_parameters(own)) <= set(naming_parameters(named)):
        return own
    return own if holds_many(there.path) and not holds_many(here.path) else named


def _host(parts: SplitResult) -> str:
    return parts.netloc.lower().removeprefix("www.")
