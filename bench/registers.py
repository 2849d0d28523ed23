"""Registers: how fast a file is taken in and asked, and whether it finds its own products and no others.

Needs ``../shared/listings``. Of every 20th BDPM row the title alone is asked for in France: as it is (should be
authorised), with a strength that nobody makes, and with a brand of rogue shops before it (should not be found).
"""

import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.identity import LISTINGS, _rows
from casefile.records import Listing
from casefile.register_mapping import load_mapping
from casefile.registers import import_register
from casefile.store import Casefile
from classifier.registers import entry_keys
from cli.register_check import check_listing

EVERY = 20
REGISTERS = (("licit_bdpm_fr", "bdpm-jsonl"), ("licit_ema_epar_en", "ema-jsonl"))


def _ask(casefile: Casefile, title: str) -> str:
    return check_listing(casefile, Listing(id="row", title=title, ships_to=("FR",))).countries[0].answer


def main() -> int:
    """Print the figures; 0 also where the research data is absent."""
    if not LISTINGS.is_dir():
        print("../shared/listings is not here: nothing was measured")
        return 0
    with tempfile.TemporaryDirectory() as folder, Casefile.open(Path(folder) / "ws") as casefile:
        for name, mapping in REGISTERS:
            started = time.perf_counter()
            done = import_register(
                casefile, LISTINGS / f"{name}.jsonl.gz", load_mapping(mapping), keys=entry_keys, actor="bench"
            )
            seconds = time.perf_counter() - started
            print(
                f"{name}: {done.edition.entries:,} entries in {seconds:.1f} s ({done.edition.entries / seconds:,.0f}/s)"
            )
        titles = [row["title"] for number, row in enumerate(_rows(REGISTERS[0][0])) if number % EVERY == 0]
        _ask(casefile, titles[0])
        own: Counter[str] = Counter()
        started = time.perf_counter()
        for title in titles:
            own[_ask(casefile, title)] += 1
        each = (time.perf_counter() - started) / len(titles)
        print(f"own products asked by title: {dict(own)}; {each * 1000:.1f} ms a listing")
        changed = [t for title in titles if (t := re.sub(r"\b\d+(?:,\d+)? mg\b", "777 mg", title)) != title]
        print(f"with a strength nobody makes: {dict(Counter(_ask(casefile, title) for title in changed))}")
        print(f"with a rogue brand before it: {dict(Counter(_ask(casefile, f'Kamagra {t}') for t in titles))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
