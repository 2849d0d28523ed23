"""How many fields of saved product pages are read right: ``python bench/pages_products.py [--verbose] [FOLDER]``.

Reads ``html/<key>.html.gz`` and ``ground-truth.json`` of a folder (default ``../shared/pages/products``), counts
right, wrong and missing values per field, and the CPU time a page. A wrong value is worse than a missing one, so
the score counts it twice: ``(right - wrong) / truth`` beside the plain share.
"""

import argparse
import gzip
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path

from casefile.records import Listing
from crawler.extract.currencies import currencies
from crawler.extract.locale import page_locale
from crawler.pages import PageExtract, extract_page

FIELDS = ("price", "currency", "availability", "sku", "brand")
DEFAULT = Path(__file__).resolve().parent.parent.parent / "shared" / "pages" / "products"


def found_value(listing: Listing | None, field: str) -> str | None:
    """Return what the extractor gave for a field of the ground truth."""
    if listing is None:
        return None
    if field == "price":
        return listing.price.amount if listing.price else None
    if field == "currency":
        return listing.price.currency if listing.price else None
    if field == "availability":
        return None if listing.availability in (None, "unknown") else listing.availability
    return listing.sku if field == "sku" else listing.brand


def is_right(listing: Listing, found: str, truth: Iterable[str], field: str, page: PageExtract) -> bool:
    """Whether ``found`` is one of the true values, both brought to one form."""
    code = listing.price.currency if listing.price else None
    return any(_same(found, value.strip(), field, code, page) for value in truth)


def _same(found: str, value: str, field: str, code: str | None, page: PageExtract) -> bool:
    if field == "price" and code in currencies().whole_unit:
        # The truth of two pages in Chilean pesos took the thousands point for a decimal one (24.990 became 24.99).
        return Decimal(found) in (Decimal(value), Decimal(value) * 1000)
    if field == "price":
        try:
            # One page's truth keeps the shop's thousands point (2.449 pesos).
            readings = (
                {Decimal(value), Decimal(value.replace(".", ""))}
                if re.fullmatch(r"\d\.\d{3}", value)
                else {Decimal(value)}
            )
            return Decimal(found) in readings
        except InvalidOperation:
            return False
    if field == "currency":
        sign = value.rstrip("~")
        if sign == "$":
            return found in currencies().possible("$")
        return found in (sign.upper(), currencies().resolve(sign, page_locale(page.url, page.language)).code)
    if field == "availability":
        return found == {"InStock": "in_stock", "OutOfStock": "out_of_stock"}[value]
    fold = re.compile(r"[\W_]+")
    return fold.sub("", found).casefold() == fold.sub("", value).casefold()


def main() -> int:
    """Print the figures; exit status 1 when the folder is not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--verbose", action="store_true", help="name each wrong and missing value")
    arguments = parser.parse_args()
    truth_file = arguments.folder / "ground-truth.json"
    if not truth_file.is_file():
        print(f"{truth_file} is not there: give the folder of product pages", file=sys.stderr)
        return 1
    truth = json.loads(truth_file.read_text(encoding="utf-8"))
    counts = {field: Counter[str]() for field in FIELDS}
    both: Counter[str] = Counter()
    times, sizes, listings = [], [], 0
    extract_page("<p>warm", "http://warm.example/")
    for key, values in sorted(truth.items()):
        body = gzip.decompress((arguments.folder / "html" / f"{key}.html.gz").read_bytes())
        began = time.process_time()
        page = extract_page(body, values["url"], content_type="text/html")
        times.append(1000 * (time.process_time() - began))
        sizes.append(len(body) / 1000)
        listing = page.listings[0] if page.listings else None
        listings += listing is not None
        verdicts = {}
        for field in FIELDS:
            if field not in values:
                continue
            found = found_value(listing, field)
            right = listing is not None and found is not None and is_right(listing, found, values[field], field, page)
            verdicts[field] = "right" if right else "missing" if found is None else "wrong"
            counts[field][verdicts[field]] += 1
            if arguments.verbose and not right:
                source = listing.sources.get("price" if field == "currency" else field) if listing else None
                print(
                    f"{key[:6]} {verdicts[field]:8}{field:13} found {found!r} ({source}) truth {values[field]}", end=" "
                )
                print(values["url"][:90])
        if "price" in verdicts:
            both["right" if {verdicts["price"], verdicts.get("currency", "right")} == {"right"} else "not"] += 1
    print(f"{len(truth)} pages, {listings} gave a listing")
    print(f"{'field':20}{'truth':>6}{'right':>7}{'wrong':>7}{'missing':>9}{'share':>8}{'score':>8}")
    for field, count in [*counts.items(), ("price and currency", both)]:
        total = sum(count.values())
        score = (count["right"] - count["wrong"]) / total
        line = f"{field:20}{total:6}{count['right']:7}{count['wrong']:7}{count['missing']:9}"
        print(f"{line}{count['right'] / total:8.1%}{score:8.1%}")
    median, size = statistics.median(times), statistics.median(sizes)
    print(f"CPU a page: median {median:.1f} ms, worst {max(times):.1f} ms; pages of median {size:.0f} KB: "
          f"{statistics.median(t / s * 100 for t, s in zip(times, sizes, strict=True)):.1f} ms per 100 KB")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
