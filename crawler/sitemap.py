"""Reading sitemaps: XML or plain text, packed or not, as hostile as anything else from outside."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from crawler.net.bodies import BodyRefused, gunzip

MAX_ENTRIES: Final = 50_000
"""The protocol allows no more in one file (sitemaps.org)."""
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True)
class Sitemap:
    """The addresses of one sitemap file."""

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    """Further sitemap files, where this one is an index."""


def read_sitemap(body: bytes) -> Sitemap:
    """Return what a sitemap names; a body that is none gives an empty one."""
    if body.startswith(_GZIP):
        try:
            body = gunzip(body)
        except BodyRefused:
            return Sitemap()
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start != b"<":
        return Sitemap(pages=tuple(_text_lines(body)))
    # resolve_entities and load_dtd off: a document type can neither read files nor grow without bound.
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True
    )
    try:
        root = etree.fromstring(body, parser=parser)
    except (etree.XMLSyntaxError, ValueError):
        return Sitemap()
    if root is None or not isinstance(root.tag, str):
        return Sitemap()
    found = tuple(_locations(root))
    return Sitemap(sitemaps=found) if etree.QName(root).localname == "sitemapindex" else Sitemap(pages=found)


def _locations(root: etree._Element) -> Iterator[str]:
    for number, element in enumerate(root.iterfind(".//{*}loc")):
        if number >= MAX_ENTRIES:
            return
        # image:loc and video:loc stand deeper than the loc of a url or a sitemap entry
        parent = element.getparent()
        if parent is None or etree.QName(parent).localname not in ("url", "sitemap"):
            continue
        address = (element.text or "").strip()
        if re.match(r"https?://", address) and len(address) <= 2048:
            yield address


def _text_lines(body: bytes) -> Iterator[str]:
    for line in body.decode("utf-8-sig", errors="ignore").splitlines()[:MAX_ENTRIES]:
        if re.fullmatch(r"https?://\S{1,2040}", line.strip()):
            yield line.strip()
