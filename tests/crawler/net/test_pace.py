"""How long a host asks to be left alone."""

from datetime import UTC, datetime

import pytest
from scrapy.http import Response

from crawler.net.pace import wait_seconds

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Sat, 21 Nov 2026 10:01:30 GMT", 90.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        ("99999999999999999999", 999999999.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float) -> None:
    response = Response("https://shop.example/", status=429, headers={"Retry-After": value})
    assert wait_seconds(response, 1, clock=lambda: NOW) == seconds


@pytest.mark.parametrize("value", [None, "soon", "-5", "٣"])
def test_without_a_usable_retry_after_the_wait_doubles(value: str | None) -> None:
    headers = {} if value is None else {"Retry-After": value}
    response = Response("https://shop.example/", status=503, headers=headers)
    assert [wait_seconds(response, strikes, clock=lambda: NOW) for strikes in (1, 2, 3)] == [5.0, 10.0, 20.0]
