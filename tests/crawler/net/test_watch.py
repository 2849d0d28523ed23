"""The watch that ends a run whose connections would not pass the guard."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import CloseSpider
from twisted.internet import reactor

from crawler.job import CrawlJob
from crawler.net.addresses import AddressPolicy
from crawler.net.resolver import GuardedResolver
from crawler.net.watch import GuardWatch
from crawler.settings import scrapy_settings


class Handlers:
    """Scrapy's table of download handlers, filled by the test."""

    def __init__(self, **handlers: object) -> None:
        self._schemes = handlers

    def _get_handler(self, scheme: str) -> object:
        return self._schemes.get(scheme)


def watch(**handlers: object) -> GuardWatch:
    crawler: Any = SimpleNamespace(engine=SimpleNamespace(downloader=SimpleNamespace(handlers=Handlers(**handlers))))
    return GuardWatch(crawler)


@pytest.fixture
def guarded() -> Iterator[None]:
    running: Any = reactor
    before = running.installNameResolver(GuardedResolver(running, AddressPolicy()))
    yield
    running.installNameResolver(before)


HTTP = HTTP11DownloadHandler.__new__(HTTP11DownloadHandler)


@pytest.mark.usefixtures("guarded")
def test_a_guarded_run_may_begin() -> None:
    watch(http=HTTP, https=HTTP).spider_opened()


def test_without_the_guarded_resolver_nothing_is_sent() -> None:
    with pytest.raises(CloseSpider) as caught:
        watch(http=HTTP, https=HTTP).spider_opened()
    assert caught.value.reason.startswith("guard missing: the resolver is ")


@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize(
    ("handlers", "fault"),
    [
        ({"http": object(), "https": HTTP}, "http is fetched by object"),
        ({"http": HTTP, "https": None}, "https is fetched by NoneType"),
        ({"http": HTTP, "https": HTTP, "file": object()}, "the scheme file is open"),
        ({"http": HTTP, "https": HTTP, "s3": object()}, "the scheme s3 is open"),
    ],
)
def test_another_handler_or_an_open_scheme_ends_the_run(handlers: dict[str, object], fault: str) -> None:
    with pytest.raises(CloseSpider) as caught:
        watch(**handlers).spider_opened()
    assert caught.value.reason == f"guard missing: {fault}"


def test_the_doors_that_scrapy_leaves_open_are_shut(tmp_path: Any) -> None:
    settings = scrapy_settings(CrawlJob(start_urls=("https://shop.example/",), out=tmp_path, render="never"))
    assert settings["REMOTE_CONTROL_ENABLED"] is False
    assert settings["TELNETCONSOLE_ENABLED"] is False
    assert settings["HTTPPROXY_ENABLED"] is False
    assert settings["COOKIES_ENABLED"] is False
    assert {scheme for scheme, handler in settings["DOWNLOAD_HANDLERS"].items() if handler} == {"http", "https"}
    assert settings["DOWNLOAD_DELAY"] >= 0.5
    assert settings["DOWNLOAD_SLOTS"] == {}
