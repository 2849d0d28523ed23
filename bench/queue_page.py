"""How long a page of the queue, the next item, a decision and a search take: ``python -m bench.queue_page [--rows N]``.

Fills a casefile with N synthetic listings (kept in ``--keep FOLDER`` for the next run when given) and times the calls
that the desk makes, each with other filters, against the cheapest thing SQLite can do in the same file: one row by
its key. Times are milliseconds in process, without HTTP.
"""

import argparse
import contextlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench._fill import COUNTRIES, SUBSTANCES, fill
from casefile.decisions import decide, undo_last
from casefile.people import add_person, list_people
from casefile.queue import QueueFilter, counts, facets, next_item, page
from casefile.store import Casefile

TARGET_MS = 50.0


def timed(call: Callable[[], object], times: int) -> list[float]:
    """Return the milliseconds of each of ``times`` calls."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append((time.perf_counter() - start) * 1000)
    return found


def line(name: str, found: list[float], base: float) -> float:
    """Print p50 and p95 beside the baseline, and return p95."""
    p95 = statistics.quantiles(found, n=20, method="inclusive")[-1]
    p50 = statistics.median(found)
    print(f"{name:<44} p50 {p50:8.2f} ms   p95 {p95:8.2f} ms   {p50 / base:8.0f} x one row by key", flush=True)
    return p95


@contextlib.contextmanager
def filled(rows: int, keep: Path | None) -> Iterator[Casefile]:
    """Give a casefile with ``rows`` listings, filled now unless ``keep`` holds one of that size."""
    with tempfile.TemporaryDirectory() as scratch, Casefile.open(keep or Path(scratch)) as casefile:
        if counts(casefile)["all"] != rows:
            start = time.perf_counter()
            fill(casefile, rows)
            took = time.perf_counter() - start
            print(f"filled with {rows} listings in {took:.0f} s ({rows / took:.0f} a second, ingest and assessment)")
        if not list_people(casefile):
            add_person(casefile, "bench", roles=["investigator"], actor="bench")
        yield casefile


def walk(casefile: Casefile, filter: QueueFilter, pages: int) -> list[float]:
    """Return the milliseconds of each page while paging from the top, and from the top again after the last."""
    found, after = [], None
    for _ in range(pages):
        start = time.perf_counter()
        shown = page(casefile, filter, after=after)
        found.append((time.perf_counter() - start) * 1000)
        after = shown.next_cursor
    return found


def measure(casefile: Casefile) -> float:
    """Print all figures and return the worst p95 of the pages without search."""
    dice = random.Random(7)  # noqa: S311 - not for secrets
    size = counts(casefile)["all"]

    def by_key() -> None:
        with casefile.read() as db:
            db.execute("SELECT * FROM queue WHERE id = ?", (dice.randint(1, size),)).fetchone()

    base = statistics.median(timed(by_key, 2000))
    print(f"{'baseline: one row by key':<44} p50 {base:8.3f} ms")
    narrow = [
        ("page, open", QueueFilter()),
        ("page, all states", QueueFilter(state="all")),
        ("page, one site", QueueFilter(site="shop7.example")),
        ("page, one substance", QueueFilter(product=SUBSTANCES[3])),
        ("page, three filters", QueueFilter(product=SUBSTANCES[1], country="TR", suspected="illegal_supply")),
        ("page, rare substance + small site", QueueFilter(product=SUBSTANCES[-1], site="shop200.example")),
        ("page, big country + big language", QueueFilter(country=COUNTRIES[0], language="en")),
    ]  # fmt: skip
    worst = max(line(name, walk(casefile, filter, 200), base) for name, filter in narrow)
    someone = list_people(casefile)[0].id
    line("next item", timed(lambda: next_item(casefile, QueueFilter(), person=someone), 200), base)
    line("facets, no filter", timed(lambda: facets(casefile, QueueFilter()), 50), base)
    line("facets, under a filter", timed(lambda: facets(casefile, QueueFilter(site="shop7.example")), 50), base)
    line("counts", timed(lambda: counts(casefile), 100), base)
    for name, text in (
        ("search, rare word", "item 77"), ("search, one row", f"item {size - 5}"), ("search, common word", "bitcoin"),
        ("search, two common words", "tramadol bitcoin"), ("search, Chinese fragment (4)", "无需处方"),
        ("search, Chinese fragment (2)", "正品"), ("search, Arabic fragment", "صيدلي"), ("search, nothing", "zzzzqqq"),
        ("search, two letters nowhere", "qx"),
    ):  # fmt: skip
        line(name, walk(casefile, QueueFilter(text=text), 30), base)

    def one_decision() -> None:
        top = next_item(casefile, QueueFilter(), person=someone)
        if top is not None:
            decide(casefile, top.listing_id, "confirm", person_id=someone, version=top.version)

    line("next item + decision, committed", timed(one_decision, 100), base)
    line("undo, committed", timed(lambda: undo_last(casefile, person_id=someone), 100), base)
    return worst


def main() -> int:
    """Run at the sizes asked for; exit status 1 when a page's p95 is over 50 ms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[50_000])
    parser.add_argument("--keep", type=Path, help="keep the filled casefile in FOLDER/<rows>")
    args = parser.parse_args()
    worst = 0.0
    for rows in args.rows:
        print(f"\n{rows} listings")
        with filled(rows, args.keep / str(rows) if args.keep else None) as casefile:
            worst = max(worst, measure(casefile))
    print(f"\nworst p95 of a page: {worst:.2f} ms (to stay under {TARGET_MS:.0f} ms)")
    return 1 if worst > TARGET_MS else 0


if __name__ == "__main__":
    sys.exit(main())
