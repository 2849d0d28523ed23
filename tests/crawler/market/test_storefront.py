"""One ordinary shop, crawled once; each test looks at another side of the bundle."""

import gzip
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.crawler.local_site import Answer, LocalSite, links_page, product_page
from tests.crawler.market.crawling import Bundle, crawl

PRODUCTS = [f"/p/{number}" for number in range(1, 7)]


def sitemap(*urls: str, tag: str = "urlset", item: str = "url") -> str:
    rows = "".join(f"<{item}><loc>{url}</loc></{item}>" for url in urls)
    return f'<?xml version="1.0"?><{tag} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</{tag}>'


def build(shop: LocalSite, other: LocalSite) -> None:
    """Six products, each found by another way, and links that must not be followed."""
    shop.pages.update({path: product_page(f"Product {path[-1]}") for path in PRODUCTS})
    shop.pages["/robots.txt"] = Answer(
        f"User-agent: *\nDisallow: /secret\nSitemap: {shop.url('/maps.xml')}\n", media_type="text/plain"
    )
    shop.pages["/maps.xml"] = Answer(
        sitemap(shop.url("/one.xml.gz"), other.url("/evil.xml"), tag="sitemapindex", item="sitemap"),
        media_type="application/xml",
    )
    shop.pages["/one.xml.gz"] = Answer(
        gzip.compress(sitemap(shop.url("/p/1"), other.url("/p/9")).encode()), media_type="application/gzip"
    )
    shop.pages["/"] = links_page(
        "/category", "/p/2?utm_source=mail&gclid=1", "/secret/p", "/old", "/away", "/cart", "/x.pdf"
    )
    shop.pages["/category"] = links_page(
        "/category?page=2", "/p/2", "/p/3", other.url("/p/1"), "/gone", "mailto:a@b.example"
    )
    shop.pages["/category?page=2"] = links_page("/category?page=3", "/p/4", "/p/2#reviews")
    shop.pages["/category?page=3"] = links_page("/p/5", "http://localhost:1/", "//169.254.169.254/latest/")
    shop.pages["/old"] = Answer(status=301, headers={"Location": "/older", "Set-Cookie": "a=1"})
    shop.pages["/older"] = Answer(status=302, headers={"Location": "/p/6"})
    shop.pages["/away"] = Answer(status=302, headers={"Location": other.url("/stolen")})
    shop.pages["/gone"] = Answer("<h1>Gone</h1>", status=410)
    shop.pages["/secret/p"] = product_page("Secret")


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalSite, LocalSite, Bundle]]:
    with LocalSite({}) as shop, LocalSite({}) as other:
        build(shop, other)
        yield shop, other, crawl(tmp_path_factory.mktemp("run") / "bundle", shop.url())


def test_listings_are_found_by_sitemap_category_pagination_and_redirect(
    market: tuple[LocalSite, LocalSite, Bundle],
) -> None:
    shop, _, bundle = market
    assert sorted(str(listing.title) for listing in bundle.listings) == [f"Product {number}" for number in range(1, 7)]
    assert {listing.price.amount for listing in bundle.listings if listing.price} == {"19.90"}
    assert {listing.site for listing in bundle.listings} == {f"127.0.0.1:{shop.port}"}


def test_every_page_is_fetched_once_whatever_its_address_is_dressed_up_with(
    market: tuple[LocalSite, LocalSite, Bundle],
) -> None:
    shop, _, _ = market
    twice = {path: number for path, number in Counter(shop.paths).items() if number > 1}
    assert twice == {}
    assert not any("utm_" in path for path in shop.paths)


def test_nothing_outside_the_start_urls_is_asked(market: tuple[LocalSite, LocalSite, Bundle]) -> None:
    _, other, bundle = market
    assert other.visits == []
    assert bundle.report.counts["offsite_links"] >= 3


def test_robots_txt_is_obeyed_and_reported(market: tuple[LocalSite, LocalSite, Bundle]) -> None:
    shop, _, bundle = market
    assert "/secret/p" not in shop.paths
    skipped = bundle.outcome(shop.url("/secret/p"))
    assert (skipped.outcome, skipped.reason) == ("skipped", "robots")
    robots = bundle.report.robots[shop.origin]
    assert isinstance(robots, dict)
    assert (robots["state"], robots["refused"]) == ("rules", 1)


def test_a_redirect_to_another_port_is_not_followed(market: tuple[LocalSite, LocalSite, Bundle]) -> None:
    shop, other, bundle = market
    outcome = bundle.outcome(shop.url("/away"))
    assert outcome.outcome == "skipped"
    assert outcome.reason == f"redirect to {other.url('/stolen')}: another site"


def test_carts_and_files_are_not_fetched(market: tuple[LocalSite, LocalSite, Bundle]) -> None:
    shop, _, _ = market
    assert not {"/cart", "/x.pdf"} & set(shop.paths)


def test_every_response_is_in_the_archive_with_its_digests(market: tuple[LocalSite, LocalSite, Bundle]) -> None:
    shop, _, bundle = market
    bundle.check()
    assert Counter(capture.final_url for capture in bundle.captures) == Counter(shop.url(path) for path in shop.paths)
    assert {shop.url("/robots.txt"), shop.url("/maps.xml"), shop.url("/gone"), shop.url("/old")} <= {
        capture.final_url for capture in bundle.captures
    }


def test_a_redirect_chain_is_kept_hop_by_hop(market: tuple[LocalSite, LocalSite, Bundle]) -> None:
    shop, _, bundle = market
    last = bundle.capture_of(shop.url("/p/6"))
    assert last.url == shop.url("/old")
    assert last.redirects == (shop.url("/old"), shop.url("/older"))
    hop = bundle.capture_of(shop.url("/older"))
    assert (hop.status, hop.outcome) == (302, "ok")


def test_captures_say_how_they_came_about(market: tuple[LocalSite, LocalSite, Bundle]) -> None:
    shop, _, bundle = market
    capture = bundle.capture_of(shop.url("/p/3"))
    assert (capture.peer_ip, capture.robots, capture.outcome) == ("127.0.0.1", "allowed", "ok")
    assert capture.media_type == "text/html"
    assert capture.tool_version.startswith("pharmakon/")


def test_a_page_that_is_gone_is_reported_as_gone(market: tuple[LocalSite, LocalSite, Bundle]) -> None:
    shop, _, bundle = market
    assert bundle.outcome(shop.url("/gone")).outcome == "gone"


def test_the_crawler_says_who_it_is_and_keeps_no_cookies(market: tuple[LocalSite, LocalSite, Bundle]) -> None:
    shop, _, _ = market
    for visit in shop.visits:
        assert "PharmakonBot/" in visit.headers["user-agent"]
        assert "cookie" not in visit.headers
        assert "referer" not in visit.headers


def test_the_report_says_what_was_done_under_which_settings(market: tuple[LocalSite, LocalSite, Bundle]) -> None:
    _, _, bundle = market
    report = bundle.report
    assert report.finish_reason == "finished"
    assert report.counts["listings"] == 6
    assert report.counts["pages"] == sum(
        outcome.outcome != "skipped" and outcome.reason != "sitemap" for outcome in report.urls
    )
    assert report.settings["max_pages"] == 1000
    assert {"pharmakon", "python", "scrapy", "twisted", "warcio"} <= set(report.versions)
    assert [entry.action for entry in bundle.custody] == ["run_started", "run_finished"]
