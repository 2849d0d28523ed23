"""``pharmakon serve``: opens where it says, refuses what is unsafe, ends when asked."""

import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.serve import serve

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield held.getsockname()[1]


def test_a_port_in_use_is_one_clear_message_and_nothing_is_made(taken: int, tmp_path: Path) -> None:
    outcome = CliRunner().invoke(serve, ["--port", str(taken), "--workspace", str(tmp_path / "workspace")])
    assert outcome.exit_code == 1
    assert outcome.output.count("\n") == 1
    assert f"port {taken} on 127.0.0.1 cannot be used" in outcome.output
    assert "--port" in outcome.output
    assert not (tmp_path / "workspace").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "desk.example"])  # noqa: S104 - it must be refused
def test_an_address_others_can_reach_needs_tls(host: str, tmp_path: Path) -> None:
    outcome = CliRunner().invoke(serve, ["--host", host, "--workspace", str(tmp_path / "workspace")])
    assert outcome.exit_code == 1
    assert "--tls-cert" in outcome.output


def test_an_address_others_can_reach_needs_its_name(tmp_path: Path) -> None:
    options = ["--host", "0.0.0.0", "--behind-tls-proxy", "--workspace", str(tmp_path / "workspace")]  # noqa: S104
    outcome = CliRunner().invoke(serve, options)
    assert outcome.exit_code == 2
    assert "--hostname" in outcome.output


def test_half_a_certificate_is_wrong_use(tmp_path: Path) -> None:
    certificate = tmp_path / "cert.pem"
    certificate.write_text("x")
    outcome = CliRunner().invoke(serve, ["--tls-cert", str(certificate)])
    assert outcome.exit_code == 2
    assert "--tls-key" in outcome.output


def test_a_workspace_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    outcome = CliRunner().invoke(serve, ["--port", str(port), "--workspace", str(tmp_path / "file" / "workspace")])
    assert outcome.exit_code == 1
    assert "cannot be used" in outcome.output


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_desk_answers_at_the_printed_address_and_ends_in_order(tmp_path: Path, end: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "cli.main", "serve", "--port", str(port), "--workspace", str(tmp_path / "w")]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert f"http://127.0.0.1:{port}" in line
            for host, status in (("localhost", 200), ("evil.example", 421)):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request("GET", "/login", headers={"Host": host})
                assert connection.getresponse().status == status
                connection.close()
            process.send_signal(end)
            _, said = process.communicate(timeout=20)
        finally:
            process.kill()
    assert "Traceback" not in said
    assert process.returncode == (0 if end == signal.SIGINT else -end)
