import pytest

from crawler.sandbox.throttle import Throttle
from tests.crawler.sandbox.conftest import Visit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_more_than_the_limit_within_a_second_is_refused_until_the_second_is_over(clock: Clock) -> None:
    throttle = Throttle(limit=3, always=frozenset(), clock=clock)
    assert [throttle.admit() for _ in range(5)] == [True, True, True, False, False]
    clock.now += 0.9
    assert not throttle.admit()
    clock.now += 0.2
    assert throttle.admit()


def test_a_slow_crawl_meets_a_refusal_too(clock: Clock) -> None:
    throttle = Throttle(limit=3, always=frozenset({2}), clock=clock)
    answers = []
    for _ in range(4):
        answers.append(throttle.admit())
        clock.now += 60
    assert answers == [True, False, True, True]


def test_the_marketplace_answers_429_with_retry_after_and_then_200(visit: Visit) -> None:
    answers = [visit("market").get("/help/rules") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429, 429, 200]
    assert answers[4].headers["retry-after"] == "1"


def test_robots_and_pictures_of_the_marketplace_are_never_refused(visit: Visit) -> None:
    for _ in range(60):
        assert visit("market").get("/robots.txt").status_code == 200
        assert visit("market").get("/media/market-001.svg").status_code == 200
