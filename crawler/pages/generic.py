"""The page object for every page that has no better one: reads whatever the page offers, in order of trust."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from casefile.records import Listing, listing_id
from crawler.extract.bounds import PageRefused
from crawler.extract.document import Document, one_line
from crawler.extract.facts import Facts, Source
from crawler.extract.jsonld import read_jsonld
from crawler.extract.links import link_text, page_links
from crawler.extract.locale import PageLocale, page_locale
from crawler.extract.meta import read_meta
from crawler.extract.microdata import read_microdata
from crawler.extract.nodes import Node
from crawler.extract.product_data import ProductReader, address_key, main_products
from crawler.extract.weigh import listing_of, weigh
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
    unmapped: Counter[str] = Counter()
    locale = page_locale(document.url, document.language)
    listings = _structured_listings(document, locale, unmapped)
    links = tuple(Link(url=address, role="other", text=link_text(element)) for element, address in page_links(document))
    return PageExtract(
        url=document.url,
        kind="listing" if listings else "other",
        listings=tuple(listings),
        links=links,
        title=document.title,
        language=document.language,
        canonical_url=document.canonical_url,
        unmapped=dict(unmapped),
    )


def _structured_listings(document: Document, locale: PageLocale, unmapped: Counter[str]) -> list[Listing]:
    reader = ProductReader(document, locale)
    sources: list[Facts] = []
    for nodes in (read_jsonld(document), read_microdata(document)):
        candidates = [(node, reader.read(node)) for node in main_products(nodes)][:200]
        chosen = _of_this_page(document, candidates)
        if chosen:
            sources.append(chosen)
    if not any(facts.is_offer() for facts in sources):
        return []
    sources.append(read_meta(document, locale, unmapped))
    unmapped.update(reader.unmapped)
    fields, origin = weigh(sources)
    return [_listing(document, fields, origin)]


def _of_this_page(document: Document, candidates: Sequence[tuple[Node, Facts]]) -> Facts | None:
    """Return the facts of the product that the page is about, or None when it is about several."""
    if not candidates:
        return None
    here = {address_key(url) for url in (document.url, document.canonical_url) if url}
    heading = one_line(document.meta.get("og:title", document.title or "")).casefold()
    best, best_score = None, -1
    for place, (_, facts) in enumerate(candidates):
        score = 8 * bool(facts.url and address_key(facts.url) in here) + 4 * facts.is_offer()
        score += 2 * bool(facts.title and facts.title.casefold() in heading) + (place == 0)
        if score > best_score:
            best, best_score = facts, score
    return best


def _listing(document: Document, fields: dict[str, Any], origin: dict[str, Source]) -> Listing:
    site = urlsplit(document.url).netloc.rpartition("@")[2].lower()
    key = document.canonical_url or document.url
    return listing_of(fields, origin, id=listing_id(site, key), url=document.url, site=site or None,
                      language=document.language)  # fmt: skip
