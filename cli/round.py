"""One round of watching: crawl jobs side by side, and each bundle ingested and assessed as soon as it is sealed."""

import queue
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from casefile.ingest import BundleError, ingest_bundle
from casefile.store import Casefile, CasefileError
from crawler.evidence import EvidenceError
from crawler.evidence.recover import recover_bundle
from crawler.job import CrawlJob
from crawler.run import CrawlError, Progress, Stop, run_job

if TYPE_CHECKING:
    from classifier.assess import Assessor

INCOMING_DIR = "incoming"
"""Where bundles are written before the casefile has its own checked copy."""
ACTOR = "monitor"

Say = Callable[[str, str], None]
"""Called with the name of a job and what happened to it."""


@dataclass
class RoundResult:
    """What a round brought."""

    pages: int = 0
    listings_new: int = 0
    listings_changed: int = 0
    assessed: int = 0
    faults: list[str] = field(default_factory=list)
    """One line for each thing that did not work; the rest of the round went on."""


@contextmanager
def crawling(
    jobs: Sequence[CrawlJob], *, parallel: int, progress: Callable[[CrawlJob, Progress], None]
) -> Iterator[Iterator[tuple[CrawlJob, Exception | None]]]:
    """Run ``jobs``, ``parallel`` at a time, and yield each with its fault (or None) as it ends.

    Leaving the block early, also by Ctrl-C, ends the running crawls; what they fetched is sealed.
    """
    waiting = deque(jobs)
    ended: queue.SimpleQueue[tuple[CrawlJob, Exception | None]] = queue.SimpleQueue()
    stop = Stop()

    def work() -> None:
        while not stop.asked:
            try:
                job = waiting.popleft()
            except IndexError:
                return
            fault: Exception | None = None
            try:
                run_job(job, partial(progress, job), stop=stop)
            except Exception as error:
                # raised again where the job is waited for: a thread that just died would be waited for without end
                fault = error
            ended.put((job, fault))

    threads = [threading.Thread(target=work, name=f"crawl-{n}") for n in range(min(parallel, len(jobs)))]
    for thread in threads:
        thread.start()
    try:
        yield (ended.get() for _ in jobs)
    finally:
        stop()
        for thread in threads:
            thread.join()


def take_in(casefile: Casefile, folder: Path, result: RoundResult) -> str:
    """Ingest the bundle in ``folder`` and remove the folder once the casefile holds its own copy.

    A bundle that a killed run left unsealed is sealed first. Raises :class:`BundleError` or :class:`CasefileError`;
    the folder then stays.
    """
    try:
        recovered = recover_bundle(folder)
    except EvidenceError as error:
        raise CasefileError(f"{folder}: {error}") from error
    taken = ingest_bundle(casefile, folder, actor=ACTOR)
    shutil.rmtree(folder)
    result.listings_new += taken.listings_new
    result.listings_changed += taken.listings_changed
    told = f"{taken.listings_new} new, {taken.listings_changed} changed, {taken.listings_same} unchanged listings"
    return f"{told} (recovered from an interrupted run)" if recovered else told


def take_in_left_over(casefile: Casefile, result: RoundResult, say: Say) -> None:
    """Ingest what an earlier, killed round left behind."""
    for folder in sorted((casefile.workspace / INCOMING_DIR).glob("*/")):
        if any(folder.iterdir()):
            with _noting(folder.name, result, say):
                say(folder.name, take_in(casefile, folder, result))
        else:
            folder.rmdir()


def run_round(
    casefile: Casefile,
    assessor: "Assessor",
    jobs: Sequence[CrawlJob],
    *,
    parallel: int,
    say: Say,
    progress: Callable[[CrawlJob, Progress], None],
) -> RoundResult:
    """Carry out one round. A site at fault is noted in the result and never stops the others."""
    from cli.assess import assess_waiting

    result = RoundResult()
    pages: dict[str, int] = {}

    def follow(job: CrawlJob, done: Progress) -> None:
        pages[job.out.name] = done.pages
        progress(job, done)

    take_in_left_over(casefile, result, say)
    with crawling(jobs, parallel=parallel, progress=follow) as ended:
        for job, fault in ended:
            name = job.target or job.out.name
            with _noting(name, result, say):
                if fault is not None:
                    raise fault
                told = take_in(casefile, job.out, result)
                result.assessed += assess_waiting(casefile, assessor, again=False, progress=lambda _: None)
                say(name, f"{pages.get(job.out.name, 0)} pages; {told}")
    # whatever was waiting before the round, or came without a crawl
    result.assessed += assess_waiting(casefile, assessor, again=False, progress=lambda _: None)
    result.pages = sum(pages.values())
    return result


@contextmanager
def _noting(name: str, result: RoundResult, say: Say) -> Iterator[None]:
    """Turn what may go wrong with one site into a line, so that the other sites go on."""
    try:
        yield
    except (CrawlError, BundleError, CasefileError) as error:
        result.faults.append(f"{name}: {error}")
        say(name, f"FAULT: {error}")
