"""How well the cue catalogue finds what people marked: ``python -m bench.cues [--gold FILE] [--seen] [--brief]``.

Prints precision, recall and F1 of cues on suspicious rows with the share of right cues whose quote overlaps, per cue
and per language; on the pairs, how often the suspicious side has a cue and the harmless side has none; rows a second.
The corpus figures are of held-out groups only: a quarter, by hash of group or id, whose misses were not looked at while
phrases were tuned (some of their quotes were seen when the catalogue was begun).
"""

import argparse
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from casefile.records import Listing
from classifier.cues import CueCatalogue, CueMatch

CORPUS = Path(__file__).resolve().parents[1] / "data" / "corpus"
GOLD = Path(__file__).resolve().parents[2] / "shared" / "gold" / "dev.jsonl"
Row = dict[str, Any]


def held_out(row: Row) -> bool:
    """Return whether the row belongs to the quarter kept for measuring; both sides of a pair fall alike."""
    return hashlib.sha256(str(row.get("group") or row["id"]).encode()).digest()[0] % 4 == 0


def read(paths: Iterable[Path]) -> list[Row]:
    """Return the rows of JSONL files."""
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]


class Tally:
    """True and false positives and negatives of one cue or language, and quotes that overlap."""

    def __init__(self) -> None:
        self.right = self.wrong = self.missed = self.overlapping = 0

    def line(self) -> str:
        """Return precision, recall, F1 and quote overlap as text."""
        precision = self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0
        recall = self.right / (self.right + self.missed) if self.right + self.missed else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        quote = self.overlapping / self.right if self.right else 0.0
        return f"p {precision:.3f}  r {recall:.3f}  f1 {f1:.3f}  quote {quote:.3f}  n {self.right + self.missed}"


def overlaps(wanted: list[str], found: list[str]) -> bool:
    """Return whether one of each holds the other, as ``eval/score.py`` counts it."""
    return any(a.lower() in b.lower() or b.lower() in a.lower() for a in wanted for b in found if a and b)


def quotes(cues: Iterable[CueMatch]) -> dict[str, list[str]]:
    """Return cue to quotes."""
    table: dict[str, list[str]] = defaultdict(list)
    for cue in cues:
        table[cue.cue].append(cue.quote)
    return table


def compare(catalogue: CueCatalogue, rows: list[Row]) -> dict[str, dict[str, Tally]]:
    """Return tallies by ``all``, ``cue`` and ``language`` over the rows with suspicion 2."""
    tallies: dict[str, dict[str, Tally]] = {k: defaultdict(Tally) for k in ("all", "cue", "language")}
    for row in rows:
        if row["suspicion"] != 2:
            continue
        found = quotes(catalogue.find(Listing.from_row(row)))
        wanted: dict[str, list[str]] = defaultdict(list)
        for cue in row["cues"]:
            wanted[cue["cue"]].append(cue["quote"])
        for cue in wanted.keys() | (found.keys() - set(row.get("cues_optional", ()))):
            language = str(row["language"]).split("-")[0]
            for tally in (tallies["all"]["all"], tallies["cue"][cue], tallies["language"][language]):
                if cue in wanted and cue in found:
                    tally.right += 1
                    tally.overlapping += overlaps(wanted[cue], found[cue])
                elif cue in found:
                    tally.wrong += 1
                else:
                    tally.missed += 1
    return tallies


def pairs(catalogue: CueCatalogue, rows: list[Row]) -> str:
    """Return how the two sides of the minimal pairs come out."""
    by_id = {row["id"]: row for row in rows if "pair" in row}
    both = suspicious = harmless = total = 0
    for row in by_id.values():
        if row["suspicion"] != 2:
            continue
        total += 1
        wanted = {cue["cue"] for cue in row["cues"]}
        marked = bool(wanted & quotes(catalogue.find(Listing.from_row(row))).keys())
        clean = not wanted & quotes(catalogue.find(Listing.from_row(by_id[row["pair"]]))).keys()
        suspicious += marked
        harmless += clean
        both += marked and clean
    shares = f"cue on the suspicious side {suspicious / total:.3f}, none on the other {harmless / total:.3f}"
    return f"pairs {total}: {shares}, both {both / total:.3f}"


def show(name: str, tallies: dict[str, dict[str, Tally]], *, detail: bool) -> None:
    """Print one set of tallies."""
    print(f"{name}: {tallies['all']['all'].line()}")
    for kind in ("cue", "language") if detail else ():
        for key, tally in sorted(tallies[kind].items(), key=lambda item: -(item[1].right + item[1].missed)):
            print(f"    {key:24} {tally.line()}")


def speed(catalogue: CueCatalogue) -> None:
    """Print rows a second for titles of 78 and descriptions of 818 characters."""
    title = "Generic Viagra 100mg x 60 pills, no prescription needed, discreet shipping abc"
    text = (title + " taken once daily with water. ") * 9
    for label, listing in (
        ("titles", Listing(id="t", title=title[:78])),
        ("descriptions", Listing(id="d", description=text[:818])),
    ):
        count = 3000
        begin = time.process_time()
        for _ in range(count):
            catalogue.find_all(listing)
        print(f"{label}: {count / (time.process_time() - begin):.0f} rows/s of processor time")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, default=GOLD, help="labelled real rows, left out where the file is absent")
    parser.add_argument("--seen", action="store_true", help="measure the groups that rules were written on instead")
    parser.add_argument("--brief", action="store_true", help="no figures by cue and language")
    options = parser.parse_args()
    catalogue = CueCatalogue.load()
    rows = [r for r in read(sorted(CORPUS.glob("*.jsonl"))) if held_out(r) != options.seen]
    twins = [r for r in read(sorted((CORPUS / "pairs").glob("*.jsonl"))) if held_out(r) != options.seen]
    show("corpus", compare(catalogue, rows), detail=not options.brief)
    show("pairs", compare(catalogue, twins), detail=not options.brief)
    print(pairs(catalogue, twins))
    harmless = [r for r in rows + twins if r["suspicion"] == 0]
    marked = sum(bool(catalogue.find(Listing.from_row(r))) for r in harmless)
    print(f"harmless rows with a cue: {marked / len(harmless):.3f} of {len(harmless)}")
    if options.gold.exists():
        show("dev gold", compare(catalogue, read([options.gold])), detail=not options.brief)
    speed(catalogue)


if __name__ == "__main__":
    main()
