"""Finding a shop's own search box, so that a target needs only words."""

from typing import Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from lxml.html import HtmlElement

from crawler.extract.bounds import PageRefused
from crawler.extract.document import Document

_TERM: Final = "{term}"
_NAMES: Final = ("q", "s", "query", "search", "keyword", "keywords", "search_query", "searchterm", "term", "text", "w")


def search_address(body: bytes, url: str) -> str | None:
    """Return the address of the page's search with ``{term}`` where the word goes, or None where there is none.

    Only forms sent with GET count: a crawler posts nothing.
    """
    try:
        document = Document(body, url)
    except PageRefused:
        return None
    for form in document.root.iter("form"):
        if (form.get("method") or "get").strip().lower() != "get":
            continue
        field = _search_field(form)
        action = document.absolute(form.get("action") or document.url)
        if field is None or action is None:
            continue
        hidden = [
            (str(element.get("name")), element.get("value") or "")
            for element in form.iter("input")
            if (element.get("type") or "").lower() == "hidden" and element.get("name")
        ][:5]
        query = "&".join(part for part in (urlencode(hidden), f"{quote(field)}={_TERM}") if part)
        return urlunsplit(urlsplit(action)._replace(query=query))
    return None


def _search_field(form: HtmlElement) -> str | None:
    inputs = [element for element in form.iter("input") if element.get("name")]
    for element in inputs:
        if (element.get("type") or "").lower() == "search":
            return str(element.get("name"))
    for element in inputs:
        name = str(element.get("name"))
        if (element.get("type") or "text").lower() == "text" and name.lower() in _NAMES:
            return name
    return None
