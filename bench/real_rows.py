"""The chain on real rows: import, assess, and the desk over them. ``python -m bench.real_rows [FILE...]``.

By default all of ``../shared/listings`` (49,137 rows; research data that is not part of the project), in a workspace
made for the run. The baseline of import and assess is one pass that only reads and parses the same lines.
"""

import gzip
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
DEFAULT = CHECKOUT.parent / "shared" / "listings"


def parse_only(files: list[Path]) -> tuple[int, float]:
    """Return how many rows there are and how many seconds it takes only to read them."""
    started = time.perf_counter()
    rows = 0
    for file in files:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as stream:
            rows += sum(1 for line in stream if json.loads(line))
    return rows, time.perf_counter() - started


def pharmakon(*arguments: str) -> float:
    """Run one verb and return the seconds it took; ends the benchmark when it fails."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "cli.main", *arguments], cwd=CHECKOUT, check=True)  # noqa: S603 - our own verbs
    return time.perf_counter() - started


def main(arguments: list[str]) -> None:
    """Measure and print."""
    files = [Path(name) for name in arguments] or sorted(DEFAULT.glob("*.jsonl.gz"))
    if not files:
        print(f"nothing to measure: {DEFAULT} is absent; name listings files instead")
        return
    rows, reading = parse_only(files)
    with tempfile.TemporaryDirectory(prefix="pharmakon-bench-") as scratch:
        workspace = str(Path(scratch) / "workspace")
        importing = pharmakon("import", *map(str, files), "--workspace", workspace)
        assessing = pharmakon("assess", "--workspace", workspace)
        print(f"rows {rows:,}; only reading them {reading:.1f} s")
        for name, seconds in (("import", importing), ("assess", assessing)):
            print(f"{name:8} {seconds:7.1f} s  {rows / seconds:7.0f} rows/s  {seconds / reading:6.1f} x reading")
        subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "bench.desk_pages", "--workspace", workspace], cwd=CHECKOUT, check=True
        )


if __name__ == "__main__":
    main(sys.argv[1:])
