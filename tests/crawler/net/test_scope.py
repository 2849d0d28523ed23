"""Which URLs belong to a run."""

import pytest

from crawler.net.scope import Scope, site_of


@pytest.mark.parametrize(
    "url",
    ["https://shop.co.uk/a", "https://www.shop.co.uk/", "http://shop.co.uk/b", "HTTP://SHOP.CO.UK./"],
)
def test_the_host_of_a_start_url_and_its_www_twin_belong(url: str) -> None:
    assert Scope.of(["https://www.shop.co.uk/"]).refusal(url) is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://evil.example/", "another site"),
        ("https://pay.shop.co.uk/", "another site"),
        ("https://shop.co.uk.evil.example/", "another site"),
        ("https://shop.co.uk:8443/", "another site"),
        ("https://user:secret@shop.co.uk/", "the URL carries credentials"),
        ("https://shop.co.uk@evil.example/", "the URL carries credentials"),
        ("file:///etc/passwd", "not an http or https URL"),
        ("javascript:alert(1)", "not an http or https URL"),
    ],
)
def test_everything_else_does_not(url: str, reason: str) -> None:
    assert Scope.of(["https://www.shop.co.uk/"]).refusal(url) == reason


def test_a_loopback_start_url_opens_its_port_alone() -> None:
    scope = Scope.of(["http://127.0.0.1:8000/", "http://rogue.localhost:9000/"])
    assert scope.refusal("http://127.0.0.1:8000/x") is None
    assert scope.refusal("http://rogue.localhost:9000/x") is None
    for url in ("http://127.0.0.1:8001/", "http://127.0.0.1/", "http://localhost:8000/", "http://a.localhost:9000/"):
        assert scope.refusal(url) == "another site"


def test_a_whole_domain_belongs_when_asked_for() -> None:
    scope = Scope.of(["https://www.shop.co.uk/"], same_site="domain")
    assert scope.refusal("https://cdn.shop.co.uk/x") is None
    assert scope.refusal("https://other.co.uk/") == "another site"


def test_a_site_is_named_by_host_and_by_port_where_it_is_not_the_standard_one() -> None:
    assert site_of("https://Shop.Example:443/a") == "shop.example"
    assert site_of("http://127.0.0.1:8000/a") == "127.0.0.1:8000"
    assert site_of("http://[::1]:80/") == "[::1]"
    assert site_of("mailto:a@b.example") is None
