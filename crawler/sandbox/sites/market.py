"""A marketplace with many sellers: microdata, categories with pages, a search, and no patience with haste (429)."""

from collections.abc import Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from crawler.sandbox import sitemaps
from crawler.sandbox.pages import cut, page_number, render
from crawler.sandbox.pictures import svg_response
from crawler.sandbox.state import Stage
from crawler.sandbox.throttle import RETRY_AFTER_SECONDS, Throttle

PER_PAGE: Final = 12
REQUESTS_PER_SECOND: Final = 40
ALWAYS_REFUSED: Final = frozenset({5, 6})
"""Which requests of a run meet a 429 however slowly they come."""


class _Market:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.sellers = {seller.name: seller for seller in stage.shop.sellers}

    def page(self, template: str, status: int = 200, **context: Any) -> Response:  # noqa: ANN401 - template variables
        return render(f"market/{template}", status, shop=self.stage.shop, sellers=self.sellers, **context)

    async def home(self, request: Request) -> Response:
        return self.page("front.html", rows=self.stage.shown()[:8])

    async def category(self, request: Request) -> Response:
        shelf = next((c for c in self.stage.shop.categories if c.slug == request.path_params["slug"]), None)
        if shelf is None:
            return self.missing()
        page = page_number(request.query_params.get("page"))
        rows, last = cut(self.stage.shown(shelf.slug), page, PER_PAGE)
        return self.page("list.html", title=shelf.name, rows=rows, page=page, last=last, query=None, base="")

    async def search(self, request: Request) -> Response:
        query = request.query_params.get("q", "")[:100].strip()
        page = page_number(request.query_params.get("page"))
        wanted = query.casefold()
        found = [
            row for row in self.stage.offers().values()
            if wanted and wanted in f"{row.title} {row.description}".casefold()
        ]  # fmt: skip
        rows, last = cut(found, page, PER_PAGE)
        return self.page("list.html", title=f"“{query}”", rows=rows, page=page, last=last, query=query, base="")

    async def item(self, request: Request) -> Response:
        row = self.stage.offers().get(request.url.path)
        if row is None:
            return self.missing(410 if self.stage.was_on_offer(request.url.path) else 404)
        return self.page("item.html", row=row)

    async def seller(self, request: Request) -> Response:
        who = next((s for s in self.stage.shop.sellers if s.handle == request.path_params["handle"]), None)
        if who is None:
            return self.missing()
        rows = [row for row in self.stage.shown() if row.seller == who.name]
        return self.page("seller.html", who=who, rows=rows)

    async def shop_page(self, request: Request) -> Response:
        found = next((p for p in self.stage.shop.pages if p.path == request.url.path), None)
        return self.missing() if found is None else self.page("page.html", page=found)

    async def picture(self, request: Request) -> Response:
        name = request.path_params["name"]
        title = next((row.title for row in self.stage.shop.listings if row.id == name), "")
        return svg_response(f"{self.stage.key}-{name[:40]}", title)

    async def robots(self, request: Request) -> Response:
        return sitemaps.robots(self.stage.shop.robots or "", request)

    def missing(self, status: int = 404) -> Response:
        return self.page("missing.html", status)

    async def not_found(self, request: Request, error: Exception) -> Response:
        return self.missing()


class _Throttled:
    """Refuses too many page requests; robots.txt and pictures are free."""

    def __init__(self, app: ASGIApp, throttle: Throttle) -> None:
        self.app = app
        self.throttle = throttle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        free = scope["type"] != "http" or scope["path"] == "/robots.txt" or scope["path"].startswith("/media/")
        if free or self.throttle.admit():
            await self.app(scope, receive, send)
            return
        refusal = PlainTextResponse(
            "Too many requests. Please slow down.\n", 429, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}
        )
        await refusal(scope, receive, send)


def build(stage: Stage, clock: Callable[[], float]) -> ASGIApp:
    """Return the application of the marketplace; ``clock`` drives its throttle."""
    site = _Market(stage)
    routes = [
        Route("/", site.home),
        Route("/robots.txt", site.robots),
        Route("/c/{slug}", site.category),
        Route("/search", site.search),
        Route("/item/{slug}", site.item),
        Route("/u/{handle}", site.seller),
        Route("/help/{slug}", site.shop_page),
        Route("/media/{name}.svg", site.picture),
    ]
    app = Starlette(routes=routes, exception_handlers={404: site.not_found})
    return _Throttled(app, Throttle(limit=REQUESTS_PER_SECOND, always=ALWAYS_REFUSED, clock=clock))
