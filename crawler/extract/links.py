"""The links of a page, each once."""

from collections.abc import Iterator

from lxml.html import HtmlElement

from crawler.extract.document import Document, one_line

MAX_LINKS = 3_000


def page_links(document: Document) -> Iterator[tuple[HtmlElement, str]]:
    """Yield each linked URL once, with the first ``<a>`` that has it."""
    seen: set[str] = set()
    for element in document.root.iter("a", "area"):
        href = element.get("href")
        url = document.absolute(href) if href else None
        if url and url not in seen:
            seen.add(url)
            yield element, url
            if len(seen) >= MAX_LINKS:
                return


def link_text(element: HtmlElement) -> str:
    """Return what the link says: its text, else its title, else the alternative text of its image."""
    text = one_line(element.text_content()[:2000])
    if not text:
        text = one_line(element.get("title") or element.get("aria-label") or "")
    if not text:
        text = next((one_line(image.get("alt") or "") for image in element.iter("img") if image.get("alt")), "")
    return text[:300]
