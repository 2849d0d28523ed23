"""Refuse a page that would stall the parser, by a scan of its bytes before anything is parsed.

libxml2 compares each attribute of a tag with all others: one tag with 20,000 attributes costs 1.5 s and one with
100,000 costs 210 s (measured, libxml2 2.14.6), and nothing can interrupt it. So tags are counted here first, with the
tokenisation rules of the HTML standard. Depth needs no count: the parser itself stops at 2,048 levels, in linear time.
"""

import re
from typing import Final

MAX_PAGE_BYTES: Final = 8 * 1024 * 1024
"""Largest decoded page that is parsed. The largest of the 67 real shop pages measured has 1.9 MB."""

MAX_ATTRIBUTES: Final = 400
"""Most attributes of one tag. Real pages stay under 60."""

MAX_TAGS: Final = 400_000
"""Most ``<`` of one page."""


class PageRefused(ValueError):
    """The page breaks a bound; the message says which one."""


_SPACE = rb"\t\n\f\r "
_ATTRIBUTE = (
    rb"[/" + _SPACE + rb"]*+[^/>" + _SPACE + rb"][^=/>" + _SPACE + rb"]*+"
    rb"(?:[" + _SPACE + rb"]*+=[" + _SPACE + rb"]*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^>" + _SPACE + rb"]*+))?+"
)
_ATTRIBUTES = rb"(?:" + _ATTRIBUTE + rb"){0,%d}+[/" % MAX_ATTRIBUTES + _SPACE + rb"]*+(?:>|\Z)"
_RAW_TEXT = rb"|".join(
    rb"<%s(?=[/>" % name + _SPACE + rb"])" + _ATTRIBUTES + rb"(?:[^<]++|<(?!/%s[/>" % name + _SPACE + rb"]))*+"
    for name in (b"script", b"style", b"textarea", b"title", b"xmp", b"iframe", b"noembed", b"noframes")
)  # spelt out: a group with a back reference inside a possessive loop breaks Python 3.11's re module
_TAGS_WITHIN_BOUNDS = re.compile(
    rb"(?:[^<]++"
    rb"|<!--(?:>|->|(?:[^-]++|-(?!->))*+)"
    rb"|" + _RAW_TEXT + rb"|</?[a-z][^/>" + _SPACE + rb"]*+" + _ATTRIBUTES + rb"|<(?!/?[a-z]|!--))*+",
    re.IGNORECASE,
)
"""As much of a page as holds no tag with more than the bound; possessive throughout, so linear in the page."""


def check_page(body: bytes, *, max_bytes: int = MAX_PAGE_BYTES, max_tags: int = MAX_TAGS) -> None:
    """Raise :class:`PageRefused` when ``body`` (HTML in UTF-8 or any superset of ASCII) breaks a bound."""
    if len(body) > max_bytes:
        raise PageRefused(f"the page has {len(body)} bytes, more than {max_bytes}")
    if body.count(b"<") > max_tags:
        raise PageRefused(f"the page has more than {max_tags} tags")
    within = _TAGS_WITHIN_BOUNDS.match(body)
    if within is None or within.end() < len(body):
        raise PageRefused(f"one tag has more than {MAX_ATTRIBUTES} attributes")
