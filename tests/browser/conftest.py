"""One Chromium for all browser tests, with its own calls home switched off."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from casefile.people import Person
from casefile.records import Listing
from casefile.store import Casefile
from crawler.net.browser import find_browser, launch_arguments
from tests.browser import desk
from tests.review_ui import scene


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # not longer than a module: while it runs, Playwright's event loop would be in the way of tests that run their own
    found = find_browser()
    if found is None:
        pytest.skip("no Chromium was found: install it, or set PHARMAKON_BROWSER to one")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(launch_arguments()))
        yield opened
        opened.close()


@pytest.fixture
def casefile(tmp_path: Path) -> Iterator[Casefile]:
    with Casefile.open(tmp_path / "workspace") as opened:
        yield opened


@pytest.fixture
def listings(casefile: Casefile, tmp_path: Path) -> list[Listing]:
    return scene.stock(casefile, tmp_path / "bundle", 5)


@pytest.fixture
def ada(casefile: Casefile) -> Person:
    return scene.person(casefile, "Ada", "investigator")


@pytest.fixture
def ben(casefile: Casefile) -> Person:
    return scene.person(casefile, "Ben", "reviewer")


@pytest.fixture
def address(casefile: Casefile) -> Iterator[str]:
    with desk.served(casefile) as where:
        yield where
