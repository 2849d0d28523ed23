"""The one spider: walks any storefront from its start pages, and leaves a bundle behind.

Pages are read by ``crawler.pages``; what was fetched is recorded by ``crawler.evidence.recorder``; who may be asked
what, and how often, is decided by the middlewares of ``crawler.net``. This module only joins them.
"""

from collections.abc import AsyncIterator, Iterator
from time import monotonic
from typing import Any, Final, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Response
from twisted.python.failure import Failure

from casefile.records import Capture, Outcome
from crawler.discovery.searches import search_pages
from crawler.discovery.sitemaps import SitemapFile, SitemapWalk
from crawler.evidence import BundleWriter
from crawler.evidence.recorder import media_type
from crawler.frontier import Candidate, Frontier
from crawler.harvest import HTML_TYPES, Harvest, verdict_on
from crawler.job import CrawlJob
from crawler.ledger import Ledger, Skipped, Unreachable
from crawler.net.addresses import AddressPolicy
from crawler.net.failures import plain_reason
from crawler.net.resolver import refused_address
from crawler.net.scope import Scope
from crawler.pages import LinkRole, PageExtract
from crawler.pages.page_object import GenericPage
from crawler.requests import page_request, render_request, sitemap_request
from crawler.stopping import StopFlag

MAX_OFFSITE: Final = 20_000
"""Links to other sites that are remembered, so that each counts once."""


