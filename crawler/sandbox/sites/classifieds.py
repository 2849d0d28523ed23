"""Small ads from everywhere: free text in many scripts, contacts in text and pictures, and an endless calendar."""

from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crawler.sandbox import sitemaps
from crawler.sandbox.catalogue import SandboxListing
from crawler.sandbox.pages import page_number, render
from crawler.sandbox.pictures import png_response
from crawler.sandbox.state import Stage

PER_PAGE: Final = 20


class _Classifieds:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def page(self, template: str, status: int = 200, **context: Any) -> Response:  # noqa: ANN401 - template variables
        return render(f"classifieds/{template}", status, shop=self.stage.shop, **context)

    async def home(self, request: Request) -> Response:
        return self.page(
            "front.html", counts={c.slug: len(self.stage.shown(c.slug)) for c in self.stage.shop.categories}
        )

    async def region(self, request: Request) -> Response:
        """List the newest ads of a region; older ones follow by number (``?before=``), not by page."""
        shelf = next((c for c in self.stage.shop.categories if c.slug == request.path_params["slug"]), None)
        if shelf is None:
            return self.page("missing.html", 404)
        rows = sorted(self.stage.shown(shelf.slug), key=_number, reverse=True)
        before = request.query_params.get("before")
        if before is not None:
            rows = [row for row in rows if _number(row) < page_number(before)]
        older = _number(rows[PER_PAGE - 1]) if len(rows) > PER_PAGE else None
        return self.page("region.html", shelf=shelf, rows=rows[:PER_PAGE], older=older)

    async def ad(self, request: Request) -> Response:
        row = self.stage.offers().get(request.url.path)
        if row is None:
            return self.page("missing.html", 404)
        hidden = [contact for contact in row.contacts if contact.place == "image"]
        return self.page("ad.html", row=row, alt=" ".join(contact.shown for contact in hidden))

    async def shop_page(self, request: Request) -> Response:
        found = next((p for p in self.stage.shop.pages if p.path == request.url.path), None)
        return self.page("missing.html", 404) if found is None else self.page("page.html", page=found)

    async def calendar(self, request: Request) -> Response:
        """Show a month of events with a link to the next one, for ever: a trap for a crawler without a budget."""
        year, month = request.path_params["year"], request.path_params["month"]
        if not 1 <= month <= 12 or year > 9999:
            return self.page("missing.html", 404)
        following = (year + month // 12, month % 12 + 1)
        previous = (year - (month == 1), (month - 2) % 12 + 1)
        return self.page("calendar.html", year=year, month=month, following=following, previous=previous)

    async def picture(self, request: Request) -> Response:
        name = request.path_params["name"]
        row = next((row for row in self.stage.shop.listings if row.id == name), None)
        written = " ".join(c.shown for c in row.contacts if c.place == "image") if row else ""
        return png_response(f"{self.stage.key}-{name[:40]}", written)

    async def robots(self, request: Request) -> Response:
        return sitemaps.robots(self.stage.shop.robots or "", request)

    async def sitemap(self, request: Request) -> Response:
        urls = [sitemaps.absolute(request, row.path) for row in self.stage.shown()]
        return sitemaps.gzip_response(sitemaps.sitemap_xml(urls))

    async def not_found(self, request: Request, error: Exception) -> Response:
        return self.page("missing.html", 404)


def _number(row: SandboxListing) -> int:
    """Return the running number of an ad, the last part of its path."""
    return int(row.path.rsplit("/", 1)[1])


def build(stage: Stage) -> Starlette:
    """Return the application of the classifieds site."""
    site = _Classifieds(stage)
    routes = [
        Route("/", site.home),
        Route("/robots.txt", site.robots),
        Route("/sitemap.xml.gz", site.sitemap),
        Route("/r/{slug}", site.region),
        Route("/post/{number:int}", site.ad),
        Route("/private/{number:int}", site.ad),
        Route("/info/{slug}", site.shop_page),
        Route("/calendar/{year:int}/{month:int}", site.calendar),
        Route("/upl/{name}.png", site.picture),
    ]
    return Starlette(routes=routes, exception_handlers={404: site.not_found})
