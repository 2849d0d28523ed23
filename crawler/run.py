"""Carrying out a crawl job in a process of its own."""

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casefile.records import OUTCOMES, RunReport
from casefile.records.bundle import MANIFEST_NAME, RUN_NAME
from crawler.evidence.bundle import LOCK_NAME
from crawler.job import CrawlJob

_OVERTIME_SECONDS: Final = 60.0
"""How long after its time budget a run may take to seal before it is killed."""
DONE: Final = frozenset({"finished", "page budget spent", "time budget spent"})
"""Reasons to finish that mean the run did what it was asked to; any other means that it was cut."""


class CrawlError(Exception):
    """A run did not give a sealed bundle; the message says why and what to do."""


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    counts: dict[str, int] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        """Pages read."""
        return self.counts.get("pages", 0)

    @property
    def listings(self) -> int:
        """Listings written."""
        return self.counts.get("listings", 0)

    @property
    def outcomes(self) -> dict[str, int]:
        """URLs by outcome."""
        return {name: self.counts[name] for name in (*OUTCOMES, "skipped") if self.counts.get(name)}


class Stop:
    """Ends runs early from another thread; what they fetched is sealed and reported all the same."""

    def __init__(self) -> None:
        self._children: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self.asked = False

    def __call__(self) -> None:
        """Ask every run that was started with this object to end."""
        with self._lock:
            self.asked = True
            for child in self._children:
                child.send_signal(signal.SIGTERM)

    @contextlib.contextmanager
    def holding(self, child: "subprocess.Popen[str]") -> Iterator[None]:
        """Let ``child`` be ended while the block runs."""
        with self._lock:
            self._children.add(child)
            if self.asked:
                child.send_signal(signal.SIGTERM)
        try:
            yield
        finally:
            with self._lock:
                self._children.discard(child)


def run_job(
    job: CrawlJob, progress: Callable[[Progress], None] | None = None, *, stop: Stop | None = None
) -> RunReport:
    """Crawl in a child process and return the report of the sealed bundle.

    ``KeyboardInterrupt`` (or ``stop``, from another thread) ends the run early; what was fetched until then is sealed
    and reported all the same. Raises :class:`CrawlError`.
    """
    with tempfile.TemporaryDirectory(prefix="pharmakon-job-") as scratch:
        job_file = Path(scratch) / "job.json"
        job_file.write_text(job.model_dump_json(), encoding="utf-8")
        with (Path(scratch) / "log").open("w+", encoding="utf-8", errors="replace") as log:
            # A session of its own: Ctrl-C reaches this process, which passes it on once.
            child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "crawler.child", str(job_file)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
                cwd=Path(__file__).resolve().parent.parent,
            )
            # A page can hold up our own code where no signal of the run's own clock is heard.
            overtime = threading.Timer(job.max_seconds + _OVERTIME_SECONDS, child.kill)
            overtime.daemon = True
            overtime.start()
            with (stop or Stop()).holding(child):
                fault = _follow(child, progress)
            overtime.cancel()
            log.seek(0)
            return _result(job, child.returncode, fault, log.read()[-4000:])


def _follow(child: "subprocess.Popen[str]", progress: Callable[[Progress], None] | None) -> str | None:
    """Read the child's events until it ends; return the fault it named, if any."""
    fault: str | None = None
    interrupted = False
    while child.poll() is None:
        try:
            for line in child.stdout or ():
                event = json.loads(line)
                fault = event.get("fault", fault)
                if progress is not None and "counts" in event:
                    progress(Progress(event["counts"]))
            child.wait()
        except KeyboardInterrupt:
            child.send_signal(signal.SIGKILL if interrupted else signal.SIGTERM)
            interrupted = True
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()
    return fault


def _result(job: CrawlJob, status: int, fault: str | None, log: str) -> RunReport:
    folder = job.out
    sealed = (folder / MANIFEST_NAME).exists() and not (folder / LOCK_NAME).exists()
    if status == 0 and sealed:
        return RunReport.from_json(json.loads((folder / RUN_NAME).read_text(encoding="utf-8")))
    if fault is not None:
        raise CrawlError(fault)
    last = next((line for line in reversed(log.splitlines()) if line.strip()), "no message")
    what = f"was killed (signal {-status})" if status < 0 else f"ended with status {status}: {last}"
    raise CrawlError(
        f"the crawl process {what}; nothing that was recorded is lost: "
        f"seal it with 'pharmakon crawl --recover {folder}'"
    )
