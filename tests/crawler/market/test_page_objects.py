"""Extraction stands on page objects: the generic one for any page, another one for a site that needs it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy_poet.downloadermiddlewares import InjectionMiddleware
from web_poet import ApplyRule, HttpClient, HttpResponse, HttpResponseHeaders

from casefile.records import Listing
from crawler.evidence import BundleWriter
from crawler.extract.bounds import MAX_ATTRIBUTES
from crawler.job import CrawlJob
from crawler.ledger import Ledger
from crawler.market import MarketSpider
from crawler.pages import PageExtract
from crawler.pages.page_object import GenericPage
from crawler.settings import scrapy_settings
from crawler.stopping import StopFlag
from tests.crawler.local_site import Answer, LocalSite, product_page
from tests.crawler.market.crawling import crawl

URL = "http://shop.example/p/1"


def response(body: bytes, **headers: str) -> HttpResponse:
    return HttpResponse(url=URL, body=body, headers=HttpResponseHeaders(headers))


def test_the_page_object_reads_in_the_encoding_the_server_names() -> None:
    body = "<h1>Сиалис 20 мг</h1><p>Цена: 990 руб.</p>".encode("cp1251")
    page = GenericPage(response=response(body, **{"Content-Type": "text/html; charset=windows-1251"}))
    assert page.extract().listings[0].title == "Сиалис 20 мг"


async def item_of(page: GenericPage) -> PageExtract:
    return await page.to_item()


def test_the_page_object_gives_its_extract_as_item() -> None:
    page = GenericPage(response=response(product_page("One").encode()))
    assert asyncio.run(item_of(page)) == page.extract()


def test_a_page_beyond_the_bounds_is_refused_before_anything_parses_it() -> None:
    attributes = " ".join(f"a{number}=1" for number in range(MAX_ATTRIBUTES + 2))
    body = f"<h1>Drug</h1><p {attributes}>9.00 EUR</p>".encode()
    assert GenericPage(response=response(body)).extract().refused


def test_a_header_in_no_encoding_hides_no_page(tmp_path: Path) -> None:
    with LocalSite({"/": Answer(product_page("One"), headers={"X-Shop": "caf\xe9 \xff"})}) as site:
        bundle = crawl(tmp_path / "bundle", site.url())
    assert [listing.title for listing in bundle.listings] == ["One"]


class ShopPage(GenericPage):
    """A page object for one shop."""

    def extract(self) -> PageExtract:
        listing = Listing(id="x" * 8, url=URL, site="shop.example", title="Read by the shop's own page object")
        return PageExtract(url=URL, kind="listing", listings=(listing,))


@pytest.fixture
def injection(tmp_path: Path) -> Iterator[InjectionMiddleware]:
    """scrapy-poet with the settings of a run, and a page object for one shop."""
    job = CrawlJob(start_urls=("http://shop.example/",), out=tmp_path / "bundle")
    middleware = InjectionMiddleware(Crawler(MarketSpider, scrapy_settings(job)))
    middleware.registry.add_rule(ApplyRule("shop.example", use=ShopPage, instead_of=GenericPage))
    yield middleware


@pytest.mark.parametrize(("url", "expected"), [(URL, ShopPage), ("http://other.example/", GenericPage)])
@pytest.mark.parametrize("callback", ["page", "rendered"])
def test_the_spider_is_given_the_page_object_of_the_site(
    injection: InjectionMiddleware, tmp_path: Path, callback: str, url: str, expected: type[GenericPage]
) -> None:
    job = CrawlJob(start_urls=(url,), out=tmp_path / "bundle")
    with BundleWriter(job.out, run_id="run") as writer:
        spider = MarketSpider(job, writer, Ledger(), StopFlag(), renders=False)
        plan = injection.injector.build_plan(Request(url, callback=getattr(spider, callback)))
    assert expected in {needed for needed, _ in plan.dependencies}


def test_a_page_object_cannot_fetch_by_itself(injection: InjectionMiddleware) -> None:
    provided = injection.injector.is_class_provided_by_any_provider
    assert provided(HttpResponse)
    assert not provided(HttpClient)
