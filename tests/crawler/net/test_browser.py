"""The browser is found where people have it, and a named one wins."""

from pathlib import Path

import pytest

from crawler.net.browser import BROWSER_VARIABLE, find_browser, launch_arguments


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(BROWSER_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path


def test_none_is_found_on_a_bare_machine(bare_machine: Path) -> None:
    assert find_browser() is None


def test_the_system_browser_is_found(bare_machine: Path) -> None:
    chromium = executable(bare_machine / "bin" / "chromium")

    assert find_browser() == chromium


def test_the_newest_download_of_playwright_is_found(bare_machine: Path) -> None:
    cache = bare_machine / "home" / ".cache" / "ms-playwright"
    executable(cache / "chromium-1100" / "chrome-linux" / "chrome")
    newest = executable(cache / "chromium-1200" / "chrome-linux64" / "chrome")

    assert find_browser() == newest


def test_a_named_browser_wins_and_a_wrong_name_is_not_replaced_silently(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(bare_machine / "bin" / "chromium")
    named = executable(bare_machine / "mine")

    monkeypatch.setenv(BROWSER_VARIABLE, str(named))
    assert find_browser() == named

    monkeypatch.setenv(BROWSER_VARIABLE, str(bare_machine / "missing"))
    assert find_browser() is None


def test_the_sandbox_is_left_out_only_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "--no-sandbox" not in launch_arguments()

    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert "--no-sandbox" in launch_arguments()
