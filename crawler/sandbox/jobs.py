"""The jobs that crawl a running sandbox, for ``monitor``, the tests and the benchmark alike."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from crawler.job import CrawlJob
from crawler.targets import Search

SEARCH_TERMS: Final = {"market": ("sildenafil", "insulin", "vaccine", "viagra")}
"""What an investigator would put into a site's own search; some listings of the marketplace are reached so only."""
MAX_PAGES: Final = 600


def crawl_jobs(start_urls: Mapping[str, str], folder: Path, *, stamp: str = "") -> dict[str, CrawlJob]:
    """Return a job per site of ``RunningSandbox.start_urls``; the bundle of a site goes to ``folder/<stamp><site>``."""
    return {
        site: CrawlJob(
            start_urls=(url,),
            out=(folder / f"{stamp}{site}").absolute(),
            target=f"sandbox-{site}",
            allow_loopback=True,
            max_pages=MAX_PAGES,
            search=Search(terms=SEARCH_TERMS[site]) if site in SEARCH_TERMS else None,
        )
        for site, url in start_urls.items()
    }
