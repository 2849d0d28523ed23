"""The whole way as a newcomer walks it: one command, two people in a browser, a referral that a third party can check.

This is the README's first ten minutes; when a step here has to change, so has the README.
"""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from casefile.referral import verify_package

CHECKOUT = Path(__file__).resolve().parents[2]
SHOTS = Path(__file__).parent / "shots"
READY_SECONDS = 300.0
LINK = re.compile(r"http://127\.0\.0\.1:\d+/login/link\?token=\S+")

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def free_ports(count: int) -> int:
    """Return the first of ``count`` neighbouring free ports."""
    # below the range from which systems hand out ports, where other tests' servers live
    for first in range(20000 + os.getpid() * 37 % 10000, 32700, count):
        held = []
        try:
            for port in range(first, first + count):
                held.append(socket.create_server(("127.0.0.1", port)))
        except OSError:
            continue
        else:
            return first
        finally:
            for one in held:
                one.close()
    raise AssertionError("no free ports")


class Monitor:
    """``pharmakon monitor`` in a process of its own, as `make monitor` runs it."""

    def __init__(self, workspace: Path, *, port: int, sandbox_port: int) -> None:
        self.said = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "monitor", "--workspace", str(workspace), "--port", str(port),
             "--sandbox-port", str(sandbox_port)],
            cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip

    def wait_for(self, words: str) -> None:
        """Read what the command says until it has said ``words``."""
        assert self.process.stdout is not None
        last = time.monotonic() + READY_SECONDS
        while words not in self.said:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, last - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert piece, f"monitor ended, or never said {words!r}: {self.said}"
            self.said += piece.decode()

    def stop(self) -> int:
        assert self.process.stdout is not None
        self.process.send_signal(signal.SIGINT)
        self.said += self.process.stdout.read().decode()
        return self.process.wait(timeout=60)

    def close(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journey") / "workspace"


@pytest.fixture(scope="module")
def monitor(workspace: Path) -> Iterator[Monitor]:
    first = free_ports(10)
    running = Monitor(workspace, port=first, sandbox_port=first + 1)
    try:
        running.wait_for("The desk stays open")
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()
        running.close()


def signed_in(browser: Browser, link: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True).new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Screens")).to_be_visible()
    return page


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"journey-{name}.png", full_page=True)


def test_a_newcomer_walks_from_one_command_to_a_verified_referral(
    monitor: Monitor, workspace: Path, browser: Browser, tmp_path: Path
) -> None:
    investigator, reviewer = LINK.findall(monitor.said)[:2]

    # the investigator confirms the item of highest priority, and undoes and repeats it on the way
    ada = signed_in(browser, investigator)
    shot(ada, "1-queue")
    ada.get_by_role("link", name="Start with the first").click()
    title = ada.get_by_role("heading", level=1).inner_text()
    expect(ada.locator("mark").first).to_be_visible()
    shot(ada, "2-item")
    ada.keyboard.press("c")
    expect(ada.get_by_role("heading", level=1)).not_to_have_text(title)
    ada.keyboard.press("z")
    expect(ada.get_by_role("heading", level=1)).to_have_text(title)
    ada.keyboard.press("c")
    expect(ada.get_by_role("heading", level=1)).not_to_have_text(title)

    # nothing can be referred on one person's word
    ada.goto(ada.url.split("/item")[0] + "/cases")
    ada.locator("table.rows a").first.click()
    expect(ada.get_by_text("1 of 2")).to_be_visible()
    expect(ada.get_by_role("button", name="Make and sign")).to_have_count(0)

    # the second person finds it, confirms it too, and makes the referral
    bo = signed_in(browser, reviewer)
    bo.get_by_role("link", name="Second look").first.click()
    bo.get_by_role("link", name="Start with the first").click()
    expect(bo.get_by_role("heading", level=1)).to_have_text(title)
    bo.keyboard.press("c")
    expect(bo.get_by_role("status")).to_contain_text("Confirmed")
    bo.get_by_role("link", name="Cases").click()
    bo.locator("table.rows a").first.click()
    shot(bo, "3-case")
    bo.get_by_label("Your agency").fill("Medicines Authority of Examplia")
    bo.get_by_label("Recipients").fill("Customs of Examplia")
    bo.get_by_label("Legal basis").fill("Medicines Act 2020, section 12")
    bo.get_by_label("Purpose", exact=False).fill("Decide on an investigation")
    bo.get_by_role("button", name="Make and sign").click()
    expect(bo.get_by_text("is made and signed")).to_be_visible()
    shot(bo, "4-referred")
    with bo.expect_download() as coming:
        bo.get_by_role("link", name="Download the package").click()
    package = tmp_path / "referral.zip"
    coming.value.save_as(package)

    # the recipient checks it offline, with the one file that needs nothing of this project
    alone = tmp_path / "verify_package.py"
    alone.write_bytes(Path(verify_package.__file__).read_bytes())
    checked = subprocess.run(
        [sys.executable, "-I", str(alone), str(package)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr

    spoiled = bytearray(package.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    package.write_bytes(spoiled)
    refused = subprocess.run(
        [sys.executable, "-I", str(alone), str(package)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert refused.returncode == 1


def test_a_second_monitor_on_the_same_folder_is_refused_and_told_where_the_first_is(
    monitor: Monitor, workspace: Path
) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "cli.main", "monitor", "--workspace", str(workspace), "--once"],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert second.returncode == 1
    assert "is being monitored already" in second.stderr
    assert str(monitor.process.pid) in second.stderr


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        refused = subprocess.run(
            [sys.executable, "-m", "cli.main", "monitor", "--workspace", str(tmp_path / "w"), "--port", str(port),
             "--once"],
            cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    assert refused.returncode == 1
    assert f"{port}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_ctrl_c_keeps_everything_and_the_log_is_whole(monitor: Monitor, workspace: Path) -> None:
    assert monitor.stop() == 0
    assert "Stopped" in monitor.said

    audit = subprocess.run(
        [sys.executable, "-m", "cli.main", "audit", "verify", "--workspace", str(workspace), "--json"],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert audit.returncode == 0, audit.stdout + audit.stderr
    assert json.loads(audit.stdout)["ok"]