class MarketSpider(Spider):
    """Crawls the sites of one job."""

    name = "market"

    def __init__(
        self,
        job: CrawlJob,
        writer: BundleWriter,
        ledger: Ledger,
        stop: StopFlag,
        *,
        renders: bool,
        **kwargs: Any,  # noqa: ANN401 - Scrapy's own
    ) -> None:
        super().__init__(**kwargs)
        self.stop = stop
        self.renders = renders
        self.job = job
        self.writer = writer
        self.ledger = ledger
        self.scope = Scope.of(job.start_urls, same_site=job.same_site)
        self.addresses = AddressPolicy.for_start_urls(job.start_urls, allow_loopback=job.allow_loopback)
        self.frontier = Frontier(job.max_depth)
        self.sitemaps = SitemapWalk(ledger, self.scope)
        self.harvest = Harvest(writer)
        self._started = monotonic()
        self._pending: dict[str, None] = {}
        self._offsite: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - Scrapy's own
        """Build, and listen for faults of our own code."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.page_failed, signal=signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Yield the start pages; all else is found from them."""
        for url in dict.fromkeys(self.job.start_urls):
            self.frontier.mark_seen(url)
            yield self._page_request(Candidate(url, 100, 0, ""), "other")

    def longest_wait(self) -> float:
        """Return how many seconds a host may ask this run to wait."""
        left = self.job.max_seconds - (monotonic() - self._started)
        return max(0.0, min(self.job.max_wait, left))

    def guard_failed(self, reason: str) -> None:
        """End the run: a connection went where the guard should not have let it go."""
        self.stop.ask(f"address guard breached: {reason}")

    def evidence_failed(self, error: OSError) -> None:
        """End the run: what is fetched can no longer be kept."""
        self.stop.ask(f"evidence cannot be written: {error.strerror}")

    # -- pages ---------------------------------------------------------------------------------------------------

    def page(self, response: Response, page: GenericPage) -> Iterator[Request]:
        """Read one page as it was received."""
        yield from self._seed(response.url)
        capture: Capture = response.meta["capture"]
        url = response.meta["asked"]
        if capture.outcome != "ok":
            self._settle(url, capture)
            return
        if media_type(response) not in HTML_TYPES:
            self._settle(url, capture, reason=f"not a page: {capture.media_type}")
            return
        self.frontier.mark_seen(response.url)
        extract = self._extract(url, capture, page)
        if extract is not None:
            yield from self._read(url, capture, extract, response.meta)
        if url in self.job.start_urls:
            for address in search_pages(self.job.search, response.body, response.url, self.ledger):
                yield from self._candidate(address, "category", 0)

    def _extract(self, url: str, capture: Capture, page: GenericPage) -> PageExtract | None:
        """Read a page; one that the extractors cannot digest keeps its capture and is reported, not lost."""
        try:
            return page.extract()
        except Exception as error:  # the page is hostile input: whatever it triggers must not end the run
            self.logger.exception("extraction of %s failed", capture.final_url)
            self.ledger.counts["extraction_faults"] += 1
            self._settle(url, capture, outcome="error", reason=f"not readable: {type(error).__name__}: {error}"[:300])
            return None

    def _read(self, url: str, capture: Capture, extract: PageExtract, meta: dict[str, Any]) -> Iterator[Request]:
        verdict = verdict_on(extract)
        if verdict is not None:
            self._settle(url, capture, outcome=verdict[0], reason=verdict[1])
            # A page taken for a wall by mistake has links; a wall and a page that was refused have none.
            yield from self._follow(extract, meta)
            return
        reason = None
        if not capture.rendered and self._wants_browser(extract):
            if self.renders:
                self._pending[url] = None
                yield render_request(url, capture, meta, callback=self.rendered, errback=self.render_failed)
            else:
                self.ledger.counts["unrendered"] += 1
                reason = "the page needs a browser, and this run has none"
        listings = self.harvest.take(capture, extract)
        self.ledger.counts["listings"] = self.harvest.listings
        stated = extract.canonical_url
        if listings and stated and stated.partition("?")[0] == capture.final_url.partition("?")[0]:
            self.frontier.mark_seen(stated)  # the same listing under its plain address
        self._settle(url, capture, reason=reason, listings=listings)
        ways = 0
        for request in self._follow(extract, meta):
            ways += request.meta["role"] == "listing"
            yield request
        self.frontier.credit(meta.get("template"), listings + ways)

    def _wants_browser(self, extract: PageExtract) -> bool:
        if self.job.render == "always":
            return True
        nothing = not extract.listings and not extract.cards
        return self.job.render == "auto" and nothing and extract.looks_empty_shell

    def _follow(self, extract: PageExtract, meta: dict[str, Any]) -> Iterator[Request]:
        depth: int = meta.get("depth", 0)
        for card in extract.cards:
            if card.url:
                yield from self._candidate(card.url, "listing", depth)
        for link in extract.links:
            yield from self._candidate(link.url, link.role, depth)

    def _candidate(self, url: str, role: LinkRole, depth: int) -> Iterator[Request]:
        if url in self._offsite:
            return
        if self.scope.refusal(url) is not None:
            self.ledger.counts["offsite_links"] += 1
            if len(self._offsite) < MAX_OFFSITE:
                self._offsite.add(url)
            return
        candidate = self.frontier.admit(url, role, depth)
        if candidate is not None:
            yield self._page_request(candidate, role)

    def _page_request(self, candidate: Candidate, role: LinkRole) -> Request:
        self._pending[candidate.url] = None
        return page_request(candidate, role, callback=self.page, errback=self.failed)

    # -- sitemaps ------------------------------------------------------------------------------------------------

    def _seed(self, url: str) -> Iterator[Request]:
        """Ask for the sitemaps of an origin, once its robots.txt has been read."""
        for file in self.sitemaps.begin(url):
            yield self._sitemap_request(file)

    def _sitemap_request(self, file: SitemapFile) -> Request:
        return sitemap_request(file, callback=self.sitemap, errback=self.failed)

    def sitemap(self, response: Response) -> Iterator[Request]:
        """Read a sitemap or an index of sitemaps."""
        capture: Capture = response.meta["capture"]
        self.ledger.settle(response.meta["asked"], capture.outcome, status=capture.status, reason="sitemap")
        if capture.outcome != "ok":
            return
        further, pages = self.sitemaps.read(response.body, response.meta["level"])
        for file in further:
            yield self._sitemap_request(file)
        for url in pages:
            yield from self._candidate(url, "other", 0)

    # -- rendering -----------------------------------------------------------------------------------------------

    def rendered(self, response: Response, page: GenericPage) -> Iterator[Request]:
        """Keep the DOM and the screenshot as evidence, and read the DOM."""
        from crawler.evidence.rendering import keep_rendering

        plain: Capture = response.meta["plain_capture"]
        strayed = self.scope.refusal(response.url)
        if strayed is not None:
            self._settle(response.meta["asked"], plain, reason=f"not rendered: went to {response.url}: {strayed}")
            return
        capture = keep_rendering(self.writer, response, plain)
        self.ledger.counts["rendered"] += 1
        url = response.meta["asked"]
        extract = self._extract(url, capture, page)
        if extract is not None:
            yield from self._read(url, capture, extract, response.meta)

    def render_failed(self, failure: Failure) -> None:
        """Say that a page could not be rendered; its plain capture stands."""
        self.ledger.counts["render_failed"] += 1
        plain: Capture = failure.request.meta["plain_capture"]  # type: ignore[attr-defined] # set by Scrapy
        reason = f"not rendered: {failure.getErrorMessage().splitlines()[0][:200]}"
        self._settle(failure.request.meta["asked"], plain, reason=reason)  # type: ignore[attr-defined]

    def page_failed(self, failure: Failure, response: Response) -> None:
        """Report a page on which our own code failed; its capture is in the bundle."""
        url = response.meta.get("asked", response.url)
        self._pending.pop(url, None)
        self.ledger.counts["page_faults"] += 1
        self.ledger.settle(url, "error", status=response.status, reason=f"not processed: {failure.value}"[:300])

    # -- outcomes ------------------------------------------------------------------------------------------------

    def failed(self, failure: Failure) -> Iterator[Request]:
        """Turn what went wrong into the outcome of the URL."""
        request: Request = failure.request  # type: ignore[attr-defined] # set by Scrapy
        url = request.meta["asked"]
        self._pending.pop(url, None)
        error = failure.value or RuntimeError("no reason given")
        if isinstance(error, Unreachable):
            self.ledger.settle(url, "error", reason=error.reason)
        elif isinstance(error, Skipped):
            self.ledger.skip(url, error.reason)
        elif isinstance(error, CannotResolveHostError) and (refused := refused_address(request.url)) is not None:
            self.ledger.skip(url, refused)
        else:
            self.ledger.settle(url, "error", reason=plain_reason(error))
        yield from self._seed(request.url)

    def _settle(
        self,
        url: str,
        capture: Capture,
        *,
        outcome: Outcome | None = None,
        reason: str | None = None,
        listings: int = 0,
    ) -> None:
        self._pending.pop(url, None)
        self.ledger.counts["pages"] += not capture.rendered
        self.ledger.settle(
            url, outcome or capture.outcome, status=capture.status, reason=reason or capture.reason, listings=listings
        )

    def finish(self, reason: str) -> None:
        """Write what was held back until the end: cards without a page of their own, sites, unfetched URLs."""
        self.harvest.finish(self._is_gone)
        self.ledger.counts["listings"] = self.harvest.listings
        self.ledger.counts["sites"] = self.harvest.sites
        for url in self._pending:
            self.ledger.skip(url, f"not reached: {reason}")

    def _is_gone(self, url: str) -> bool:
        known = self.ledger.urls.get(url)
        return known is not None and known.outcome == "gone"
