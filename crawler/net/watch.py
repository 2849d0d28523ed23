"""Watches that the guard is really there: it would vanish without a sound with another download handler."""

from typing import Self

from scrapy import signals
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from crawler.net.resolver import GuardedResolver

_OPEN_SCHEMES = frozenset({"http", "https"})


class GuardWatch:
    """Extension that ends a run at once whose connections would not pass the resolver guard."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build and listen."""
        watch = cls(crawler)
        crawler.signals.connect(watch.spider_opened, signal=signals.spider_opened)
        return watch

    def spider_opened(self) -> None:
        """Raise ``CloseSpider`` with what is wrong, before the first request is sent."""
        fault = self._fault()
        if fault is not None:
            raise CloseSpider(f"guard missing: {fault}")

    def _fault(self) -> str | None:
        from twisted.internet import reactor

        resolver: object = reactor.nameResolver
        if not isinstance(resolver, GuardedResolver):
            return f"the resolver is {type(resolver).__name__}"
        engine = self._crawler.engine
        handlers = engine.downloader.handlers
        for scheme in sorted({*handlers._schemes, *_OPEN_SCHEMES}):
            handler = handlers._get_handler(scheme)
            if scheme in _OPEN_SCHEMES:
                if not isinstance(handler, HTTP11DownloadHandler):
                    return f"{scheme} is fetched by {type(handler).__name__}"
            elif handler is not None:
                return f"the scheme {scheme} is open"
        return None
