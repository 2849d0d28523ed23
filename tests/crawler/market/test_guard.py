"""The address guard in a real run: no spelling of a private address is connected to."""

from pathlib import Path

import pytest

from tests.crawler.local_site import Answer, LocalSite, links_page, product_page
from tests.crawler.market.crawling import crawl

SPELLINGS = [
    "127.0.0.1",
    "localhost",
    "0.0.0.0",  # noqa: S104 - an address to be refused
    "2130706433",
    "0x7f000001",
    "127.1",
    "[::ffff:127.0.0.1]",
    "0177.0.0.1",
    "１２７.０.０.１",
    "[::1]",
    "127.0.0.1.",
    "shop.localhost",
]
"""The eleven spellings of the field notes, and a name that the system itself may resolve."""


def test_no_spelling_of_loopback_is_reached_without_leave(tmp_path: Path) -> None:
    with LocalSite({"/": product_page("Secret"), "/robots.txt": ""}) as site:
        urls = [f"http://{host}:{site.port}/" for host in SPELLINGS]
        bundle = crawl(tmp_path / "bundle", *urls, allow_loopback=False, delay=0.0)
        assert site.visits == []
    assert bundle.captures == []
    assert bundle.report.counts.get("ok", 0) == 0
    assert len(bundle.report.urls) == len(urls)


def test_a_refused_address_is_said_to_be_refused(tmp_path: Path) -> None:
    with LocalSite({}) as site:
        bundle = crawl(tmp_path / "bundle", site.url(), allow_loopback=False)
    (outcome,) = bundle.report.urls
    assert outcome.outcome == "skipped"
    assert outcome.reason == "address 127.0.0.1 of 127.0.0.1 is not global; private addresses need --allow-loopback"


@pytest.mark.parametrize("host", SPELLINGS[1:9])
def test_another_spelling_of_an_opened_port_stays_shut(host: str) -> None:
    from crawler.net.addresses import AddressPolicy
    from crawler.net.scope import Scope

    policy = AddressPolicy.for_start_urls(["http://127.0.0.1:8000/"], allow_loopback=True)
    assert policy.refusal(host, 8000, "127.0.0.1") is not None
    assert Scope.of(["http://127.0.0.1:8000/"]).refusal(f"http://{host}:8000/") == "another site"


def test_sites_under_localhost_names_are_kept_apart(tmp_path: Path) -> None:
    with LocalSite({}) as site:
        rogue, other = (f"http://{name}.localhost:{site.port}/" for name in ("rogue", "other"))
        site.pages["/"] = links_page("/p/1", f"{other}p/2", title="Rogue")
        site.pages["/p/1"] = product_page("One")
        site.pages["/p/2"] = product_page("Two")
        bundle = crawl(tmp_path / "bundle", rogue)
        hosts = {visit.headers["host"] for visit in site.visits}
    assert hosts == {f"rogue.localhost:{site.port}"}
    assert [listing.title for listing in bundle.listings] == ["One"]
    assert [site.host for site in bundle.sites] == [next(iter(hosts))]


def test_one_run_takes_several_sites(tmp_path: Path) -> None:
    with LocalSite({"/": product_page("One")}) as one, LocalSite({"/": product_page("Two")}) as two:
        bundle = crawl(tmp_path / "bundle", one.url(), two.url())
    assert sorted(str(listing.title) for listing in bundle.listings) == ["One", "Two"]
    assert len({listing.site for listing in bundle.listings}) == 2


def test_a_proxy_in_the_environment_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalSite({"/": product_page("One")}) as site, LocalSite({}) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        for name in ("no_proxy", "NO_PROXY", "REQUEST_METHOD"):  # each would keep the proxy from being asked anyway
            monkeypatch.delenv(name, raising=False)
        bundle = crawl(tmp_path / "bundle", site.url())
        assert proxy.visits == []
    assert len(bundle.listings) == 1


def test_a_page_that_redirects_by_its_markup_stays_in_bounds(tmp_path: Path) -> None:
    with LocalSite({}) as site, LocalSite({"/": product_page("Secret")}) as other:
        site.pages["/"] = f'<html><head><meta http-equiv="refresh" content="0;url={other.url()}"></head></html>'
        bundle = crawl(tmp_path / "bundle", site.url())
        assert other.visits == []
    assert bundle.outcome(site.url()).reason == f"redirect to {other.url()}: another site"


def test_robots_txt_itself_is_not_followed_elsewhere(tmp_path: Path) -> None:
    with LocalSite({"/": product_page("One")}) as site, LocalSite({"/robots.txt": ""}) as other:
        site.pages["/robots.txt"] = Answer(status=302, headers={"Location": other.url("/robots.txt")})
        bundle = crawl(tmp_path / "bundle", site.url())
        assert other.visits == []
        assert site.paths == ["/robots.txt"]
    assert str(bundle.outcome(site.url()).reason).startswith("robots.txt could not be read (redirect to")
