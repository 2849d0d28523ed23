"""Putting the words of a target into a shop's own search."""

from collections.abc import Iterator
from urllib.parse import quote

from crawler.discovery.search_form import search_address
from crawler.ledger import Ledger
from crawler.targets import Search


def search_pages(search: Search | None, body: bytes, url: str, ledger: Ledger) -> Iterator[str]:
    """Yield the address of the results for each word; a page without a search form is counted, unless one is given."""
    if search is None:
        return
    address = search.url or search_address(body, url)
    if address is None:
        ledger.counts["searches_without_form"] += 1
        return
    for term in search.terms:
        yield address.replace("{term}", quote(term))
