"""A small run written by hand, for the tests of bundles and their recovery."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from casefile.records import Capture, Listing, RunReport, listing_id, sha256_hex
from crawler.evidence import BundleWriter, Exchange, capture_id

MOMENT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def open_writer(folder: Path) -> BundleWriter:
    return BundleWriter(folder, run_id="20261121T100000Z-00000001", clock=lambda: MOMENT, actor="pharmakon/test")


def write_page(writer: BundleWriter, number: int) -> Capture:
    """Write page ``number`` with its listing, in the order a crawl does."""
    url = f"http://shop.example/p/{number}"
    body = f"<h1>Product {number}</h1>".encode()
    fetched_at = MOMENT + timedelta(seconds=number)
    place = writer.archive.write_exchange(
        Exchange(url=url, fetched_at=fetched_at, status=200, response_headers=(), body=body)
    )
    capture = Capture(
        id=capture_id(url, fetched_at, sha256_hex(body)),
        url=url,
        final_url=url,
        fetched_at=fetched_at,
        status=200,
        payload_sha256=sha256_hex(body),
        payload_bytes=len(body),
        warc_file=place.file,
        warc_offset=place.offset,
        warc_length=place.length,
        tool_version="pharmakon/test",
        robots="allowed",
        outcome="ok",
    )
    writer.write_capture(capture)
    writer.write_listing(
        Listing(id=listing_id("shop.example", url), url=url, site="shop.example", title=f"Product {number}",
                capture=capture.id, captured_at=fetched_at)
    )  # fmt: skip
    return capture


def report(run_id: str) -> RunReport:
    return RunReport(
        run_id=run_id,
        kind="crawl",
        start_urls=("http://shop.example/",),
        started_at=MOMENT,
        finished_at=MOMENT,
        finish_reason="finished",
        counts={},
        versions={},
    )
