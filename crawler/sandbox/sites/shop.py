"""One plain shop over any listings file: pages of items, product pages with JSON-LD, a sitemap index."""

from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from casefile.records import Listing
from crawler.sandbox import sitemaps
from crawler.sandbox.listings_file import ListingsFile
from crawler.sandbox.pages import page_number, render

PER_PAGE: Final = 50
PER_SITEMAP: Final = 10_000
"""Far below the 50,000 a sitemap may hold (sitemaps.org protocol)."""
ROBOTS: Final = "User-agent: *\nDisallow: /cart\nSitemap: {base}/sitemap.xml\n"


def product_data(listing: Listing, url: str) -> dict[str, Any]:
    """Return the JSON-LD of a row; a price only when both amount and currency are known."""
    data: dict[str, Any] = {"@context": "https://schema.org", "@type": "Product", "url": url}
    data["name"] = listing.title or (listing.description or "")[:80]
    for name, value in (("description", listing.description), ("sku", listing.sku), ("gtin", listing.gtin),
                        ("mpn", listing.mpn)):  # fmt: skip
        if value:
            data[name] = value
    if listing.brand:
        data["brand"] = {"@type": "Brand", "name": listing.brand}
    offer: dict[str, Any] = {}
    if listing.price and listing.price.amount and listing.price.currency:
        offer |= {"price": listing.price.amount, "priceCurrency": listing.price.currency}
    if listing.availability in ("in_stock", "out_of_stock"):
        offer["availability"] = "https://schema.org/" + (
            "InStock" if listing.availability == "in_stock" else "OutOfStock"
        )
    if listing.seller and listing.seller.name:
        offer["seller"] = {"@type": "Organization", "name": listing.seller.name}
    if offer:
        data["offers"] = {"@type": "Offer", "url": url} | offer
    return data


class _Shop:
    def __init__(self, held: ListingsFile) -> None:
        self.held = held

    async def page(self, request: Request) -> Response:
        page = page_number(request.query_params.get("page"))
        last = max(1, -(-len(self.held.titles) // PER_PAGE))
        start = (page - 1) * PER_PAGE
        rows = list(enumerate(self.held.titles[start : start + PER_PAGE], start=start + 1))
        return render("shop/list.html", rows=rows, page=page, last=last, total=len(self.held.titles))

    async def item(self, request: Request) -> Response:
        number = request.path_params["number"]
        listing = self.held.listing(number - 1)
        if listing is None:
            return self.missing()
        url = sitemaps.absolute(request, f"/item/{number}")
        return render("shop/item.html", listing=listing, number=number, data=product_data(listing, url))

    async def sitemap_index(self, request: Request) -> Response:
        parts = range(1, -(-len(self.held.rows) // PER_SITEMAP) + 1)
        maps = (sitemaps.absolute(request, f"/sitemap-{part}.xml") for part in parts)
        return sitemaps.xml_response(sitemaps.sitemap_index_xml(maps))

    async def sitemap(self, request: Request) -> Response:
        first = (request.path_params["part"] - 1) * PER_SITEMAP + 1
        last = min(first + PER_SITEMAP - 1, len(self.held.rows))
        if not 1 <= first <= last:
            return self.missing()
        urls = (sitemaps.absolute(request, f"/item/{number}") for number in range(first, last + 1))
        return sitemaps.xml_response(sitemaps.sitemap_xml(urls))

    async def robots(self, request: Request) -> Response:
        return sitemaps.robots(ROBOTS, request)

    def missing(self) -> Response:
        return render("shop/missing.html", 404)

    async def not_found(self, request: Request, error: Exception) -> Response:
        return self.missing()


def build(held: ListingsFile) -> Starlette:
    """Return the application that serves the rows of a listings file."""
    site = _Shop(held)
    routes = [
        Route("/", site.page),
        Route("/robots.txt", site.robots),
        Route("/sitemap.xml", site.sitemap_index),
        Route("/sitemap-{part:int}.xml", site.sitemap),
        Route("/item/{number:int}", site.item),
    ]
    return Starlette(routes=routes, exception_handlers={404: site.not_found})
