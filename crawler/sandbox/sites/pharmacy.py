"""A licensed mail-order pharmacy: German, French and English, JSON-LD, prescriptions uploaded and asked for."""

from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crawler.sandbox import sitemaps
from crawler.sandbox.catalogue import SandboxListing
from crawler.sandbox.pages import cut, page_number, render
from crawler.sandbox.pictures import png_response
from crawler.sandbox.state import Stage

PER_PAGE: Final = 12
UPLOAD_LIMIT: Final = 1_000_000

WORDS: Final[dict[str, dict[str, str]]] = {
    "de": {
        "category": "kategorie", "product": "produkt", "page": "seite", "cart": "In den Warenkorb",
        "rx": "Verschreibungspflichtig: Abgabe nur gegen ein gültiges Rezept.", "upload": "Rezept einlösen",
        "in_stock": "Sofort lieferbar", "out_of_stock": "Zurzeit nicht lieferbar", "next": "Weiter", "pzn": "PZN",
        "missing": "Diese Seite gibt es nicht.", "received": "Danke, wir haben Ihr Rezept erhalten und prüfen es.",
        "stock": "Klinikbedarf (nur Vertragspartner)",
    },
    "fr": {
        "category": "rayon", "product": "produit", "page": "page", "cart": "Ajouter au panier",
        "rx": "Médicament soumis à prescription : délivré uniquement sur présentation d'une ordonnance.",
        "upload": "Envoyer mon ordonnance", "in_stock": "En stock", "out_of_stock": "Épuisé", "next": "Suivant",
        "pzn": "Réf.", "missing": "Cette page n'existe pas.",
        "received": "Merci, votre ordonnance a été reçue et sera contrôlée.",
        "stock": "Fournitures hospitalières (partenaires)",
    },
    "en": {
        "category": "category", "product": "product", "page": "page", "cart": "Add to basket",
        "rx": "Prescription-only medicine: dispensed only against a valid prescription.",
        "upload": "Send us your prescription", "in_stock": "In stock", "out_of_stock": "Out of stock", "next": "Next",
        "pzn": "Item no.", "missing": "There is no such page.",
        "received": "Thank you, your prescription was received and will be checked.",
        "stock": "Hospital stock (contract partners)",
    },
}  # fmt: skip


def product_data(row: SandboxListing, url: str, shop: str) -> dict[str, Any]:
    """Return the JSON-LD of a listing; every third shop page wraps it in ``@graph``, as themes in the wild do."""
    stock = {"in_stock": "https://schema.org/InStock", "out_of_stock": "https://schema.org/OutOfStock"}
    product: dict[str, Any] = {"@type": "Product", "name": row.title, "description": row.description, "url": url}
    for field, value in (("sku", row.sku), ("gtin13", row.gtin)):
        if value:
            product[field] = value
    if row.brand:
        product["brand"] = {"@type": "Brand", "name": row.brand}
    if row.price:
        offer: dict[str, Any] = {"@type": "Offer", "url": url, "seller": {"@type": "Pharmacy", "name": shop}}
        offer |= {"price": row.price.amount, "priceCurrency": row.price.currency}
        if row.availability:
            offer["availability"] = stock[row.availability]
        product["offers"] = offer
    product["image"] = url.rsplit("/", 3)[0] + f"/bild/{row.id}.png"
    if int(row.id[-3:]) % 3 == 0:
        return {"@context": "https://schema.org", "@graph": [{"@type": "WebPage", "url": url}, product]}
    return {"@context": "https://schema.org"} | product


