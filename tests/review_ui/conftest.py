"""What the tests of the desk share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casefile.people import Person
from casefile.records import Listing
from casefile.store import Casefile
from tests.review_ui import scene


@pytest.fixture
def casefile(tmp_path: Path) -> Iterator[Casefile]:
    with Casefile.open(tmp_path / "workspace") as opened:
        yield opened


@pytest.fixture
def listings(casefile: Casefile, tmp_path: Path) -> list[Listing]:
    return scene.stock(casefile, tmp_path / "bundle")


@pytest.fixture
def ada(casefile: Casefile) -> Person:
    return scene.person(casefile, "Ada", "investigator")


@pytest.fixture
def ben(casefile: Casefile) -> Person:
    return scene.person(casefile, "Ben", "reviewer")


@pytest.fixture
def reader(casefile: Casefile, listings: list[Listing], ada: Person) -> scene.Reader:
    """Ada, signed in, with three listings in the queue."""
    return scene.signed_in(casefile, ada)


@pytest.fixture
def second_reader(casefile: Casefile, listings: list[Listing], ben: Person) -> scene.Reader:
    """Ben, signed in, who may also refer."""
    return scene.signed_in(casefile, ben)
