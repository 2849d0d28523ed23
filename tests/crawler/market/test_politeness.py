"""A site's wishes: robots.txt, Crawl-delay, Retry-After, and what a legal override does not cover."""

import datetime as dt
from itertools import pairwise
from pathlib import Path

import pytest

from crawler.targets import RobotsOverride
from tests.crawler.local_site import Answer, LocalSite, Visit, links_page, product_page
from tests.crawler.market.crawling import crawl

OVERRIDE = RobotsOverride(
    legal_basis="Medicines Act s. 12", authoriser="Head of enforcement", expires=dt.date(2099, 1, 1)
)


def robots(text: str) -> Answer:
    return Answer(text, media_type="text/plain")


def shop(number: int) -> dict[str, Answer | str]:
    paths = [f"/p/{index}" for index in range(number)]
    return {"/": links_page(*paths), **{path: product_page(path) for path in paths}}


def gaps(site: LocalSite) -> list[float]:
    return [later.at - earlier.at for earlier, later in pairwise(site.visits)]


@pytest.mark.parametrize("override", [None, OVERRIDE])
def test_crawl_delay_stands_between_any_two_requests(tmp_path: Path, override: RobotsOverride | None) -> None:
    with LocalSite(shop(3)) as site:
        site.pages["/robots.txt"] = robots("User-agent: *\nCrawl-delay: 0.4\n")
        bundle = crawl(tmp_path / "bundle", site.url(), robots_override=override)
        assert len(site.visits) == 6  # robots.txt, start page, sitemap, three products
        assert min(gaps(site)) > 0.35
    assert bundle.report.robots[site.origin]["crawl_delay"] == 0.4  # type: ignore[call-overload,index]


def test_retry_after_pauses_the_whole_host_and_the_page_is_asked_again(tmp_path: Path) -> None:
    refused: list[float] = []

    def busy_once(visit: Visit) -> Answer | str:
        if not refused:
            refused.append(visit.at)
            return Answer("busy", status=429, headers={"Retry-After": "1"})
        return product_page("Busy")

    with LocalSite(shop(12)) as site:
        site.pages["/busy"] = busy_once
        site.pages["/"] = links_page("/busy", *(f"/p/{index}" for index in range(12)))
        bundle = crawl(tmp_path / "bundle", site.url())
        later = [visit.at - refused[0] for visit in site.visits if visit.at > refused[0]]
        assert site.paths.count("/busy") == 2
    # requests that were on their way already may still arrive; none is sent during the pause
    assert not [seconds for seconds in later if 0.2 < seconds < 0.95]
    assert len(bundle.listings) == 13
    assert [capture.status for capture in bundle.captures if capture.final_url.endswith("/busy")] == [429, 200]


def test_a_host_that_asks_for_more_than_the_run_can_wait_is_left_alone(tmp_path: Path) -> None:
    with LocalSite(shop(30)) as site:
        site.pages["/"] = Answer(links_page(*(f"/p/{index}" for index in range(30))))
        site.pages["/sitemap.xml"] = Answer("", status=503, headers={"Retry-After": "3600"})
        bundle = crawl(tmp_path / "bundle", site.url(), delay=0.05)
        assert len(site.visits) < 20
    skipped = [url for url in bundle.report.urls if url.outcome == "skipped"]
    assert skipped
    assert {str(url.reason).partition(":")[0] for url in skipped} == {"retry-after"}


def test_a_page_that_is_always_busy_is_given_up_after_three_times(tmp_path: Path) -> None:
    with LocalSite({"/": Answer("busy", status=429, headers={"Retry-After": "0"})}) as site:
        bundle = crawl(tmp_path / "bundle", site.url())
        assert site.paths.count("/") == 3
    assert bundle.outcome(site.url()).outcome == "blocked"


def test_nothing_is_fetched_when_robots_txt_cannot_be_read(tmp_path: Path) -> None:
    with LocalSite(shop(2)) as site:
        site.pages["/robots.txt"] = Answer("", status=500)
        bundle = crawl(tmp_path / "bundle", site.url())
        assert set(site.paths) == {"/robots.txt"}
    reason = "robots.txt could not be read (status 500), so nothing is allowed"
    assert bundle.outcome(site.url()).reason == reason


