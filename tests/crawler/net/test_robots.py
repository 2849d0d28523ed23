"""What a robots.txt means, by RFC 9309."""

import pytest
from scrapy.http import Response

from crawler.net.robots import PRODUCT_TOKEN, read_robots

URL = "https://shop.example/robots.txt"


def test_rules_for_this_crawler_win_over_rules_for_all() -> None:
    body = f"User-agent: *\nDisallow: /\n\nUser-agent: {PRODUCT_TOKEN}\nDisallow: /private\nCrawl-delay: 2.5\n".encode()
    note, rules = read_robots(Response(URL, body=body))
    assert rules is not None
    assert rules.can_fetch("https://shop.example/open", PRODUCT_TOKEN)
    assert not rules.can_fetch("https://shop.example/private/x", PRODUCT_TOKEN)
    assert (note.state, note.crawl_delay) == ("rules", 2.5)
    assert note.sha256 is not None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_robots_txt_that_is_not_there_allows_everything(status: int) -> None:
    note, rules = read_robots(Response(URL, status=status))
    assert (note.state, rules) == ("unavailable", None)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 302])
def test_a_robots_txt_that_cannot_be_read_allows_nothing(status: int) -> None:
    note, rules = read_robots(Response(URL, status=status))
    assert (note.state, rules) == ("unreachable", None)


def test_a_huge_or_broken_robots_txt_is_read_as_far_as_it_goes() -> None:
    note, rules = read_robots(Response(URL, body=b"\xff\xfe\x00User-agent: *\nDisallow: /a\n" + b"#" * 2_000_000))
    assert note.state == "rules"
    assert rules is not None


def test_a_negative_delay_is_none() -> None:
    assert read_robots(Response(URL, body=b"User-agent: *\nCrawl-delay: 0\n"))[0].crawl_delay is None
