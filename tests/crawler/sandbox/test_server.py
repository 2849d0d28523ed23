import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from cli.sandbox import sandbox as command
from crawler.sandbox import SITE_KEYS, RunningSandbox, SandboxError, start_sandbox


def fetch(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urlopen(Request(url, headers=headers)) as answer:  # noqa: S310 - our own loopback server
            return answer.status, answer.read().decode()
    except HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with start_sandbox() as sandbox:
        yield sandbox


def test_each_site_listens_on_a_port_of_its_own_on_loopback_only(running: RunningSandbox) -> None:
    assert tuple(running.start_urls) == SITE_KEYS
    ports = {urlsplit(url).port for url in running.start_urls.values()}
    assert len(ports) == 6
    assert {urlsplit(url).hostname for url in running.start_urls.values()} == {"127.0.0.1"}
    assert "Bazaria" in fetch(running.start_urls["market"])[1]
    assert "Lindenhof" in fetch(running.start_urls["pharmacy"])[1]


def test_a_host_name_picks_the_site_and_a_forged_host_header_does_not(running: RunningSandbox) -> None:
    url = running.start_urls["board"]
    assert "Tolabox" in fetch(url, Host="classifieds.localhost:80")[1]
    assert "PharmaTradeLane" in fetch(url, Host="evil.example")[1]


def test_the_tripwire_counts_who_comes(running: RunningSandbox) -> None:
    assert running.tripwire_url is not None
    before = len(running.tripwire_hits)
    fetch(running.tripwire_url + "pay/rogue-001", **{"User-Agent": "careless"})
    last = running.tripwire_hits[-1]
    assert (len(running.tripwire_hits), last.path, last.agent) == (before + 1, "/pay/rogue-001", "careless")


def test_the_generation_is_set_by_who_runs_it(running: RunningSandbox) -> None:
    url = running.start_urls["pharmacy"] + "fr/produit/omeprazole-20-mg-14-gelules-gastro-resistantes"
    assert fetch(url)[0] == 404
    running.generation = 2
    try:
        assert fetch(url)[0] == 200
    finally:
        running.generation = 1


def free_base() -> int:
    """Return the first of seven free ports in a row, below the range that systems hand out by themselves."""
    for base in range(20_000 + os.getpid() % 900 * 10, 32_000, 10):
        with contextlib.ExitStack() as held:
            try:
                for port in range(base, base + 7):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise AssertionError("no seven free ports in a row")


def test_a_base_port_gives_the_sites_the_ports_after_it_and_stopping_frees_them() -> None:
    base = free_base()
    for _ in range(2):
        with start_sandbox(ports=base) as sandbox:
            assert [urlsplit(url).port for url in sandbox.start_urls.values()] == list(range(base, base + 6))


def test_a_port_in_use_is_named_and_the_other_ports_are_freed() -> None:
    base = free_base()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base + 2))
        taken.listen()
        with pytest.raises(SandboxError, match=rf"port {base + 2} on 127.0.0.1 \(for the site 'market'\) is in use"):
            start_sandbox(ports=base)
    with socket.socket() as again:
        again.bind(("127.0.0.1", base))


def test_the_command_refuses_a_port_in_use_with_one_line_and_status_1() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = CliRunner().invoke(command, ["--port", str(taken.getsockname()[1])])
    assert answer.exit_code == 1
    assert "is in use" in answer.output
    assert answer.output.count("\n") == 1


def test_one_port_serves_all_sites_by_name_where_the_system_resolves_them(monkeypatch: pytest.MonkeyPatch) -> None:
    known = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]
    monkeypatch.setattr("crawler.sandbox.server.socket.getaddrinfo", lambda *_: known)
    with start_sandbox(names=True) as sandbox:
        hosts = {urlsplit(url).hostname for url in sandbox.start_urls.values()}
        (port,) = {urlsplit(url).port for url in sandbox.start_urls.values()}
        monkeypatch.undo()
        assert hosts == {f"{site}.localhost" for site in SITE_KEYS}
        assert "Tolabox" in fetch(f"http://127.0.0.1:{port}/", Host=f"classifieds.localhost:{port}")[1]
        assert fetch(f"http://127.0.0.1:{port}/")[0] == 421


def test_names_are_refused_where_the_system_does_not_resolve_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> list[object]:
        raise socket.gaierror("unknown")

    monkeypatch.setattr("crawler.sandbox.server.socket.getaddrinfo", unknown)
    with pytest.raises(SandboxError, match=r"does not resolve pharmacy\.localhost"):
        start_sandbox(names=True)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_start_urls_as_json_and_ends_on_a_signal(ending: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", "sandbox", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = json.loads(process.stdout.readline())
        assert tuple(said["start_urls"]) == SITE_KEYS
        assert fetch(said["start_urls"]["classifieds"])[0] == 200
        process.send_signal(ending)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


def test_names_and_a_catalogue_do_not_go_together(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "1", "title": "x"}\n', encoding="utf-8")
    assert CliRunner().invoke(command, ["--names", "--catalogue", str(rows)]).exit_code == 2
