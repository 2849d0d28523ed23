"""The desk as a process of its own, so that assessing never makes a reviewer wait."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import click

START_SECONDS = 60.0
STOP_SECONDS = 10.0


@contextmanager
def desk_process(workspace: Path, *, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run ``pharmakon serve`` while the block runs; yields once it answers.

    Raises :class:`click.ClickException` with the desk's own message when it does not start (port in use, for example).
    """
    command = [sys.executable, "-m", "cli.main", "serve", "--port", str(port), "--workspace", str(workspace)]
    with tempfile.TemporaryFile("w+") as log:
        # A session of its own: Ctrl-C ends the round first, and the desk after it.
        desk = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=Path(__file__).resolve().parent.parent,
        )
        try:
            _wait(desk, port)
            if desk.poll() is not None:
                log.seek(0)
                said = [line for line in log.read()[-4000:].splitlines() if line.strip()]
                raise click.ClickException((said[-1] if said else "the desk did not start").removeprefix("Error: "))
            yield desk
        finally:
            desk.terminate()
            try:
                desk.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                desk.kill()
                desk.wait()


def _wait(desk: "subprocess.Popen[bytes]", port: int) -> None:
    """Return when the desk answers, or when it has ended."""
    last = time.monotonic() + START_SECONDS
    while desk.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/login", timeout=5):
                break
        except HTTPError:
            break
        except (URLError, OSError):
            if time.monotonic() > last:
                raise click.ClickException(
                    f"the desk did not answer on port {port} within {START_SECONDS:.0f} s"
                ) from None
            time.sleep(0.1)
    if desk.poll() is None:
        # another program may hold the port and have answered in the desk's place: give ours time to say so
        time.sleep(0.3)
