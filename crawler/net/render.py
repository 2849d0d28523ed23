"""Rendering in Chromium behind the egress proxy, for pages that show nothing without scripts."""

import asyncio
import contextlib
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from playwright.async_api import Request as BrowserRequest
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response, TextResponse
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.page import PageMethod

from crawler.net.addresses import DEFAULT_PORTS, host_and_port
from crawler.net.browser import find_browser, launch_arguments
from crawler.net.egress import EgressProxy

if TYPE_CHECKING:
    from crawler.market import MarketSpider

PAGES_PER_CONTEXT: Final = 20
"""A context is thrown away after so many pages; memory grows otherwise."""
PAGES_AT_ONCE: Final = 2
PAGE_SECONDS: Final = 60.0
"""Longest time for one page, all in; neither Scrapy nor Playwright bounds the whole."""
_LONGEST_WAIT: Final = 8.0
"""Seconds a page may go on loading once it has loaded by its own word."""
_QUIET: Final = 0.25
"""Seconds without a request under way and without a change of the page, after which it is taken to be complete."""
_SOME_TEXT: Final = 100
"""Characters from which a page shows something."""
_LOOK_AGAIN: Final = 0.1
_SHOWN: Final = "() => [document.getElementsByTagName('*').length, (document.body?.innerText ?? '').trim().length]"
_SHOT_MS: Final = 10_000
_MAX_SHOT_HEIGHT: Final = 12_000
_EGRESS_ARGUMENTS: Final = (
    # Nothing is resolved or connected by the browser itself, whatever the proxy settings become.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-features=WebRtcHideLocalIpsWithMdns,DnsOverHttps,AsyncDns,OptimizationHints,MediaRouter",
)


class GuardedBrowserHandler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc] # ships no types
    """Scrapy's HTTP/1.1 handler, with a browser that starts at the first page that needs one."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._crawler = crawler
        self._proxy: EgressProxy | None = None
        self._rendered = 0
        self._in_use: Counter[str] = Counter()
        self._places = asyncio.Semaphore(PAGES_AT_ONCE)

    async def _maybe_launch_in_thread(self) -> None:
        """Do nothing when the engine starts: most runs need no browser."""

    async def download_request(self, request: Request) -> Response:
        """Fetch plainly, or in the browser when the request asks for it."""
        if not request.meta.get("playwright"):
            plain: Response = await super().download_request(request)
            return plain
        async with self._places:
            await self._ready()
            name = f"render-{self._rendered // PAGES_PER_CONTEXT}"
            self._rendered += 1
            self._in_use[name] += 1
            try:
                return await asyncio.wait_for(self._render(request, name), PAGE_SECONDS)
            finally:
                self._in_use[name] -= 1
                await self._drop_used_contexts()

    async def _render(self, request: Request, context: str) -> Response:
        request.meta["playwright_context"] = context
        request.meta["playwright_context_kwargs"] = {
            "accept_downloads": False,
            "ignore_https_errors": True,  # as the plain fetch: a bad certificate is evidence, not a reason to stop
            "service_workers": "block",
            "user_agent": self._crawler.settings["USER_AGENT"],
            "viewport": {"width": 1280, "height": 900},
        }
        response: Response = await super().download_request(request)
        return in_utf8(response)

    async def close(self) -> None:
        """Close the browser, then its way out."""
        await super().close()
        if self._proxy is not None:
            spider: MarketSpider = self._crawler.spider  # type: ignore[assignment] # the only spider there is
            spider.ledger.browser_refused += self._proxy.refused
            spider.ledger.counts["browser_refused"] += self._proxy.refused.total()
            await self._proxy.close()

    async def _ready(self) -> None:
        if self._proxy is not None:
            return
        spider: MarketSpider = self._crawler.spider  # type: ignore[assignment] # the only spider there is
        extra = frozenset(spider.job.subresource_hosts)

        def allows(host: str, port: int) -> bool:
            return spider.scope.allows_pair(host, port) or (host in extra and port in DEFAULT_PORTS.values())

        self._proxy = EgressProxy(allows, spider.addresses)
        address = await self._proxy.start()
        browser = find_browser()
        self.config.launch_options = {
            "executable_path": str(browser) if browser else None,
            "headless": True,
            "args": [*launch_arguments(), *_EGRESS_ARGUMENTS],
            "proxy": {"server": address, "bypass": "<-loopback>"},
        }

        def is_refused(browser_request: BrowserRequest) -> bool:
            pair = host_and_port(browser_request.url)
            if browser_request.resource_type == "media":
                return True
            if pair is None:
                return not browser_request.url.startswith(("data:", "blob:"))
            if browser_request.is_navigation_request():
                return not spider.scope.allows_pair(*pair)
            return not allows(*pair)

        self.abort_request = is_refused
        await self._launch()

    async def _drop_used_contexts(self) -> None:
        """Close the contexts that had their pages and that no page is waiting for."""
        current = f"render-{self._rendered // PAGES_PER_CONTEXT}"
        for name, wrapper in list(self.context_wrappers.items()):
            if name != current and not self._in_use[name]:
                with contextlib.suppress(PlaywrightError):
                    await wrapper.context.close()


def in_utf8(response: Response) -> Response:
    """Return a rendered page in UTF-8 that says so: a DOM has no encoding, whatever the page was sent in."""
    if not isinstance(response, TextResponse):
        return response
    headers = response.headers.copy()
    headers[b"Content-Type"] = b"text/html; charset=utf-8"
    return response.replace(
        body=response.text.encode("utf-8", errors="replace"), headers=headers, encoding="utf-8", cls=HtmlResponse
    )


class Portrait:
    """Waits until one page has loaded what it shows, and photographs it."""

    def __init__(self) -> None:
        self._under_way: set[BrowserRequest] = set()

    async def watch(self, page: Page, _: Request) -> None:
        """Follow the requests of a new page."""
        page.on("request", self._began)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)

    def _began(self, request: BrowserRequest) -> None:
        self._under_way.add(request)

    def _ended(self, request: BrowserRequest) -> None:
        self._under_way.discard(request)

    async def take(self, page: Page) -> bytes | None:
        """Return the screenshot; None where that fails."""
        try:
            await self._settle(page)
            height = int(await page.evaluate("() => document.documentElement.scrollHeight"))
            options: dict[str, Any] = {"full_page": True}
            if height > _MAX_SHOT_HEIGHT:
                options["clip"] = {"x": 0, "y": 0, "width": 1280, "height": _MAX_SHOT_HEIGHT}
            return await page.screenshot(type="png", timeout=_SHOT_MS, animations="disabled", **options)
        except PlaywrightError:
            return None

    async def _settle(self, page: Page) -> None:
        """Return once the page shows text, asks for nothing and stands still; at the latest after the longest wait.

        A page that shows next to nothing may still begin to load: it must be quiet for twice as long.
        """
        deadline = monotonic() + _LONGEST_WAIT
        quiet_since, before = monotonic(), None
        while (now := monotonic()) < deadline:
            shown: list[int] = await page.evaluate(_SHOWN)
            if self._under_way or shown != before:
                quiet_since, before = now, shown
            elif now - quiet_since >= (_QUIET if shown[1] >= _SOME_TEXT else 2 * _QUIET):
                return
            await asyncio.sleep(_LOOK_AGAIN)


def portrait_of_page() -> dict[str, Any]:
    """Return the part of a request's meta that has its page rendered and photographed."""
    portrait = Portrait()
    return {
        "playwright": True,
        "playwright_page_init_callback": portrait.watch,
        "playwright_page_methods": [PageMethod(portrait.take)],
    }
