"""How much of a product is read: share of register rows whose strength and form are found, and how often rightly.

BDPM states the form of each product (``category``); its title repeats form and strength in words. Halodoc states the
composition and the packing beside the title. What the title alone gives is compared with what the stated field says.
EMA's list states neither strength nor form: its INN is compared with the substance the brand name gives.
"""

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from casefile.records import Listing
from classifier.identity import read_identity
from classifier.identity.product import Identity

LISTINGS = Path(__file__).resolve().parents[2] / "shared" / "listings"


def _rows(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(LISTINGS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _of(text: str) -> Identity:
    return read_identity(Listing(id="row", title=text))


def _share(count: Counter[str], part: str, whole: str) -> str:
    return f"{count[part]:,} of {count[whole]:,} ({count[part] / max(1, count[whole]):.1%})"


def bdpm() -> None:
    """Title against the stated form; strengths against the digits of the title."""
    count: Counter[str] = Counter()
    for row in _rows("licit_bdpm_fr"):
        found, stated = _of(row["title"]), _of(row.get("category") or "").values("forms")
        count["rows"] += 1
        name = row["title"].split(",")[0]
        has_digits = any(char.isdigit() for char in name)
        count["with digits"] += has_digits
        count["strength"] += bool(found.strengths)
        count["strength of those with digits"] += has_digits and bool(found.strengths)
        count["form"] += bool(found.forms)
        if stated:
            count["form stated"] += 1
            if found.forms:
                count["both"] += 1
                count["same"] += bool(set(stated) & set(found.values("forms")))
    print(f"BDPM: strength read in {_share(count, 'strength', 'rows')}")
    print(f"  of titles with a number {_share(count, 'strength of those with digits', 'with digits')}")
    print(f"  form read in the title {_share(count, 'form', 'rows')}")
    print(f"  stated form understood {_share(count, 'form stated', 'rows')}")
    print(f"  same form where both are read {_share(count, 'same', 'both')}")


def halodoc() -> None:
    """Title against the stated composition and packing."""
    count: Counter[str] = Counter()
    for row in _rows("licit_halodoc_id"):
        stated = {"Komposisi": "", "Kemasan": ""}
        for line in (row.get("description") or "").splitlines():
            label, _, value = line.partition(":")
            if label.strip() in stated:
                stated[label.strip()] = value
        title, composition, packing = _of(row["title"]), _of(stated["Komposisi"]), _of(stated["Kemasan"])
        count["rows"] += 1
        count["strength"] += bool(title.strengths)
        count["form"] += bool(title.forms)
        count["count"] += bool(title.counts)
        if title.strengths and composition.strengths:
            count["both strengths"] += 1
            count["same strength"] += bool(set(title.values("strengths")) & set(composition.values("strengths")))
        if title.counts and packing.counts:
            count["both counts"] += 1
            # A title may state one strip of the box that the packing describes.
            packs = [int(number) for number in packing.values("counts")]
            count["same count"] += any(pack % int(n) == 0 for pack in packs for n in title.values("counts"))
    print(f"Halodoc: strength read in the title {_share(count, 'strength', 'rows')}")
    print(f"  form {_share(count, 'form', 'rows')}, count {_share(count, 'count', 'rows')}")
    print(f"  strength as in the stated composition {_share(count, 'same strength', 'both strengths')}")
    print(f"  count that the stated packing is a multiple of {_share(count, 'same count', 'both counts')}")


def ema() -> None:
    """The substance that the brand names, against the stated INN."""
    count: Counter[str] = Counter()
    for row in _rows("licit_ema_epar_en"):
        brand, inn = _of(row["title"]).values("substances"), _of(row.get("x_inn") or "").values("substances")
        count["rows"] += 1
        count["inn"] += bool(inn)
        if brand and inn:
            count["both"] += 1
            count["same"] += any(b in i or i in b for b in brand for i in inn)
    print(f"EMA: INN known {_share(count, 'inn', 'rows')}, brand name known {_share(count, 'both', 'rows')}")
    print(f"  the brand's substance is the stated INN {_share(count, 'same', 'both')}")
    print("  strength and form are not stated in this list")


def main() -> int:
    """Print the figures; 0 also where the research data is absent."""
    if not LISTINGS.is_dir():
        print("../shared/listings is not here: nothing was measured")
        return 0
    for part in (bdpm, halodoc, ema):
        part()
    return 0


if __name__ == "__main__":
    sys.exit(main())
