"""The six shops in process: a client per site, and a state whose generation the test sets."""

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from crawler.sandbox.catalogue import Shop, SiteKey, load_catalogue
from crawler.sandbox.state import MarketState
from crawler.sandbox.switch import build_market, one_application
from crawler.sandbox.truth import TrueListing, load_truth
from tests.crawler.sandbox.walking import Response, walk

TRIPWIRE = "http://127.0.0.1:9"
Visit = Callable[[str], TestClient]
Walked = Callable[[str], Mapping[str, Response]]


@pytest.fixture(scope="session")
def shops() -> dict[SiteKey, Shop]:
    return load_catalogue()


@pytest.fixture(scope="session")
def truth() -> list[TrueListing]:
    return load_truth()


@pytest.fixture
def state() -> MarketState:
    return MarketState()


@contextmanager
def clients(shops: dict[SiteKey, Shop], state: MarketState) -> Iterator[Visit]:
    """Give a function that returns the client of a site."""
    seconds = itertools.count()  # every request comes a second after the one before, so that only the two certain
    # refusals of the throttle are met
    sites = build_market(shops, state, tripwire_origin=TRIPWIRE, clock=lambda: float(next(seconds)))
    application = one_application(sites, {}, state)
    opened: dict[str, TestClient] = {}

    def client(site: str) -> TestClient:
        if site not in opened:
            opened[site] = TestClient(application, base_url=f"http://{site}.localhost", follow_redirects=False)
        return opened[site]

    yield client
    for each in opened.values():
        each.close()


@pytest.fixture
def visit(shops: dict[SiteKey, Shop], state: MarketState) -> Iterator[Visit]:
    with clients(shops, state) as client:
        yield client


@pytest.fixture(scope="session")
def walked(shops: dict[SiteKey, Shop]) -> Iterator[Walked]:
    """Give every page of a site in its first generation, walked once for all tests."""
    with clients(shops, MarketState()) as client:
        yield functools.cache(lambda site: walk(client(site)))
