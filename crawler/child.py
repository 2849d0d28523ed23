"""The process of one site-run: ``python -m crawler.child job.json``.

Writes progress as JSON lines on standard output. Ends, sealed, when standard input closes: then whoever started the
run is gone. Exit status 0 when the bundle is sealed, 1 when it is not.
"""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

from scrapy.crawler import AsyncCrawlerProcess, Crawler

from casefile.records import RunReport
from crawler.about import library_versions
from crawler.evidence import BundleWriter, EvidenceError, new_run_id
from crawler.evidence.bundle import utc_now
from crawler.job import CrawlJob
from crawler.ledger import Ledger
from crawler.market import MarketSpider
from crawler.settings import USER_AGENT, can_render, scrapy_settings
from crawler.stopping import StopFlag

_PROGRESS_SECONDS: Final = 0.2
_SYNC_SECONDS: Final = 5.0
_REFUSED_HOSTS: Final = 50
_LIBRARIES: Final = (
    "scrapy", "scrapy-poet", "web-poet", "twisted", "lxml", "warcio", "playwright", "scrapy-playwright", "protego",
)  # fmt: skip


class SiteRun:
    """One run from job to sealed bundle."""

    def __init__(self, job: CrawlJob) -> None:
        self.job = job
        self.stop = StopFlag()
        self.ledger = Ledger()
        self.started_at = utc_now()
        self.versions = library_versions(*_LIBRARIES)
        self.writer = BundleWriter(job.out, run_id=new_run_id(), software={"http-header-user-agent": USER_AGENT})
        self._settings = settings_of(job)
        self._crawler: Crawler | None = None
        self._last_progress = 0.0
        self._last_sync = time.monotonic()
        self.stop.on_tick = self._tick
        self.stop.on_overtime = self._leave_now

    def run(self) -> RunReport:
        """Crawl and seal; raises ``OSError`` or :class:`EvidenceError` when the evidence cannot be kept."""
        self.writer.custody(
            "run_started",
            kind="crawl",
            start_urls=list(self.job.start_urls),
            target=self.job.target,
            settings=self._settings,
            versions=dict(self.versions),
        )
        process = AsyncCrawlerProcess(scrapy_settings(self.job))
        crawler = process.create_crawler(MarketSpider)
        process.crawl(
            crawler, job=self.job, writer=self.writer, ledger=self.ledger, stop=self.stop, renders=can_render(self.job)
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _: self.stop.ask(f"stopped by {signal.Signals(received).name}"))
        asyncio.get_event_loop().add_reader(sys.stdin.fileno(), self._parent_wrote)
        self._crawler = crawler
        process.start(install_signal_handlers=False)
        spider = self._spider()
        if spider is None:
            raise EvidenceError("the crawl could not start; run it again with PHARMAKON_LOG=DEBUG to see why")
        return self.seal(str(crawler.stats.get_value("finish_reason", "finished")), spider)

    def seal(self, reason: str, spider: MarketSpider) -> RunReport:
        """Write what was held back, the report and the manifest."""
        reason = self.stop.reason or reason
        if reason == "finished" and self.ledger.counts["requested"] >= self.job.max_pages:
            reason = "page budget spent"
        spider.finish(reason)
        refused = self.ledger.browser_refused.most_common(_REFUSED_HOSTS)
        if refused:
            self.writer.custody("browser_refused", hosts=dict(refused))
        report = RunReport(
            run_id=self.writer.run_id,
            kind="crawl",
            start_urls=self.job.start_urls,
            target=self.job.target,
            started_at=self.started_at,
            finished_at=utc_now(),
            finish_reason=reason,
            counts=self.ledger.report_counts(),
            versions=self.versions,
            settings=self._settings,
            robots={origin: note.to_json() for origin, note in sorted(self.ledger.robots.items())},
            urls=tuple(self.ledger.urls.values()),
        )
        self.writer.seal(report)
        self._report_progress()
        return report

    def _parent_wrote(self) -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            asyncio.get_event_loop().remove_reader(sys.stdin.fileno())
            self.stop.ask("the program that started the run is gone")

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._last_progress >= _PROGRESS_SECONDS:
            self._last_progress = now
            self._report_progress()
        if now - self._last_sync >= _SYNC_SECONDS:
            self._last_sync = now
            self.writer.sync()

    def _report_progress(self) -> None:
        event: dict[str, Any] = {"counts": self.ledger.report_counts(), "robots": len(self.ledger.robots)}
        try:
            print(json.dumps(event), flush=True)
        except BrokenPipeError:
            self.stop.ask("the program that started the run is gone")

    def _leave_now(self) -> None:
        """Seal although requests are still under way, and end the process."""
        spider = self._spider()
        status = 1
        try:
            if spider is not None:
                self.seal(self.stop.reason or "stopped", spider)
                status = 0
        except OSError as error:
            tell_fault(self.job, error)
        sys.stdout.flush()
        os._exit(status)

    def _spider(self) -> MarketSpider | None:
        spider = self._crawler.spider if self._crawler is not None else None
        return spider if isinstance(spider, MarketSpider) else None


def settings_of(job: CrawlJob) -> dict[str, Any]:
    """Return the policies of a job for its report: everything but where the bundle is written."""
    return job.model_dump(mode="json", exclude_none=True, exclude={"out", "start_urls", "target"})


def tell_fault(job: CrawlJob, error: OSError) -> None:
    """Say on standard output why the evidence cannot be kept, and what to do."""
    fault = (
        f"{job.out} cannot be written ({error.strerror}); what was recorded before is kept: make room, then "
        f"seal it with 'pharmakon crawl --recover {job.out}'"
    )
    print(json.dumps({"fault": fault}), flush=True)


def main(arguments: list[str]) -> int:
    """Carry out the job in the file named; return the exit status."""
    job = CrawlJob.model_validate_json(Path(arguments[0]).read_text(encoding="utf-8"))
    try:
        SiteRun(job).run()
    except EvidenceError as error:
        print(json.dumps({"fault": str(error)}), flush=True)
        return 1
    except OSError as error:
        tell_fault(job, error)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
