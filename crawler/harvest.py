"""What the pages of a run give: each listing once, the entries of lists that have no page of their own, and the shops.

The crawl fills one while it goes on; the recovery of a killed run fills one again from the archive.
"""

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from casefile.records import Capture, Listing, Outcome, Site
from crawler.frontier import canonical_url
from crawler.net.scope import site_of
from crawler.pages import PageExtract
from crawler.site_book import SiteBook

MAX_CARDS: Final = 20_000
"""Short entries of list pages that are remembered until their own page was read."""
HTML_TYPES: Final = ("text/html", "application/xhtml+xml", None)
"""Media types of what is read as a page; a server that names none is taken to mean HTML."""


class Sink(Protocol):
    """Where listings and sites are written; a :class:`~crawler.evidence.BundleWriter` is one."""

    def write_listing(self, listing: Listing) -> None:
        """Append one listing."""

    def write_site(self, site: Site) -> None:
        """Append what a whole shop says."""


class Harvest:
    """Takes page after page, writes listings at once, and at the end what had to wait for the other pages.

    Args:
        sink: where to write.
        listings: ids of listings that were written before.
        sites: hosts whose record was written before.
    """

    def __init__(self, sink: Sink, *, listings: Iterable[str] = (), sites: Iterable[str] = ()) -> None:
        self._sink = sink
        self._written = set(listings)
        self._known_sites = frozenset(sites)
        self._book = SiteBook()
        self._cards: dict[str, Listing] = {}
        self._settled: set[str] = set()
        self.listings = 0
        """Listings written by this harvest."""
        self.sites = 0

    def take(self, capture: Capture, extract: PageExtract) -> int:
        """Take in one page; return the number of listings it holds."""
        stamp = {"capture": capture.id, "captured_at": capture.fetched_at}
        for listing in extract.listings:
            self._cards.pop(listing.id, None)
            if listing.url and listing.url != capture.final_url:
                self._settled.add(canonical_url(listing.url) or listing.url)
            self._write(listing.model_copy(update=stamp))
        if extract.listings:
            self._settled.add(canonical_url(capture.url) or capture.url)
            self._settled.add(canonical_url(capture.final_url) or capture.final_url)
        for card in extract.cards:
            if card.id in self._written or card.id in self._cards:
                continue
            stamped = card.model_copy(update=stamp)
            if len(self._cards) < MAX_CARDS:
                self._cards[card.id] = stamped
            else:
                self._write(stamped)
        host = site_of(capture.final_url)
        if host is not None:
            self._book.note(host, extract, url=capture.final_url, capture=capture.id, at=capture.fetched_at)
        return len(extract.listings)

    def finish(self, is_gone: Callable[[str], bool]) -> None:
        """Write the entries whose own page was not read, and the sites.

        ``is_gone`` says whether an address was found gone; an entry that leads there is none any more.
        """
        for card in self._cards.values():
            own_page = canonical_url(card.url) if card.url else None
            if own_page in self._settled or (own_page is not None and is_gone(own_page)):
                continue
            self._write(card)
        for site in self._book.sites():
            if site.host not in self._known_sites:
                self._sink.write_site(site)
                self.sites += 1

    def _write(self, listing: Listing) -> None:
        if listing.id in self._written:
            return
        self._written.add(listing.id)
        self._sink.write_listing(listing)
        self.listings += 1


def verdict_on(extract: PageExtract) -> tuple[Outcome, str] | None:
    """Return outcome and reason for a page that was fetched and is none to read; None for one that may be read."""
    if extract.refused:
        return "error", f"page refused: {extract.refused}"
    if extract.block:
        return extract.block, "the page is a bot wall"
    return None
