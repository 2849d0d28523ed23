"""The kinds of request a run makes, and what each carries with it (``meta``) for the middlewares and for its answer."""

from collections.abc import Callable
from typing import Any

from scrapy import Request

from casefile.records import Capture
from crawler.discovery.sitemaps import SitemapFile
from crawler.frontier import Candidate
from crawler.pages import LinkRole

Callback = Callable[..., Any]


def page_request(candidate: Candidate, role: LinkRole, *, callback: Callback, errback: Callback) -> Request:
    """Return the request for a page of a site."""
    meta = {"kind": "page", "role": role, "depth": candidate.depth, "template": candidate.template}
    return _request(candidate.url, candidate.url, candidate.priority, meta, callback, errback)


def sitemap_request(file: SitemapFile, *, callback: Callback, errback: Callback) -> Request:
    """Return the request for a sitemap."""
    return _request(file.url, file.url, 90, {"kind": "sitemap", "level": file.level}, callback, errback)


def render_request(
    asked: str, capture: Capture, meta: dict[str, Any], *, callback: Callback, errback: Callback
) -> Request:
    """Return the request to render a page in the browser; ``capture`` and ``meta`` are those of its plain fetch."""
    from crawler.net.render import portrait_of_page  # most runs need no browser

    carried = {
        "kind": "render",
        "depth": meta.get("depth", 0),
        "template": meta.get("template"),
        "plain_capture": capture,
        **portrait_of_page(),
    }
    return _request(capture.final_url, asked, 60, carried, callback, errback)


def _request(
    url: str, asked: str, priority: int, meta: dict[str, Any], callback: Callback, errback: Callback
) -> Request:
    # Never filtered by Scrapy: the frontier knows what was seen.
    return Request(
        url, callback=callback, errback=errback, priority=priority, dont_filter=True, meta={"asked": asked, **meta}
    )
