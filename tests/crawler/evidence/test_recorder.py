"""The recorder's second look at the address that was really connected to."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.evidence.recorder import Recorder
from crawler.job import CrawlJob
from crawler.ledger import Ledger, Skipped
from crawler.market import MarketSpider
from crawler.stopping import StopFlag
from tests.crawler.evidence.samples import open_writer

URL = "http://shop.example/"


@pytest.fixture
def spider(tmp_path: Path) -> Iterator[MarketSpider]:
    job = CrawlJob(start_urls=(URL,), out=tmp_path, render="never")
    with open_writer(tmp_path / "bundle") as writer:
        yield MarketSpider(job, writer, Ledger(), StopFlag(), renders=False)


def record(spider: MarketSpider, response: Response) -> Request:
    crawler: Any = SimpleNamespace(spider=spider)
    recorder = Recorder(crawler)
    request = Request(URL, meta={"kind": "page"})
    recorder.response_downloaded(response, request)
    return request


def test_a_response_from_a_public_address_is_recorded(spider: MarketSpider) -> None:
    request = record(spider, Response(URL, body=b"page", ip_address=ip_address("93.184.215.14")))
    assert request.meta["capture"].peer_ip == "93.184.215.14"
    assert spider.stop.reason is None
    assert spider.writer.captures == 1


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.8", "::1", None])
def test_a_response_that_slipped_past_the_guard_ends_the_run(spider: MarketSpider, peer: str | None) -> None:
    response = Response(URL, body=b"secret", ip_address=ip_address(peer) if peer else None)
    request = record(spider, response)
    assert str(spider.stop.reason).startswith("address guard breached: ")
    assert spider.writer.captures == 0
    crawler: Any = SimpleNamespace(spider=spider)
    with pytest.raises(Skipped, match="not recorded: address guard breached"):
        Recorder(crawler).process_response(request, response)


def test_a_disk_error_ends_the_run_and_hands_nothing_on(spider: MarketSpider, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spider.writer, "write_capture", full)
    record(spider, Response(URL, body=b"page", ip_address=ip_address("93.184.215.14")))
    assert spider.stop.reason == "evidence cannot be written: No space left on device"
