"""How fast a host is asked: ``Crawl-delay``, ``Retry-After``, and backing off from a host that says "too many".

None of this can be overridden: not by a target, not by an option.
"""

import email.utils
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Final, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.ledger import Skipped
from crawler.net.gate import slot_of

if TYPE_CHECKING:
    from scrapy.core.downloader import Slot

    from crawler.market import MarketSpider

_BUSY: Final = (429, 503)
MAX_ATTEMPTS: Final = 3
"""Answers of "too many" that one URL may get before it is given up."""
MAX_STRIKES: Final = 8
"""Such answers in a row after which the host is left alone for the rest of the run."""
_FIRST_WAIT: Final = 5.0
_SMALLEST_DELAY: Final = 0.1


class Pace:
    """Downloader middleware that slows a whole host down and retries what it was asked to retry later."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._closed: dict[str, str] = {}
        self._strikes: dict[str, int] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build and listen: the pause must stand before the next request of the host is taken from its queue."""
        pace = cls(crawler)
        crawler.signals.connect(pace.response_downloaded, signal=signals.response_downloaded)
        return pace

    @property
    def _spider(self) -> "MarketSpider":
        spider: MarketSpider = self._crawler.spider  # type: ignore[assignment] # the only spider there is
        return spider

    def process_request(self, request: Request) -> None:
        """Raise :class:`Skipped` for a host that is left alone."""
        reason = self._closed.get(slot_of(request.url))
        if reason is not None:
            raise Skipped(reason)

    def response_downloaded(self, response: Response, request: Request) -> None:
        """Pause or close the host on 429 and 503; forget its strikes on anything else."""
        key = slot_of(request.url)
        if response.status not in _BUSY:
            self._strikes.pop(key, None)
            return
        strikes = self._strikes[key] = self._strikes.get(key, 0) + 1
        wait = wait_seconds(response, strikes)
        longest = self._spider.longest_wait()
        if wait > longest:
            self._closed[key] = f"retry-after: {key} asked for {wait:.0f} s, this run can wait {longest:.0f} s"
        elif strikes >= MAX_STRIKES:
            self._closed[key] = f"retry-after: {key} said {response.status} {strikes} times in a row"
        else:
            self.slow_down(key, max(2 * self._slot(key).delay, _SMALLEST_DELAY))
            self._pause(key, wait)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Ask again after the pause, a bounded number of times."""
        attempts = request.meta.get("busy_attempts", 0) + 1
        if response.status not in _BUSY or attempts >= MAX_ATTEMPTS or slot_of(request.url) in self._closed:
            return response
        again = request.replace(dont_filter=True, priority=request.priority - 1)
        again.meta.update(busy_attempts=attempts, retry_times=request.meta.get("retry_times", 0) + 1)
        return again

    def slow_down(self, key: str, delay: float) -> None:
        """Put at least ``delay`` seconds between two requests to a host, one at a time, for the rest of the run."""
        slot = self._slot(key)
        slot.delay = max(slot.delay, delay)
        slot.jitter = 0.0
        slot.concurrency = 1
        # Scrapy forgets idle slots after a minute; a new one starts with these values.
        self._downloader_slots_settings()[key] = {"concurrency": 1, "delay": slot.delay, "jitter": 0.0}

    def _pause(self, key: str, seconds: float) -> None:
        """Send nothing to a host for ``seconds``: its last request is dated into the future."""
        slot = self._slot(key)
        slot.lastseen = max(slot.lastseen, monotonic() + seconds - slot.delay)

    def _slot(self, key: str) -> "Slot":
        engine = self._crawler.engine
        slot: Slot = engine.downloader.slots[key]
        return slot

    def _downloader_slots_settings(self) -> dict[str, dict[str, object]]:
        engine = self._crawler.engine
        settings: dict[str, dict[str, object]] = engine.downloader.per_slot_settings
        return settings


def wait_seconds(
    response: Response, strikes: int, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> float:
    """Return how long the host wants to be left alone: ``Retry-After`` (seconds or a date), else 5 s, 10 s, 20 s..."""
    value = (response.headers.get(b"Retry-After") or b"").decode("latin-1").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    if value:
        try:
            moment = email.utils.parsedate_to_datetime(value)
        except ValueError:
            moment = None
        if moment is not None:
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            return max(0.0, (moment - clock()).total_seconds())
    return float(_FIRST_WAIT * 2 ** min(strikes - 1, 10))
