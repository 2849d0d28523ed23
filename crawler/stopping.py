"""When a run ends before it is finished: time, memory, a signal, a parent that is gone, a fault of the guard.

Scrapy's own shutdown waits for every request that is queued behind a ``Crawl-delay``; here those are dropped first.
"""

import asyncio
import re
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final, Self

from scrapy import signals
from scrapy.crawler import Crawler
from twisted.python.failure import Failure

from crawler.ledger import Skipped

if TYPE_CHECKING:
    from crawler.market import MarketSpider

_TICK: Final = 0.1
GRACE_SECONDS: Final = 5.0
"""How long requests under way may take to end after a stop was asked for."""
TIME_SPENT: Final = "time budget spent"


class StopFlag:
    """Asks a run to end; the first reason given stands."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self.on_overtime: Callable[[], None] | None = None
        """Called when requests under way did not end within the grace; must not return."""
        self.on_tick: Callable[[], None] | None = None
        """Called several times a second while the run goes on (progress)."""

    def ask(self, reason: str) -> None:
        """Ask the run to end because of ``reason``."""
        self.reason = self.reason or reason


class RunLimits:
    """Extension that watches the limits and the stop flag of a run."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._started = monotonic()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build and listen."""
        limits = cls(crawler)
        crawler.signals.connect(limits.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(limits.engine_stopped, signal=signals.engine_stopped)
        return limits

    @property
    def _spider(self) -> "MarketSpider":
        spider: MarketSpider = self._crawler.spider  # type: ignore[assignment] # the only spider there is
        return spider

    def spider_opened(self) -> None:
        """Begin to watch."""
        self._task = asyncio.ensure_future(self._watch())

    def engine_stopped(self) -> None:
        """Cease to watch."""
        if self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        stop = self._spider.stop
        while stop.reason is None:
            await asyncio.sleep(_TICK)
            if stop.on_tick is not None:
                stop.on_tick()
            self._check_limits(stop)
        await self._end(stop)

    def _check_limits(self, stop: StopFlag) -> None:
        job = self._spider.job
        if monotonic() - self._started >= job.max_seconds:
            stop.ask(TIME_SPENT)
        if (used := resident_mb()) >= job.memory_mb:
            stop.ask(f"memory limit: {used} MB in use, the limit is {job.memory_mb} MB")

    async def _end(self, stop: StopFlag) -> None:
        engine = self._crawler.engine
        if engine is None or stop.reason is None:
            return
        closing = asyncio.ensure_future(engine.close_spider_async(reason=stop.reason))
        deadline = monotonic() + GRACE_SECONDS
        while not closing.done():
            # Dropping a queued request lets Scrapy take the next one from its scheduler's hands, so drop repeatedly.
            for slot in list(engine.downloader.slots.values()):
                while slot.queue:
                    _, waiting = slot.queue.popleft()
                    dropped = Skipped(f"not reached: {stop.reason}")
                    waiting.errback(Failure(dropped))  # type: ignore[no-untyped-call] # Twisted's
            await asyncio.wait([closing], timeout=_TICK)
            if monotonic() >= deadline and not closing.done() and stop.on_overtime is not None:
                stop.on_overtime()


def resident_mb() -> int:
    """Return the largest resident size this process has had, in MB.

    Linux tells it for the program (``VmHWM``); ``getrusage`` there begins with the size of the process it was started
    from, so that a crawl started by a large program would be over its limit before its first page.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        status = ""
    if found := _PEAK.search(status):
        return int(found[1]) // 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1 << 20) if sys.platform == "darwin" else peak // 1024


_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
