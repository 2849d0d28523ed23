"""What one site-run must know: written as ``job.json``, so that any machine can carry it out without a casefile."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from casefile.records import Record
from crawler.targets import Budget, RenderMode, RobotsOverride, Search, Target, WebAddress

MAX_WAIT_SECONDS: Final = 120.0
"""Longest ``Retry-After`` a run sits out; a host that asks for more is left alone until the next run."""
LOOPBACK_CONCURRENCY: Final = 8
PUBLIC_CONCURRENCY: Final = 2
PUBLIC_DELAY: Final = 0.5
"""Seconds between two requests to a public host that asks for nothing else."""


class CrawlJob(Record):
    """One run over the start URLs of one target, or of a command line."""

    start_urls: tuple[WebAddress, ...] = Field(min_length=1)
    out: Path
    """Folder of the bundle; new or empty."""
    target: str | None = None
    render: RenderMode = "auto"
    max_pages: Annotated[int, Field(ge=1)] = Budget().pages
    max_seconds: Annotated[float, Field(gt=0)] = Budget().seconds
    max_depth: Annotated[int, Field(ge=0)] = Budget().depth
    allow_loopback: bool = False
    same_site: Literal["host", "domain"] = "host"
    delay: float | None = None
    subresource_hosts: tuple[str, ...] = ()
    search: Search | None = None
    robots_override: RobotsOverride | None = None
    max_wait: float = MAX_WAIT_SECONDS
    memory_mb: int = 1536
    """Resident memory at which the run ends itself, sealed."""

    @classmethod
    def for_target(cls, target: Target, out: Path, *, today: dt.date, allow_loopback: bool = False) -> "CrawlJob":
        """Build the job of a target; raises ``ValueError`` when its robots override has expired."""
        override = target.robots_override
        if override is not None and not override.holds(today):
            raise ValueError(
                f"target {target.name!r}: robots_override expired on {override.expires}; "
                "have it renewed by its authoriser, or remove it to crawl by robots.txt"
            )
        return cls(
            start_urls=target.start_urls,
            out=out,
            target=target.name,
            render=target.render,
            max_pages=target.budget.pages,
            max_seconds=target.budget.seconds,
            max_depth=target.budget.depth,
            allow_loopback=allow_loopback,
            same_site=target.same_site,
            delay=target.delay,
            subresource_hosts=target.subresource_hosts,
            search=target.search,
            robots_override=override,
        )
