from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.casefile.referral.desk import Desk, small_case


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A fresh casefile with people, no case."""
    made = Desk(tmp_path / "workspace")
    yield made
    made.casefile.close()


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One finished package; tests work on copies of it."""
    made = Desk(tmp_path_factory.mktemp("referral") / "workspace")
    path = made.refer(small_case(made)).path
    made.casefile.close()
    return path