class _Pharmacy:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def page(self, template: str, language: str, status: int = 200, **context: Any) -> Response:  # noqa: ANN401 - template variables
        shelves = [c for c in self.stage.shop.categories if c.language == language and c.slug != "klinikbedarf"]
        links = [p for p in self.stage.shop.pages if p.language == language]
        return render(
            f"pharmacy/{template}", status, shop=self.stage.shop, words=WORDS[language], language=language,
            shelves=shelves, pages=links, **context,
        )  # fmt: skip

    async def home(self, request: Request) -> Response:
        return RedirectResponse("/de/", status_code=302)

    async def front(self, request: Request) -> Response:
        language = request.path_params["language"]
        rows = self.stage.shown(language=language)
        return self.page("front.html", language, rows=rows[:6], upload_done=False)

    async def category(self, request: Request) -> Response:
        language = request.path_params["language"]
        shelf = next((c for c in self.stage.shop.categories if c.slug == request.path_params["slug"]), None)
        if shelf is None or shelf.language != language or shelf.slug == "klinikbedarf":
            return self.missing(language)
        page = page_number(request.query_params.get(WORDS[language]["page"]))
        rows, last = cut(self.stage.shown(shelf.slug), page, PER_PAGE)
        return self.page("category.html", language, shelf=shelf, rows=rows, page=page, last=last)

    async def product(self, request: Request) -> Response:
        row = self.stage.offers().get(request.url.path)
        if row is None:
            return self.missing(request.path_params.get("language", "de"))
        data = product_data(row, sitemaps.absolute(request, row.path), self.stage.shop.name)
        return self.page("product.html", row.language, row=row, data=data)

    async def hospital(self, request: Request) -> Response:
        rows = [row for row in self.stage.offers().values() if row.section == "robots"]
        return self.page("hospital.html", "de", rows=rows)

    async def upload(self, request: Request) -> Response:
        received = 0
        async for chunk in request.stream():
            received += len(chunk)
            if received > UPLOAD_LIMIT:
                return self.page("front.html", "de", 413, rows=[], upload_done=False)
        return self.page("front.html", request.path_params["language"], rows=[], upload_done=True)

    async def shop_page(self, request: Request) -> Response:
        found = next((p for p in self.stage.shop.pages if p.path == request.url.path), None)
        if found is None:
            return self.missing(request.path_params["language"])
        return self.page("page.html", found.language, page=found)

    async def picture(self, request: Request) -> Response:
        return png_response(f"{self.stage.key}-{request.path_params['name'][:40]}")

    async def sitemap_index(self, request: Request) -> Response:
        maps = [sitemaps.absolute(request, f"/sitemap-{code}.xml") for code in self.stage.shop.languages]
        return sitemaps.xml_response(sitemaps.sitemap_index_xml(maps))

    async def sitemap(self, request: Request) -> Response:
        code = request.path_params["language"]
        paths = [row.path for row in self.stage.shown(language=code)]
        paths += [p.path for p in self.stage.shop.pages if p.language == code]
        return sitemaps.xml_response(sitemaps.sitemap_xml(sitemaps.absolute(request, path) for path in paths))

    async def robots(self, request: Request) -> Response:
        return sitemaps.robots(self.stage.shop.robots or "", request)

    def missing(self, language: str) -> Response:
        return self.page("missing.html", language if language in WORDS else "de", 404)

    async def not_found(self, request: Request, error: Exception) -> Response:
        return self.missing(request.url.path.strip("/").split("/")[0])


def build(stage: Stage) -> Starlette:
    """Return the application of the licensed pharmacy."""
    site = _Pharmacy(stage)
    routes = [
        Route("/", site.home),
        Route("/robots.txt", site.robots),
        Route("/sitemap.xml", site.sitemap_index),
        Route("/klinikbedarf/", site.hospital),
        Route("/klinikbedarf/{slug}", site.product),
        Route("/bild/{name}.png", site.picture),
    ]
    for code, words in WORDS.items():
        routes += [
            Route(f"/sitemap-{code}.xml", _fixed(site.sitemap, code)),
            Route(f"/{code}/", _fixed(site.front, code)),
            Route(f"/{code}/{words['category']}/{{slug}}", _fixed(site.category, code)),
            Route(f"/{code}/{words['product']}/{{slug}}", _fixed(site.product, code)),
            Route(f"/{code}/upload", _fixed(site.upload, code), methods=["POST"]),
            Route(f"/{code}/{{slug}}", _fixed(site.shop_page, code)),
        ]
    return Starlette(routes=routes, exception_handlers={404: site.not_found})


def _fixed(handler: Any, language: str) -> Any:  # noqa: ANN401 - a bound endpoint and its wrapper
    """Bind the language that a route's path stands for."""

    async def endpoint(request: Request) -> Response:
        request.path_params["language"] = language
        response: Response = await handler(request)
        return response

    return endpoint
