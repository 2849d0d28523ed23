"""``pharmakon sandbox``: the loopback market, in the foreground until Ctrl-C."""

import contextlib
import json
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from crawler.sandbox import RunningSandbox

DEFAULT_PORT: Final = 8710


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65000), default=DEFAULT_PORT, show_default=True,
    help="First port on 127.0.0.1; each site takes one. 0 takes any free ports.",
)  # fmt: skip
@click.option(
    "--catalogue", "catalogue", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Serve this listings file (JSONL, also .gz) as one shop instead. May be given more than once.",
)  # fmt: skip
@click.option(
    "--generation", type=click.IntRange(1, 1000), default=1, show_default=True,
    help="1 is the market on the first crawl; in 2 some listings are gone, some changed, some new.",
)  # fmt: skip
@click.option("--names", is_flag=True, help="One port and the host names <site>.localhost instead of a port each.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with the start URLs, once all listen.")
def sandbox(port: int, catalogue: tuple[Path, ...], generation: int, names: bool, as_json: bool) -> None:
    """Serve six fictional shops on loopback to try everything on, until Ctrl-C.

    Example: pharmakon sandbox --port 0 --json
    """
    from rich.console import Console

    from crawler.sandbox import SandboxError, start_sandbox

    if catalogue and names:
        raise click.UsageError("--names is for the six shops; leave it out with --catalogue")
    reading = f"Reading {', '.join(path.name for path in catalogue)}" if catalogue else "Starting the shops"
    try:
        with Console(stderr=True).status(reading):
            running = start_sandbox(list(catalogue) or None, port, generation=generation, names=names)
    except SandboxError as error:
        raise click.ClickException(str(error)) from error
    with running:
        _announce(running, as_json=as_json)
        _wait_for_signal()


def _announce(running: "RunningSandbox", *, as_json: bool) -> None:
    held = running.listings_file
    if as_json:
        answer: dict[str, object] = {"start_urls": running.start_urls, "generation": running.generation}
        if held is not None:
            answer |= {"listings": len(held.rows), "skipped": held.skipped, "first_fault": held.first_fault}
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    for site, url in running.start_urls.items():
        click.echo(f"{site:12} {url}")
    if held is not None:
        click.echo(f"{len(held.rows)} listings served, {held.skipped} rows skipped")
        if held.first_fault:
            click.echo(f"first fault: {held.first_fault}", err=True)
    click.echo("Press Ctrl-C to stop.")


def _wait_for_signal() -> None:
    """Return when the program is told to end (SIGINT or SIGTERM)."""
    ended = threading.Event()
    with contextlib.suppress(KeyboardInterrupt):
        signal.signal(signal.SIGTERM, lambda number, frame: ended.set())
        ended.wait()
