"""What the tests of the casefile share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casefile.people import Person, add_person
from casefile.store import Casefile
from tests.casefile.making import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def casefile(tmp_path: Path, clock: Clock) -> Iterator[Casefile]:
    with Casefile.open(tmp_path / "workspace", clock=clock) as opened:
        yield opened


@pytest.fixture
def ada(casefile: Casefile) -> Person:
    return add_person(casefile, "Ada", roles=["investigator"], actor="test")


@pytest.fixture
def ben(casefile: Casefile) -> Person:
    return add_person(casefile, "Ben", roles=["reviewer"], actor="test")
