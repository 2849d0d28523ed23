"""Pages made to hurt a crawler: each gets a typed outcome, none ends the run."""

import gzip
from collections.abc import Iterator

import pytest

from tests.crawler.local_site import Answer, LocalSite, links_page, product_page
from tests.crawler.market.crawling import Bundle, crawl

HTML = "text/html"
MANY_ATTRIBUTES = "<html><body><a " + " ".join(f"a{number}=1" for number in range(100_000)) + ">x</a></body></html>"
CYRILLIC = product_page("Таблетки 20 мг").replace("Tablets, blister of ten.", "Без рецепта").encode("windows-1251")


def pages() -> dict[str, Answer | str]:
    bomb = gzip.compress(b"\0" * 40_000_000)
    found: dict[str, Answer | str] = {
        "/big": Answer(b"x", headers={"Content-Length": str(50 * 1024 * 1024)}),
        "/endless": Answer(b"<p>more</p>" * 100_000, chunks=18),
        "/bomb": Answer(bomb, headers={"Content-Encoding": "gzip"}),
        "/attributes": Answer(MANY_ATTRIBUTES),
        "/cyrillic": Answer(CYRILLIC, media_type="text/html; charset=windows-1251"),
        "/broken-gzip": Answer(b"not gzip", headers={"Content-Encoding": "gzip"}),
        "/brotli": Answer(b"\x0b\x02\x80", headers={"Content-Encoding": "br"}),
        "/short": Answer(product_page("Short"), headers={"Content-Length": "100000", "Connection": "close"}),
        "/nested": Answer("<div>" * 40_000),
        "/nul": Answer(b"\0\x01\xff" * 5000, media_type=HTML),
        "/empty": Answer(b"", media_type=""),
        "/loop": Answer(status=302, headers={"Location": "/loop?again"}),
        "/loop?again": Answer(status=302, headers={"Location": "/loop"}),
        "/nowhere": Answer(status=302, headers={"Location": "http://[broken"}),
        "/wall": Answer("<title>Just a moment...</title>"),
        "/no": Answer("<title>403 Forbidden</title>", status=403),
        "/half-character": product_page("Half \\ud83d character"),
        "/good": product_page("Good"),
    }
    return {"/": links_page(*found), **found}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalSite, Bundle]]:
    with LocalSite(pages()) as site:
        yield site, crawl(tmp_path_factory.mktemp("run") / "bundle", site.url())


@pytest.mark.parametrize(
    ("path", "outcome", "reason"),
    [
        ("/big", "error", "the body has 52428800 bytes or more"),
        ("/endless", "error", "the body has 1"),
        ("/bomb", "error", "the body grows beyond 16777216 bytes when decoded"),
        ("/attributes", "error", "page refused: one tag has more than"),
        ("/broken-gzip", "error", "the compressed body is broken"),
        ("/brotli", "error", "content encoding 'br' was not asked for"),
        ("/loop", "error", "max redirections reached"),
        ("/wall", "captcha", "the page is a challenge"),
        ("/no", "blocked", "status 403"),
    ],
)
def test_a_hostile_page_has_an_outcome_that_says_why(
    hostile: tuple[LocalSite, Bundle], path: str, outcome: str, reason: str
) -> None:
    site, bundle = hostile
    found = bundle.outcome(site.url(path))
    assert found.outcome == outcome
    assert str(found.reason).startswith(reason)


def test_the_run_goes_on_and_finds_what_is_good(hostile: tuple[LocalSite, Bundle]) -> None:
    _, bundle = hostile
    assert bundle.report.finish_reason == "finished"
    assert {"Good", "Short"} <= {listing.title for listing in bundle.listings}


def test_half_a_character_becomes_a_replacement_and_loses_no_listing(hostile: tuple[LocalSite, Bundle]) -> None:
    site, bundle = hostile
    assert bundle.outcome(site.url("/half-character")).outcome == "ok"
    assert [listing for listing in bundle.listings if str(listing.url).endswith("/half-character")]


def test_text_in_another_encoding_is_read_right(hostile: tuple[LocalSite, Bundle]) -> None:
    _, bundle = hostile
    assert "Таблетки 20 мг" in {listing.title for listing in bundle.listings}


def test_what_came_of_a_cut_body_is_kept_and_marked(hostile: tuple[LocalSite, Bundle]) -> None:
    site, bundle = hostile
    for path, mark in (("/big", "length"), ("/endless", "length"), ("/short", "disconnect")):
        headers, _ = bundle.record(bundle.capture_of(site.url(path)))
        assert headers["WARC-Truncated"] == mark
    assert 16_000_000 < bundle.capture_of(site.url("/endless")).payload_bytes < 18_000_000


def test_even_hostile_responses_are_all_in_the_archive(hostile: tuple[LocalSite, Bundle]) -> None:
    site, bundle = hostile
    bundle.check()
    assert {capture.final_url for capture in bundle.captures} >= {site.url(path) for path in pages()}
