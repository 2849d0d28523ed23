"""Running a crawl in a test, and reading what it left."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator

from casefile.records import Capture, CustodyEntry, Listing, RunReport, Site, UrlOutcome, sha256_hex
from crawler.job import CrawlJob
from crawler.run import run_job


@dataclass(frozen=True)
class Bundle:
    """A sealed bundle, read back."""

    folder: Path
    report: RunReport

    def _lines(self, name: str) -> list[Any]:
        return [json.loads(line) for line in (self.folder / name).read_text(encoding="utf-8").splitlines()]

    @property
    def listings(self) -> list[Listing]:
        return [Listing.from_json(line) for line in self._lines("listings.jsonl")]

    @property
    def captures(self) -> list[Capture]:
        return [Capture.from_json(line) for line in self._lines("captures.jsonl")]

    @property
    def sites(self) -> list[Site]:
        return [Site.from_json(line) for line in self._lines("sites.jsonl")]

    @property
    def custody(self) -> list[CustodyEntry]:
        return [CustodyEntry.from_json(line) for line in self._lines("custody.jsonl")]

    def outcome(self, url: str) -> UrlOutcome:
        return next(outcome for outcome in self.report.urls if outcome.url == url)

    def capture_of(self, url: str) -> Capture:
        return next(capture for capture in self.captures if capture.final_url == url)

    def record(self, capture: Capture) -> tuple[dict[str, str], bytes]:
        """Return WARC headers and payload of a capture, with every digest checked."""
        with (self.folder / capture.warc_file).open("rb") as stream:
            stream.seek(capture.warc_offset)
            record = next(ArchiveIterator(stream, check_digests="raise"))
            payload = record.raw_stream.read()
            assert record.digest_checker.passed
            return dict(record.rec_headers.headers), payload

    def check(self) -> None:
        """Assert that every capture is in the archive with the bytes it names, and that the custody chain holds."""
        for capture in self.captures:
            headers, payload = self.record(capture)
            assert headers["WARC-Target-URI"] == capture.final_url
            assert sha256_hex(payload) == capture.payload_sha256
            assert len(payload) == capture.payload_bytes
        known = {capture.id for capture in self.captures}
        assert {listing.capture for listing in self.listings} <= known
        previous = "0" * 64
        for entry in self.custody:
            assert entry.previous == previous
            assert entry.hash == entry.expected_hash()
            previous = entry.hash


def crawl(out: Path, *start_urls: str, **options: Any) -> Bundle:
    """Crawl without a browser (unless asked for) and read the bundle back."""
    settings: dict[str, Any] = {"render": "never", "allow_loopback": True, "max_seconds": 60.0, **options}
    return Bundle(out, run_job(CrawlJob(start_urls=start_urls, out=out, **settings)))
