"""Keeping what a browser made of a page: its DOM as a conversion record, its looks as a screenshot."""

from collections.abc import Callable
from datetime import datetime

from scrapy.http import Response, TextResponse

from casefile.records import Capture, sha256_hex
from crawler.about import tool_version
from crawler.evidence.bundle import BundleWriter, capture_id, utc_now


def rendered_dom(response: Response) -> str:
    """Return the DOM as text, whatever encoding the page claims."""
    return response.text if isinstance(response, TextResponse) else response.body.decode("utf-8", errors="replace")


def keep_rendering(
    writer: BundleWriter, response: Response, plain: Capture, *, clock: Callable[[], datetime] = utc_now
) -> Capture:
    """Write the rendered page as a capture of its own, beside the plain one it was made from; return it."""
    fetched_at = clock()
    dom = rendered_dom(response).encode("utf-8", errors="replace")
    digest = sha256_hex(dom)
    place = writer.archive.write_conversion(response.url, dom, "text/html; charset=utf-8", fetched_at)
    name = capture_id(response.url, fetched_at, digest)
    methods = response.meta.get("playwright_page_methods") or ()
    shot = next((method.result for method in methods if isinstance(method.result, bytes)), None)
    capture = Capture(
        id=name,
        url=plain.url,
        final_url=response.url,
        redirects=plain.redirects,
        fetched_at=fetched_at,
        status=response.status,
        payload_sha256=digest,
        payload_bytes=len(dom),
        media_type="text/html",
        warc_file=place.file,
        warc_offset=place.offset,
        warc_length=place.length,
        screenshot=writer.write_screenshot(name, shot) if shot else None,
        rendered=True,
        tool_version=tool_version(),
        robots=response.meta.get("robots", plain.robots),
        outcome="ok" if response.status < 400 else "error",
        reason=None if response.status < 400 else f"status {response.status} when rendered",
    )
    writer.write_capture(capture)
    return capture
