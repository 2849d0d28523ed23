"""A rogue pharmacy: leaflet texts and an offer table per item; what gives it away stands on the shop's own pages."""

from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crawler.sandbox.pages import render
from crawler.sandbox.pictures import png_response
from crawler.sandbox.state import Stage

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "package": "Package", "price": "Price", "unit": "Per pill", "buy": "Add to cart", "from": "from",
        "about": "Product description", "shelves": "Categories",
        "gone": "Sorry, the product you are looking for was not found.",
    },
    "de": {
        "package": "Packung", "price": "Preis", "unit": "Pro Pille", "buy": "In den Korb", "from": "ab",
        "about": "Beschreibung", "shelves": "Kategorien", "gone": "Leider wurde das Produkt nicht gefunden.",
    },
    "es": {
        "package": "Paquete", "price": "Precio", "unit": "Por pastilla", "buy": "Comprar", "from": "desde",
        "about": "Descripción", "shelves": "Categorías", "gone": "Lo sentimos, no encontramos el producto.",
    },
}  # fmt: skip


class _Rogue:
    def __init__(self, stage: Stage, tripwire: str) -> None:
        self.stage = stage
        self.tripwire = tripwire

    def page(self, template: str, language: str = "en", **context: Any) -> Response:  # noqa: ANN401 - template variables
        return render(
            f"rogue/{template}", shop=self.stage.shop, words=WORDS[language], language=language,
            tripwire=self.tripwire, **context,
        )  # fmt: skip

    async def home(self, request: Request) -> Response:
        return self.page("front.html", rows=self.stage.shown()[:9])

    async def category(self, request: Request) -> Response:
        shelf = next((c for c in self.stage.shop.categories if c.slug == request.path_params["slug"]), None)
        if shelf is None:
            return self.gone()
        return self.page("category.html", shelf.language or "en", shelf=shelf, rows=self.stage.shown(shelf.slug))

    async def any_page(self, request: Request) -> Response:
        row = self.stage.offers().get(request.url.path)
        if row is not None:
            return self.page("item.html", row.language, row=row)
        found = next((p for p in self.stage.shop.pages if p.path == request.url.path), None)
        if found is not None:
            return self.page("page.html", found.language, page=found)
        return self.gone()

    def gone(self) -> Response:
        """Answer as such kits do: a "not found" text with status 200 (a soft 404)."""
        return self.page("gone.html")

    async def not_found(self, request: Request, error: Exception) -> Response:
        return self.gone()

    async def no_robots(self, request: Request) -> Response:
        return Response("Not Found", status_code=404, media_type="text/plain")

    async def checkout(self, request: Request) -> Response:
        """Send the buyer to the payment host, which is another origin and not to be followed."""
        return RedirectResponse(self.tripwire + "/checkout", status_code=302)

    async def picture(self, request: Request) -> Response:
        return png_response(f"{self.stage.key}-{request.path_params['name'][:40]}")


def build(stage: Stage, tripwire: str) -> Starlette:
    """Return the application of the rogue pharmacy; ``tripwire`` is the origin its checkout leads to."""
    site = _Rogue(stage, tripwire)
    routes = [
        Route("/", site.home),
        Route("/robots.txt", site.no_robots),
        Route("/category/{slug}.html", site.category),
        Route("/cart/checkout", site.checkout),
        Route("/pics/{name}.png", site.picture),
        Route("/{page}.html", site.any_page),
    ]
    return Starlette(routes=routes, exception_handlers={404: site.not_found})
