"""How much of the sandbox a crawl finds: ``python -m bench.sandbox_crawl [SITE...]``.

Crawls the shops one after the other and compares each bundle with the ground truth: recall (target 0.98), wrong
prices (target 0), listings behind robots.txt or a block page (0), addresses fetched outside of the start URLs (0, as
the bundle says and as the sandbox saw).
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from casefile.records import Listing
from crawler.run import run_job
from crawler.sandbox import SITE_KEYS, RunningSandbox, start_sandbox
from crawler.sandbox.check import RECALL_TARGET, CrawlCheck, check_crawl, read_bundle
from crawler.sandbox.jobs import crawl_jobs
from crawler.sandbox.truth import load_truth


def row(name: str, check: CrawlCheck, seconds: float | None = None, requests: int | None = None) -> None:
    """Print the figures of one site or of all."""
    speed = f"  {requests:>4} requests in {seconds:5.1f} s" if seconds is not None and requests is not None else ""
    print(
        f"{name:<12} recall {check.recall:.3f} ({check.found}/{check.expected})  wrong prices"
        f" {len(check.wrong_prices)}  prices {check.prices_right}/{check.prices_expected}  offer rows"
        f" {check.offers_right}/{check.offers_expected}"
        f"  titles {check.titles_right}  not listings {len(check.unknown)}  double {len(check.duplicates)}"
        f"  forbidden {len(check.forbidden)}  outside {len(check.outside)}{speed}",
        flush=True,
    )


def crawl(sandbox: RunningSandbox, sites: list[str], folder: Path) -> CrawlCheck:
    """Crawl each of ``sites``, print its figures, and return the check over all of them."""
    truth = load_truth()
    wanted = {site: url for site, url in sandbox.start_urls.items() if site in sites}
    listings: list[Listing] = []
    fetched: list[str] = []
    for site, job in crawl_jobs(wanted, folder).items():
        before, begun = len(sandbox.hits), time.perf_counter()
        run_job(job)
        seconds = time.perf_counter() - begun
        found, urls = read_bundle(job.out)
        row(site, check_crawl(found, urls, truth, {site: wanted[site]}), seconds, len(sandbox.hits) - before)
        listings += found
        fetched += urls
    return check_crawl(listings, fetched, truth, wanted)


def main(arguments: list[str]) -> int:
    """Print the figures; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sites", nargs="*", metavar="SITE", help=f"of {', '.join(SITE_KEYS)}; all without one")
    sites = parser.parse_args(arguments).sites or list(SITE_KEYS)
    if unknown := set(sites) - set(SITE_KEYS):
        parser.error(f"no such site: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as scratch, start_sandbox() as sandbox:
        check = crawl(sandbox, sites, Path(scratch))
        row("all", check)
        print("fetched from:", ", ".join(check.fetched_hosts))
        print(f"tripwire reached {len(sandbox.tripwire_hits)} times")
        if check.missing:
            print("missing:", ", ".join(check.missing))
        for wrong in check.wrong_prices:
            print(f"wrong price: {wrong.id} expected {wrong.expected}, found {wrong.found}")
        reached = check.passed and not sandbox.tripwire_hits
        print(f"targets (recall {RECALL_TARGET}, nothing wrong, nothing outside): {'reached' if reached else 'MISSED'}")
        return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