def test_an_override_opens_what_robots_txt_refuses_and_says_so_on_each_capture(tmp_path: Path) -> None:
    with LocalSite(shop(1)) as site:
        site.pages["/robots.txt"] = robots("User-agent: *\nDisallow: /p/\n")
        bundle = crawl(tmp_path / "bundle", site.url(), robots_override=OVERRIDE)
        assert "/p/0" in site.paths
    assert bundle.capture_of(site.url("/p/0")).robots == "overridden"
    assert bundle.capture_of(site.url()).robots == "allowed"
    settings = bundle.report.settings["robots_override"]
    assert settings == {
        "legal_basis": "Medicines Act s. 12",
        "authoriser": "Head of enforcement",
        "expires": "2099-01-01",
    }


def test_the_page_budget_is_kept_to_the_page(tmp_path: Path) -> None:
    with LocalSite(shop(30)) as site:
        bundle = crawl(tmp_path / "bundle", site.url(), max_pages=7)
        pages = [path for path in site.paths if path not in ("/robots.txt", "/sitemap.xml")]
    assert len(pages) == 7
    assert bundle.report.finish_reason == "page budget spent"
    left = [url for url in bundle.report.urls if url.reason == "page budget of 7 spent"]
    assert len(left) == 31 - 7


def test_the_time_budget_ends_the_run_sealed(tmp_path: Path) -> None:
    with LocalSite(shop(30)) as site:
        site.pages["/robots.txt"] = robots("User-agent: *\nCrawl-delay: 30\n")
        bundle = crawl(tmp_path / "bundle", site.url(), max_seconds=1.0)
        assert site.paths == ["/robots.txt"]
    assert bundle.report.finish_reason == "time budget spent"
    assert str(bundle.outcome(site.url()).reason) == "not reached: time budget spent"


def test_the_depth_budget_stops_the_descent_but_not_the_turning_of_pages(tmp_path: Path) -> None:
    with LocalSite({}) as site:
        site.pages["/"] = links_page("/shop/a")
        site.pages["/shop/a"] = links_page("/shop/a/b", title="Shop A")
        site.pages["/shop/a/b"] = links_page("/shop/a/b/c", title="Shop B")
        crawl(tmp_path / "bundle", site.url(), max_depth=2)
        assert {"/shop/a", "/shop/a/b"} <= set(site.paths)
        assert "/shop/a/b/c" not in site.paths


def test_search_terms_go_into_the_shops_own_search(tmp_path: Path) -> None:
    with LocalSite({}) as site:
        site.pages["/"] = '<form action="/find"><input type="hidden" name="lang" value="en"><input name="q"></form>'
        site.pages["/find?lang=en&q=xanax%202mg"] = links_page("/p/1", title="Results")
        site.pages["/p/1"] = product_page("Xanax 2 mg")
        bundle = crawl(tmp_path / "bundle", site.url(), search={"terms": ["xanax 2mg"]})
    assert [listing.title for listing in bundle.listings] == ["Xanax 2 mg"]


def quick_chain(length: int) -> dict[str, Answer | str]:
    """Pages that lead to the next one only, so that a slow host has every chance to take all places in between."""
    pages: dict[str, Answer | str] = {"/": links_page("/p/0")}
    for number in range(length):
        following = f'<a href="/p/{number + 1}">next</a>' if number + 1 < length else ""
        pages[f"/p/{number}"] = product_page(f"Quick {number}", links=following)
    return pages


def test_a_host_with_a_crawl_delay_holds_up_no_other(tmp_path: Path) -> None:
    with LocalSite(shop(20)) as slow, LocalSite(quick_chain(30)) as quick:
        slow.pages["/robots.txt"] = robots("User-agent: *\nCrawl-delay: 0.5\n")
        bundle = crawl(tmp_path / "bundle", slow.url(), quick.url(), max_depth=40)
        done = max(visit.at for visit in quick.visits)
        assert len([visit for visit in slow.visits if visit.at < done]) < 15
    assert len(bundle.listings) == 50


def test_a_host_that_asks_for_a_pause_holds_up_no_other(tmp_path: Path) -> None:
    begun: list[float] = []

    def busy_once(visit: Visit) -> Answer | str:
        if begun:
            return product_page("Busy")
        begun.append(visit.at)
        return Answer("busy", status=429, headers={"Retry-After": "4"})

    with LocalSite(shop(40)) as slow, LocalSite(quick_chain(30)) as quick:
        slow.pages["/p/9"] = busy_once
        bundle = crawl(tmp_path / "bundle", slow.url(), quick.url(), max_depth=40)
        resumed = min(visit.at for visit in slow.visits if visit.at > begun[0] + 3.0)
        held_up = [visit for visit in quick.visits if visit.at > resumed]
        assert len(held_up) < 10
    assert len(bundle.listings) == 70
