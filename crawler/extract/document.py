"""One page, decoded and parsed once: the tree every extractor shares."""

import re
from functools import cached_property, lru_cache
from typing import Final, cast
from urllib.parse import SplitResult, urljoin, urlsplit

import lxml.html
from lxml.etree import ElementDefaultClassLookup, ParserError, XPath
from lxml.html import HtmlElement
from w3lib.encoding import html_to_unicode

from crawler.extract.bounds import MAX_PAGE_BYTES, PageRefused, check_page

_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
UNSEEN_TAGS: Final = frozenset({"script", "style", "noscript", "template", "head", "svg", "iframe", "object", "select"})
"""Elements whose text a reader does not see (``select`` holds options, read by those who need them)."""


NOWHERE: Final = "http://saved-page.invalid/"
"""What relative links of a page saved without its address resolve against (RFC 2606: never a real host)."""


def one_line(text: str) -> str:
    """Return ``text`` with each run of white space as one blank; marks of direction stay, they may be evidence."""
    return " ".join(text.split())


_ALL_ALIKE: Final = ElementDefaultClassLookup(element=HtmlElement)


class Document:
    """A parsed page. Raises :class:`~crawler.extract.bounds.PageRefused` for a page that breaks a bound."""

    def __init__(self, body: bytes | str, url: str, *, content_type: str | None = None) -> None:
        if len(body) > MAX_PAGE_BYTES:
            raise PageRefused(f"the page has {len(body)} bytes, more than {MAX_PAGE_BYTES}")
        text = body if isinstance(body, str) else decode(body, content_type)
        text = _NOT_XML.sub(" ", text)
        data = text.encode("utf-8")
        check_page(data)
        self.source = text
        self.encoded = data
        self.asked_url = url if _join(url, "") is not None else ""
        parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
        # One class for all elements: the library's own lookup runs Python code for each element at each visit.
        parser.set_element_class_lookup(_ALL_ALIKE)
        try:
            self.root = lxml.html.document_fromstring(data or b"<html></html>", parser=parser, ensure_head_body=True)
        except (ParserError, ValueError):
            self.root = lxml.html.document_fromstring(b"<html></html>", parser=parser, ensure_head_body=True)
        # Elements are made anew at each visit unless something holds them, and a page is walked a dozen times.
        self._held = list(self.root.iter())
        self._absolute: dict[str, str | None] = {}

    @cached_property
    def meta(self) -> dict[str, str]:
        """``<meta>`` values by lower-case ``property`` or ``name``; the first of each wins."""
        found: dict[str, str] = {}
        for element in self.root.iter("meta"):
            name = element.get("property") or element.get("name") or element.get("itemprop")
            value = one_line(element.get("content") or "")
            if name and value:
                found.setdefault(name.strip().lower(), value)
        return found

    @cached_property
    def canonical_url(self) -> str | None:
        """The page's own address as it states it: ``link rel=canonical``, else ``og:url``."""
        for element in self.root.iter("link"):
            href = element.get("href")
            if href and "canonical" in (element.get("rel") or "").lower().split():
                return self._own_address(href)
        stated = self.meta.get("og:url")
        return self._own_address(stated) if stated else None

    def _own_address(self, stated: str) -> str | None:
        joined = _join(self.asked_url, stated.strip())
        return web_url(joined) if joined else None

    @cached_property
    def url(self) -> str:
        """The address asked for, or the page's own one where it was saved without address."""
        return self.asked_url if web_url(self.asked_url) else self.canonical_url or self.asked_url

    @cached_property
    def base_url(self) -> str:
        """What relative links resolve against."""
        page = self.url if web_url(self.url) else NOWHERE
        for element in self.root.iter("base"):
            href = element.get("href")
            if href:
                return _join(page, href) or page
        return page

    @cached_property
    def language(self) -> str | None:
        """BCP 47 tag the page states; absent where it states none."""
        stated = (
            self.root.get("lang")
            or self.root.get("{http://www.w3.org/XML/1998/namespace}lang")
            or self.root.get("xml:lang")
            or self.meta.get("content-language")
            or self.meta.get("og:locale")
        )
        return language_tag(stated)

    @cached_property
    def title(self) -> str | None:
        """Text of ``<title>``."""
        element = self.root.find(".//title")
        return one_line(element.text or "")[:500] or None if element is not None else None

    def absolute(self, href: str) -> str | None:
        """Return ``href`` as an absolute http(s) URL without fragment, or None."""
        if href not in self._absolute:
            joined = self._joined(href.strip())
            self._absolute[href] = web_url(joined) if joined else None
        return self._absolute[href]

    @cached_property
    def _origin(self) -> str:
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    def _joined(self, href: str) -> str | None:
        # What most links are needs no general joining, which costs ten times as much.
        if href.startswith(("https://", "http://")) or (href.startswith("/") and not href.startswith("//")):
            if "/." not in href and href.isprintable():
                return href if href[0] == "h" else f"{self._origin}{href}"
        return _join(self.base_url, href)


def found_elements(path: XPath, below: HtmlElement) -> list[HtmlElement]:
    """Return the elements that a compiled path finds (the library's types allow for text and numbers too)."""
    return cast("list[HtmlElement]", path(below))


def decode(body: bytes, content_type: str | None = None) -> str:
    """Decode ``body`` as a browser would: BOM, then the header's charset, then ``<meta>``, then UTF-8, then cp1252."""
    return html_to_unicode(content_type, body, default_encoding="cp1252", auto_detect_fun=_utf8_if_it_fits)[1]


def _utf8_if_it_fits(body: bytes) -> str | None:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def language_tag(stated: str | None) -> str | None:
    """Return ``stated`` as a BCP 47 tag (``pt_BR`` -> ``pt-BR``), or None when it is not one."""
    match = re.fullmatch(
        r"\s*([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?:[-_.,; ].*)?\s*", stated or ""
    )
    if not match:
        return None
    language, script, region = match.groups()
    parts = [language.lower(), script.title() if script else None, region.upper() if region else None]
    return "-".join(part for part in parts if part)


@lru_cache(maxsize=16_384)
def split_url(url: str) -> SplitResult:
    """Split an address, remembering the last ones: each link of a page is asked for its parts several times."""
    return urlsplit(url)


def web_url(url: str) -> str | None:
    """Return ``url`` without fragment when it is an absolute http(s) address, else None."""
    try:
        parts = split_url(url)
        if parts.scheme in ("http", "https") and parts.hostname and len(url) <= 4096:
            return parts._replace(fragment="").geturl() if "#" in url or not url.isprintable() else url
    except ValueError:
        pass
    return None


def _join(base: str, href: str) -> str | None:
    try:
        joined = urljoin(base, href)
        urlsplit(joined)
        return joined
    except ValueError:
        return None
