"""A shop that is an empty shell until its script has run: every page is the same HTML, the content comes from /api."""

from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crawler.sandbox import sitemaps
from crawler.sandbox.catalogue import SandboxListing
from crawler.sandbox.pages import TEMPLATES, cut, page_number, render
from crawler.sandbox.pictures import png_response
from crawler.sandbox.state import Stage

PER_PAGE: Final = 12


class _App:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.script = (TEMPLATES / "app" / "app.js").read_bytes()

    async def shell(self, request: Request) -> Response:
        return render("app/shell.html", shop=self.stage.shop)

    async def assets(self, request: Request) -> Response:
        return Response(self.script, media_type="text/javascript")

    async def api_home(self, request: Request) -> Response:
        shop = self.stage.shop
        return JSONResponse(
            {
                "name": shop.name, "tagline": shop.tagline,
                "collections": [{"slug": c.slug, "name": c.name} for c in shop.categories],
                "pages": [{"path": p.path, "title": p.title} for p in shop.pages],
                "picks": [_tile(row) for row in self.stage.shown()[:4]],
            }
        )  # fmt: skip

    async def api_collection(self, request: Request) -> Response:
        shelf = next((c for c in self.stage.shop.categories if c.slug == request.path_params["slug"]), None)
        if shelf is None:
            return _nothing()
        page = page_number(request.query_params.get("page"))
        rows, last = cut(self.stage.shown(shelf.slug), page, PER_PAGE)
        return JSONResponse({"name": shelf.name, "page": page, "last": last, "rows": [_tile(row) for row in rows]})

    async def api_product(self, request: Request) -> Response:
        row = self.stage.offers().get(f"/p/{request.path_params['slug']}")
        if row is None:
            return _nothing()
        body: dict[str, Any] = _tile(row) | {"text": row.description.split("\n"), "language": row.language}
        body |= {"stock": row.availability, "sku": row.sku, "vendor": row.seller, "facts": row.details}
        body["contacts"] = [{"kind": c.kind, "shown": c.shown} for c in row.contacts if c.place == "field"]
        return JSONResponse(body)

    async def api_page(self, request: Request) -> Response:
        found = next((p for p in self.stage.shop.pages if p.path == f"/info/{request.path_params['slug']}"), None)
        if found is None:
            return _nothing()
        return JSONResponse({"title": found.title, "text": found.text.split("\n"), "language": found.language})

    async def picture(self, request: Request) -> Response:
        return png_response(f"{self.stage.key}-{request.path_params['name'][:40]}")

    async def robots(self, request: Request) -> Response:
        return sitemaps.robots(self.stage.shop.robots or "", request)


def _tile(row: SandboxListing) -> dict[str, Any]:
    price = row.price.shown if row.price else None
    return {"path": row.path, "title": row.title, "price": price, "picture": f"/pic/{row.id}.png"}


def _nothing() -> Response:
    return JSONResponse({"error": "not found"}, status_code=404)


def build(stage: Stage) -> Starlette:
    """Return the application of the JavaScript shop."""
    site = _App(stage)
    routes = [
        Route("/robots.txt", site.robots),
        Route("/assets/app.js", site.assets),
        Route("/api/home", site.api_home),
        Route("/api/collections/{slug}", site.api_collection),
        Route("/api/products/{slug}", site.api_product),
        Route("/api/pages/{slug}", site.api_page),
        Route("/pic/{name}.png", site.picture),
        Route("/", site.shell),
        Route("/c/{slug}", site.shell),
        Route("/p/{slug}", site.shell),
        Route("/info/{slug}", site.shell),
    ]
    return Starlette(routes=routes)
