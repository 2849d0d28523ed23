"""What became of each URL of a run, and what robots.txt said: the substance of ``run.json``."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import JsonValue
from scrapy.exceptions import IgnoreRequest

from casefile.records import Outcome, UrlOutcome

MAX_SKIPPED: Final = 20_000
"""Skipped URLs that are named one by one; beyond this they are only counted."""


class Skipped(IgnoreRequest):
    """A request that is not sent; ``reason`` goes into the run report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unreachable(Skipped):
    """A request that is not sent because its host does not answer: an error of the site, not a choice of ours."""


@dataclass
class RobotsNote:
    """What one origin's robots.txt answered."""

    state: Literal["rules", "unavailable", "unreachable", "no_connection", "address_refused"]
    """``unavailable`` (4xx): everything is allowed; ``unreachable`` (5xx) and ``no_connection``: nothing is (RFC 9309,
    section 2.3.1); ``address_refused``: the address guard let nobody ask."""
    status: int | None = None
    sha256: str | None = None
    crawl_delay: float | None = None
    refused: int = 0
    overridden: int = 0
    reason: str | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """Return the note for ``run.json``."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass
class Ledger:
    """Counts and outcomes of one run; one instance, shared by the spider and its middlewares."""

    urls: dict[str, UrlOutcome] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    robots: dict[str, RobotsNote] = field(default_factory=dict)
    sitemaps: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Origin to the sitemaps its robots.txt names."""

    browser_refused: Counter[str] = field(default_factory=Counter)
    """``host:port`` that rendered pages asked for and did not get."""

    def settle(
        self, url: str, outcome: Outcome, *, status: int | None = None, reason: str | None = None, listings: int = 0
    ) -> None:
        """Note the outcome of a fetched URL; a later outcome (after a retry or a rendering) replaces an earlier one."""
        before = self.urls.get(url)
        if before is not None:
            self.counts[before.outcome] -= 1
        self.counts[outcome] += 1
        self.urls[url] = UrlOutcome(url=url, outcome=outcome, status=status, reason=reason, listings=listings)

    def skip(self, url: str, reason: str) -> None:
        """Note that a URL was not fetched and why; a URL that was fetched keeps its outcome."""
        if url in self.urls:
            return
        self.counts["skipped"] += 1
        if self.counts["skipped"] <= MAX_SKIPPED:
            self.urls[url] = UrlOutcome(url=url, outcome="skipped", reason=reason)

    def report_counts(self) -> dict[str, int]:
        """Return all counts that are not zero."""
        return {name: number for name, number in sorted(self.counts.items()) if number}
