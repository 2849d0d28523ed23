"""``pharmakon monitor``: the whole chain with one command."""

import contextlib
import fcntl
import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from cli.workspace import open_casefile, refuse, workspace_option

if TYPE_CHECKING:
    from casefile.store import Casefile
    from classifier.assess import Assessor
    from cli.round import RoundResult
    from crawler.job import CrawlJob
    from crawler.run import Progress

LOCK_NAME = "monitor.lock"
NEWCOMERS = (("investigator", "investigator"), ("second reviewer", "reviewer"))
"""Name and role of the people a fresh workspace gets, so that two pairs of eyes can be tried by one person."""
SANDBOX_PORT = 8710
"""First port of the sandbox: fixed, because a site's name holds its port and listings must be the same next time."""


@click.command()
@click.option(
    "--targets",
    "targets_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML file of sites to watch; without it the sandbox is watched.",
)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Where the desk listens.")
@click.option("--sandbox-port", type=click.IntRange(1, 65000), default=SANDBOX_PORT, show_default=True,
              help="First of the sandbox's ports.")  # fmt: skip
@click.option(
    "--parallel", type=click.IntRange(1, 32), default=4, show_default=True, help="Sites crawled side by side."
)
@click.option("--once", is_flag=True, help="End after the round instead of keeping the desk open until Ctrl-C.")
@workspace_option
def monitor(
    workspace: Path, targets_file: Path | None, port: int, sandbox_port: int, parallel: int, once: bool
) -> None:
    """Crawl, ingest and assess, with the review desk open meanwhile.

    Without --targets six fictional shops are started on this machine and watched. Prints one-time log-in links for an
    investigator and a second reviewer. Exit status 1 when a site could not be crawled or taken in.

    Example: pharmakon monitor --targets my-targets.yaml --port 8000
    """
    signal.signal(signal.SIGTERM, _as_interrupt)
    from cli.desk_process import desk_process

    with contextlib.ExitStack() as open_things:
        open_things.enter_context(_only_one(workspace, port))
        assessor = _assessor()
        casefile = open_things.enter_context(contextlib.closing(open_casefile(workspace)))
        open_things.enter_context(desk_process(workspace, port=port))
        try:
            if targets_file is None:
                jobs = _sandbox_jobs(casefile, sandbox_port, open_things)
            else:
                jobs = _target_jobs(casefile, targets_file)
            _welcome(casefile, f"http://127.0.0.1:{port}")
            result = _round(casefile, assessor, jobs, parallel)
            _summary(casefile, result, port)
            if not once:
                click.echo("The desk stays open until Ctrl-C. Everything is kept in " + str(workspace))
                threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("\nStopped. What was crawled is kept; the next start goes on from here.")
            return
    if result.faults:
        raise refuse(f"{len(result.faults)} of {len(jobs)} sites had a fault, see above; the others were taken in")


def _as_interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _only_one(workspace: Path, port: int) -> Iterator[None]:
    """Hold the workspace for this process; a second monitor on the same folder is told who is there."""
    workspace.mkdir(parents=True, exist_ok=True)
    with (workspace / LOCK_NAME).open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            try:
                held = json.loads(lock.read())
                who = f"by process {held['pid']}, its desk is at http://127.0.0.1:{held['port']}"
            except (ValueError, KeyError):
                who = "by another process"
            raise refuse(f"{workspace} is being monitored already {who}; stop that one or choose another "
                         "--workspace") from None  # fmt: skip
        lock.truncate(0)
        lock.write(json.dumps({"pid": os.getpid(), "port": port}))
        lock.flush()
        yield
        lock.truncate(0)


def _sandbox_jobs(casefile: "Casefile", first_port: int, open_things: contextlib.ExitStack) -> "list[CrawlJob]":
    """Start the sandbox and return one job for each of its sites."""
    from casefile import queue
    from cli.round import INCOMING_DIR
    from crawler.sandbox import SandboxError, start_sandbox
    from crawler.sandbox.jobs import crawl_jobs

    # the market moves on once somebody has seen it: on a second start some listings are gone and some have changed
    generation = 2 if any(queue.counts(casefile).values()) else 1
    try:
        sandbox = open_things.enter_context(start_sandbox(ports=first_port, generation=generation))
    except SandboxError as error:
        raise refuse(str(error)) from error
    folder = casefile.workspace / INCOMING_DIR
    return list(crawl_jobs(sandbox.start_urls, folder, stamp=f"{_stamp()}-").values())


def _target_jobs(casefile: "Casefile", file: Path) -> "list[CrawlJob]":
    """Return one job for each target of the file."""
    from cli.round import INCOMING_DIR
    from crawler.job import CrawlJob
    from crawler.targets import TargetError, load_targets

    now = datetime.now(UTC)
    try:
        targets = load_targets(file)
        folder = (casefile.workspace / INCOMING_DIR).absolute()
        jobs = [CrawlJob.for_target(one, folder / f"{_stamp()}-{one.name}", today=now.date()) for one in targets]
    except (TargetError, ValueError) as error:
        raise refuse(str(error)) from error
    if not jobs:
        raise refuse(f"{file}: holds no target; add one under 'targets:' (see data/targets/example.yaml)")
    return jobs


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S")


def _welcome(casefile: "Casefile", address: str) -> None:
    """Make the two newcomers where nobody is there yet, and print a one-time link for each."""
    from casefile.people import add_person, list_people, make_login_link

    people = {person.name: person for person in list_people(casefile)}
    click.echo(f"\nThe review desk is open at {address}")
    if people and not all(name in people for name, _ in NEWCOMERS):
        click.echo("Log in with your password, or ask for a link: pharmakon user link NAME\n")
        return
    for name, role in NEWCOMERS:
        person = people.get(name) or add_person(casefile, name, roles=[role], actor="monitor")
        if person.active:
            token = make_login_link(casefile, person.id, actor="monitor")
            click.echo(f"  {name} (link is good once, for 24 hours):\n    {address}/login/link?token={token}")
    click.echo("")


def _assessor() -> "Assessor":
    """Load the model before anything is started: without it the work cannot be done."""
    from classifier.assess import Assessor
    from classifier.persist import ModelError

    try:
        return Assessor.load()
    except ModelError as error:
        raise refuse(str(error)) from error


def _round(casefile: "Casefile", assessor: "Assessor", jobs: "Sequence[CrawlJob]", parallel: int) -> "RoundResult":
    from cli.round import run_round

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bars(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        tasks: dict[Path, TaskID] = {}

        def progress(job: "CrawlJob", done: "Progress") -> None:
            if job.out not in tasks:
                tasks[job.out] = bars.add_task("")
            outcomes = ", ".join(f"{number} {name}" for name, number in done.outcomes.items())
            text = f"{job.target}: {done.pages} pages, {done.listings} listings; {outcomes}"
            bars.update(tasks[job.out], description=text)

        def say(name: str, text: str) -> None:
            line = f"{name}: {text}"
            # through the bars where they are shown, so that they do not tear the line
            if console.is_terminal:
                bars.console.print(line, highlight=False, markup=False)
            else:
                click.echo(line)

        return run_round(casefile, assessor, jobs, parallel=parallel, say=say, progress=progress)


def _summary(casefile: "Casefile", result: "RoundResult", port: int) -> None:
    from casefile import queue

    states = queue.counts(casefile)
    click.echo(
        f"\n{result.pages} pages, {result.listings_new} new and {result.listings_changed} changed listings, "
        f"{result.assessed} assessed; {states.get('open', 0)} wait in the queue at http://127.0.0.1:{port}/"
    )
