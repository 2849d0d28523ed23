"""The page object for every page that has no better one: reads whatever the page offers, in order of trust."""

from crawler.extract.bounds import PageRefused
from crawler.extract.document import Document
from crawler.extract.links import link_text, page_links
from crawler.pages.page import Link, PageExtract


def extract_page(body: bytes | str, url: str, *, content_type: str | None = None) -> PageExtract:
    """Read one page.

    Args:
        body: the page as received after content decoding (bytes), or already decoded.
        url: where it came from; may be a file path for a page saved without its address.
        content_type: value of the HTTP header, for its charset.

    Returns:
        What the page gives; for a page that breaks a bound, ``refused`` names the bound and nothing else is set.
        Never raises for what a page contains.
    """
    try:
        document = Document(body, url, content_type=content_type)
    except PageRefused as error:
        return PageExtract(url=url, refused=str(error))
    links = tuple(Link(url=address, role="other", text=link_text(element)) for element, address in page_links(document))
    return PageExtract(
        url=document.url,
        links=links,
        title=document.title,
        language=document.language,
        canonical_url=document.canonical_url,
    )
