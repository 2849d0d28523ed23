"""Many rows through the pool: what a second process adds, and memory from the first row to the last.

Run: ``python -m bench.assess_million [ROWS]`` (by default 100,000; the figure in the issue is for 1,000,000). Rows are
those of ``data/corpus`` again and again, each time under a new id and with its number in the title. Scaling is rows a
second of two processes over those of one, both measured on a tenth of the rows after all processes have started; on a
machine that does other work at the same time it says nothing, so load and verdict on it are printed beside it. Memory
is the sum over all processes at each tenth of the run, which must not grow.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from classifier.engines.local import score_rows
from classifier.examples import read_corpus
from classifier.train import CORPUS

_QUIET = 0.5
"""Load above which another process had a share in the figures."""
_WARM = 2000
"""Rows passed before the clock starts: by then every process has its model and has seen most words."""


def rows(count: int) -> Iterator[bytes]:
    """Yield ``count`` lines, all different."""
    texts = [{"title": e.listing.title or "", "description": e.listing.description or ""} for e in read_corpus(CORPUS)]
    for number in range(count):
        text = texts[number % len(texts)]
        row = {"id": str(number), "title": f"{text['title']} {number}", "description": text["description"]}
        yield json.dumps(row, ensure_ascii=False).encode() + b"\n"


def rate(count: int, workers: int) -> float:
    """Return rows a second over ``count`` rows after the first ones."""
    done, started, before = 0, 0.0, 0
    for lines, _ in score_rows(rows(count + _WARM), workers=workers):
        done += len(lines)
        if not started and done >= _WARM:
            started, before = time.perf_counter(), done
    return (done - before) / (time.perf_counter() - started)


def megabytes() -> int | None:
    """Return the resident memory of this process and its children; None where the system does not say (no /proc)."""
    if not Path("/proc/self/status").exists():
        return None
    total = 0
    for folder in Path("/proc").iterdir():
        try:
            fields = dict(
                line.split(":", 1) for line in (folder / "status").read_text().splitlines() if folder.name.isdigit()
            )
        except (OSError, ValueError):
            continue
        if fields and os.getpid() in (int(fields["Pid"]), int(fields["PPid"])):
            total += int(fields.get("VmRSS", "0 kB").split()[0])
    return total >> 10


def main(arguments: list[str]) -> None:
    """Print one JSON object."""
    count = int(arguments[0]) if arguments else 100_000
    load = os.getloadavg()[0]
    one, two = (rate(count // 10, workers) for workers in (1, 2))
    memory: list[int | None] = []
    done = errors = 0
    started = time.perf_counter()
    for lines, faults in score_rows(rows(count), workers=2):
        done, errors = done + len(lines), errors + faults
        if done * 10 // count > len(memory):
            memory.append(megabytes())
    seconds = time.perf_counter() - started
    print(json.dumps({
        "load_before": round(load, 1),
        "rows_per_second": {"1 process": round(one), "2 processes": round(two), "whole run": round(done / seconds)},
        "scaling": round(two / one, 2), "machine_was_quiet": load < _QUIET,
        "rows": done, "errors": errors, "megabytes_at_each_tenth": memory,
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
