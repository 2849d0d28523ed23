"""The listings of a referral as a table for a spreadsheet, safe to open in one."""

import csv
import io
import re
from typing import Any

COLUMNS = (
    "listing", "version", "title", "site", "url", "language", "captured_at", "last_seen_at", "availability", "price",
    "amount", "currency", "products", "seller", "contacts", "payments", "ships_from", "ships_to", "prescription",
    "batch", "expiry", "registration", "risk", "suspected", "cues", "quotes", "confirmed_by", "evidence",
)  # fmt: skip

FORMULA = re.compile("(^|[;,|\"'\\t\\r\\n])(\\s*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])")
"""What a spreadsheet would run: a cell that begins with one of these signs (OWASP, CSV injection), also after a
separator, since a program with another list separator splits cells there."""
MAX_CELL = 32_000
"""Characters; common spreadsheets hold 32,767 in a cell. The whole text is in referral.json."""


def safe_cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula: an apostrophe before each sign that starts one."""
    return FORMULA.sub(r"\1\2'", text[:MAX_CELL].replace("\0", ""))


def listings_csv(referral: dict[str, Any]) -> bytes:
    """Return one row per listing: UTF-8 with byte order mark, every cell quoted, lines ended by CR LF (RFC 4180)."""
    target = io.StringIO(newline="")
    rows = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for listing in referral["listings"]:
        cells = _cells(listing)
        rows.writerow([safe_cell(cells[name]) for name in COLUMNS])
    return b"\xef\xbb\xbf" + target.getvalue().encode("utf-8")


def _cells(listing: dict[str, Any]) -> dict[str, str]:
    price, product = listing.get("price", {}), listing.get("product", {})
    assessment, seller = listing.get("assessment", {}), listing.get("seller", {})
    prescription = listing.get("prescription", {})
    plain = {name: str(listing.get(name, "")) for name in COLUMNS}
    cues = assessment.get("cues", [])
    return plain | {
        "listing": listing["id"],
        "price": price.get("raw", ""),
        "amount": price.get("amount", ""),
        "currency": price.get("currency", ""),
        "products": _joined(product.get("substances", []) or assessment.get("substances", [])),
        "seller": _joined(seller.values()),
        "contacts": _joined(
            f"{item['kind']}: {item.get('value', item['raw'])}" for item in listing.get("contacts", [])
        ),
        "payments": _joined(listing.get("payments", [])),
        "ships_to": _joined(listing.get("ships_to", [])),
        "prescription": prescription.get("quote", ""),
        "risk": assessment.get("risk", ""),
        "suspected": _joined(f"{item['class']} {item['probability']}" for item in assessment.get("suspected", [])),
        "cues": _joined(sorted({item["cue"] for item in cues})),
        "quotes": _joined(item["quote"] for item in cues),
        "confirmed_by": _joined(listing["confirmed_by"]),
        "evidence": _joined(listing.get("evidence", [])),
    }


def _joined(texts: Any) -> str:  # noqa: ANN401 - any iterable of JSON strings
    return " | ".join(texts)
