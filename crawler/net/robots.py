"""robots.txt by RFC 9309, with ``Crawl-delay``: fetched once per origin, kept as evidence, and obeyed.

An override needs a target with legal basis, authoriser and expiry (``crawler.targets``); it never covers
``Crawl-delay``.
"""

import asyncio
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from casefile.records import sha256_hex
from crawler.ledger import RobotsNote, Skipped, Unreachable
from crawler.net.failures import plain_reason
from crawler.net.gate import slot_of
from crawler.net.pace import Pace
from crawler.net.resolver import refused_address

if TYPE_CHECKING:
    from crawler.market import MarketSpider

PRODUCT_TOKEN: Final = "PharmakonBot"  # noqa: S105 - a name in robots.txt, not a secret
"""What a site writes after ``User-agent:`` to address this crawler."""
_MAX_BYTES: Final = 512 * 1024
"""RFC 9309 section 2.5 asks for at least 500 KiB."""
_MAX_SITEMAPS: Final = 50
_PRIORITY: Final = 1000


class RobotsGate:
    """Downloader middleware: asks the origin's robots.txt before any other request goes out."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._rules: dict[str, asyncio.Task[Protego | None]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build for a crawler whose spider is a :class:`~crawler.market.MarketSpider`."""
        return cls(crawler)

    @property
    def _spider(self) -> "MarketSpider":
        spider: MarketSpider = self._crawler.spider  # type: ignore[assignment] # the only spider there is
        return spider

    async def process_request(self, request: Request) -> None:
        """Raise :class:`Skipped` for what robots.txt does not allow."""
        if request.meta.get("kind") == "robots":
            return
        origin = origin_of(request.url)
        if origin not in self._rules:
            self._rules[origin] = asyncio.ensure_future(self._ask(origin))
        rules = await asyncio.shield(self._rules[origin])
        note = self._spider.ledger.robots[origin]
        if note.state == "unavailable":
            request.meta["robots"] = "unavailable"
        elif rules is not None and rules.can_fetch(request.url, PRODUCT_TOKEN):
            request.meta["robots"] = "allowed"
        elif self._spider.job.robots_override is not None and note.state == "rules":
            note.overridden += 1
            request.meta["robots"] = "overridden"
        else:
            note.refused += 1
            raise _why_not(note)

    async def _ask(self, origin: str) -> Protego | None:
        request = Request(
            f"{origin}/robots.txt", meta={"kind": "robots"}, priority=_PRIORITY, dont_filter=True, callback=NO_CALLBACK
        )
        ledger = self._spider.ledger
        try:
            engine = self._crawler.engine
            response = await engine.download_async(request)
        except Exception as error:
            # Whatever went wrong, the site's wishes are unknown: RFC 9309 section 2.3.1.4 asks for full restraint.
            ledger.robots[origin] = _failed(origin, error)
            return None
        note, rules = read_robots(response)
        ledger.robots[origin] = note
        if rules is not None:
            ledger.sitemaps[origin] = tuple(rules.sitemaps)[:_MAX_SITEMAPS]
            if note.crawl_delay:
                pace = self._crawler.get_downloader_middleware(Pace)
                if pace is None:
                    raise RuntimeError("Crawl-delay cannot be honoured without the Pace middleware")
                pace.slow_down(slot_of(origin), note.crawl_delay)
        return rules


def _failed(origin: str, error: Exception) -> RobotsNote:
    refused = refused_address(origin) if isinstance(error, CannotResolveHostError) else None
    if refused is not None:
        return RobotsNote("address_refused", reason=refused)
    if isinstance(error, IgnoreRequest):
        return RobotsNote("unreachable", reason=plain_reason(error))
    return RobotsNote("no_connection", reason=plain_reason(error))


def _why_not(note: RobotsNote) -> Skipped:
    if note.state == "rules":
        return Skipped("robots")
    if note.state == "address_refused":
        return Skipped(note.reason or "address refused")
    if note.state == "no_connection":
        return Unreachable(note.reason or "no connection")
    return Skipped(f"robots.txt could not be read ({note.reason}), so nothing is allowed")


def read_robots(response: Response) -> tuple[RobotsNote, Protego | None]:
    """Return what a response to ``/robots.txt`` means; rules are None where there are none to apply."""
    status = response.status
    if status == 429 or status >= 500:
        return RobotsNote("unreachable", status=status, reason=f"status {status}"), None
    if status >= 400:
        return RobotsNote("unavailable", status=status), None
    if status >= 300:
        return RobotsNote("unreachable", status=status, reason=f"status {status} that leads nowhere"), None
    rules = Protego.parse(response.body[:_MAX_BYTES].decode("utf-8-sig", errors="ignore"))
    delay = rules.crawl_delay(PRODUCT_TOKEN)
    note = RobotsNote(
        "rules",
        status=status,
        sha256=sha256_hex(response.body),
        crawl_delay=float(delay) if delay is not None and delay > 0 else None,
    )
    return note, rules


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL: what one robots.txt speaks for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
