"""robots.txt and sitemaps as the shops write them."""

import gzip
from collections.abc import Iterable
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def absolute(request: Request, path: str) -> str:
    """Return ``path`` as an absolute URL on the host and port that were asked."""
    return str(request.base_url).rstrip("/") + path


def robots(body: str, request: Request) -> Response:
    """Answer with robots.txt; ``{base}`` in ``body`` stands for the site's own origin."""
    return PlainTextResponse(body.replace("{base}", absolute(request, "")))


def sitemap_xml(urls: Iterable[str]) -> bytes:
    """Return a ``urlset`` document."""
    rows = "".join(f"<url><loc>{escape(url)}</loc></url>" for url in urls)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{NAMESPACE}">{rows}</urlset>\n'.encode()


def sitemap_index_xml(urls: Iterable[str]) -> bytes:
    """Return a ``sitemapindex`` document."""
    rows = "".join(f"<sitemap><loc>{escape(url)}</loc></sitemap>" for url in urls)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="{NAMESPACE}">{rows}</sitemapindex>\n'.encode()


def xml_response(document: bytes) -> Response:
    """Answer with an XML document."""
    return Response(document, media_type="application/xml")


def gzip_response(document: bytes) -> Response:
    """Answer with a document stored gzipped (``sitemap.xml.gz``): the gzip is the payload, not a transfer coding."""
    return Response(gzip.compress(document, mtime=0), media_type="application/gzip")
