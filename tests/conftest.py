"""What all tests share: where the optional research data is, and which skips are not acceptable."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Research data that may lie beside the checkout; never part of the project."""

_unacceptable: list[str] = []


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of research data, or skip the test where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs the research data in ../shared, which is not part of the project")
    return SHARED


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember skips that hide a missing browser or unread research data."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()  # type: ignore[attr-defined] # pluggy's wrapper protocol
    needs_browser = item.get_closest_marker("browser") is not None
    needs_shared = item.get_closest_marker("shared") is not None and SHARED.is_dir()
    if report.skipped and (needs_browser or needs_shared):
        report.user_properties.append(("unacceptable_skip", True))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect the remembered skips (also from xdist's workers)."""
    if ("unacceptable_skip", True) in [tuple(pair) for pair in report.user_properties]:
        _unacceptable.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that asked for no such skip (``PHARMAKON_NO_SKIP``, set by ``.ci/run``)."""
    if _unacceptable and os.environ.get("PHARMAKON_NO_SKIP"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("\nskipped although it must run here: " + ", ".join(sorted(set(_unacceptable))))
