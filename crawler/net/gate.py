"""The first and the last thing a request meets: scope, and the page budget."""

from typing import TYPE_CHECKING, Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.ledger import Skipped
from crawler.net.addresses import host_and_port

if TYPE_CHECKING:
    from crawler.market import MarketSpider

UNCOUNTED = ("robots", "sitemap")
"""Kinds of request (``meta["kind"]``) that the page budget does not count."""


def slot_of(url: str) -> str:
    """Return the download slot of a URL: one for each host and port, where Scrapy has one for each host."""
    pair = host_and_port(url)
    return f"{pair[0]}:{pair[1]}" if pair else ""


class ScopeGate:
    """Refuses what is outside the run's hosts: links, redirects and sitemap entries alike."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build for a crawler whose spider is a :class:`~crawler.market.MarketSpider`."""
        return cls(crawler)

    @property
    def _spider(self) -> "MarketSpider":
        spider: MarketSpider = self._crawler.spider  # type: ignore[assignment] # the only spider there is
        return spider

    def process_request(self, request: Request) -> None:
        """Raise :class:`Skipped` for a URL outside the scope."""
        refusal = self._spider.scope.refusal(request.url)
        if refusal is not None:
            arrived = request.meta.get("redirect_urls")
            raise Skipped(f"redirect to {request.url}: {refusal}" if arrived else refusal)
        request.meta["download_slot"] = slot_of(request.url)


class PageBudget(ScopeGate):
    """Counts what is about to be fetched, after robots.txt had its say."""

    def process_request(self, request: Request) -> None:
        """Raise :class:`Skipped` for a trap, and when the run has fetched all the pages it may."""
        if request.meta.get("kind") in UNCOUNTED or request.meta.get("retry_times") or request.meta.get("playwright"):
            return
        spider = self._spider
        if spider.frontier.is_barren(request.meta.get("template", "")):
            raise Skipped("trap: pages of this shape brought no listing")
        if spider.ledger.counts["requested"] >= spider.job.max_pages:
            raise Skipped(f"page budget of {spider.job.max_pages} spent")
        spider.ledger.counts["requested"] += 1
