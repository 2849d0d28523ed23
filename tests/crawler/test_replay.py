"""Pages are read again from the archive as they were read when they came."""

import gzip
from pathlib import Path

import pytest

from casefile.records import Capture, sha256_hex
from crawler.evidence import BundleWriter, Exchange, WarcPlace, capture_id
from crawler.evidence.recover import recover_bundle
from tests.crawler.evidence.samples import MOMENT, open_writer
from tests.crawler.local_site import product_page
from tests.crawler.market.crawling import Bundle

PAGE = product_page("Alpha 10 mg").encode()


def captured(writer: BundleWriter, url: str, place: WarcPlace, payload: bytes, *, rendered: bool = False) -> Capture:
    capture = Capture(
        id=capture_id(url, MOMENT, sha256_hex(payload)),
        url=url,
        final_url=url,
        fetched_at=MOMENT,
        status=200,
        payload_sha256=sha256_hex(payload),
        payload_bytes=len(payload),
        media_type="text/html",
        warc_file=place.file,
        warc_offset=place.offset,
        warc_length=place.length,
        rendered=rendered,
        tool_version="pharmakon/test",
        robots="allowed",
        outcome="ok",
    )
    writer.write_capture(capture)
    return capture


def fetched(writer: BundleWriter, url: str, body: bytes, *headers: tuple[bytes, bytes]) -> Capture:
    place = writer.archive.write_exchange(
        Exchange(url=url, fetched_at=MOMENT, status=200, response_headers=headers, body=body)
    )
    return captured(writer, url, place, body)


def recovered(folder: Path) -> Bundle:
    recovery = recover_bundle(folder, clock=lambda: MOMENT)
    assert recovery is not None
    return Bundle(folder, recovery.report)


@pytest.fixture
def cut(tmp_path: Path) -> BundleWriter:
    """A run that has only begun."""
    writer = open_writer(tmp_path / "bundle")
    writer.custody("run_started", kind="crawl")
    return writer


def test_a_page_that_came_packed_is_unpacked(cut: BundleWriter) -> None:
    capture = fetched(cut, "http://shop.example/p/1", gzip.compress(PAGE), (b"Content-Encoding", b"gzip"))
    cut.close()
    assert [(item.title, item.capture) for item in recovered(cut.folder).listings] == [("Alpha 10 mg", capture.id)]


def test_what_the_browser_made_of_a_page_is_read(cut: BundleWriter) -> None:
    url = "http://shop.example/p/1"
    fetched(cut, url, b"<div id=root></div>")
    place = cut.archive.write_conversion(url, PAGE, "text/html; charset=utf-8", MOMENT)
    capture = captured(cut, url, place, PAGE, rendered=True)
    cut.close()
    assert [item.capture for item in recovered(cut.folder).listings] == [capture.id]


@pytest.mark.parametrize("path", ["/robots.txt", "/sitemap.xml", "/sitemap_index.xml.gz"])
def test_a_file_for_crawlers_is_no_page_whatever_it_holds(cut: BundleWriter, path: str) -> None:
    fetched(cut, f"http://shop.example{path}", PAGE)
    cut.close()
    assert recovered(cut.folder).listings == []


def test_a_page_that_cannot_be_read_is_named_and_stops_nothing(cut: BundleWriter) -> None:
    broken = fetched(cut, "http://shop.example/p/1", b"no gzip", (b"Content-Encoding", b"gzip"))
    fetched(cut, "http://shop.example/p/2", PAGE)
    cut.close()
    bundle = recovered(cut.folder)
    assert [item.title for item in bundle.listings] == ["Alpha 10 mg"]
    assert bundle.outcome(broken.url).outcome == "error"
    assert str(bundle.outcome(broken.url).reason).startswith("not readable: BodyRefused: the compressed body is broken")


def test_an_import_that_was_cut_is_sealed_as_it_is(tmp_path: Path) -> None:
    with open_writer(tmp_path / "bundle") as writer:
        writer.custody("imported", file="pages.warc.gz")
        fetched(writer, "http://shop.example/p/1", PAGE)
    bundle = recovered(tmp_path / "bundle")
    assert bundle.listings == []
    assert bundle.report.kind == "import"
