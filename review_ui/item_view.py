"""One listing laid out for reading: numbered cues, marked fields, facts, changes between versions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from casefile.records import Assessment, Contact, Cue, Listing, Site, SitePage
from review_ui.text import Piece, Span, defang, hidden_count, pieces, visible

FIELD_ORDER: Final = (
    "title",
    "description",
    "price",
    "currency",
    "ships_from",
    "ships_to",
    "seller",
    "contacts",
    "site_text",
)
MARKED_LIMITS: Final = {"title": 400, "description": 12_000, "site_text": 12_000, "price": 400, "ships_from": 200}
"""Code points of a field shown on the item page; the rest is one click away on the text page."""
MAX_CUES: Final = 200
"""More cues than a person can read: the rest is counted, not listed."""


@dataclass(frozen=True)
class NumberedCue:
    """A cue with the number its quote carries in the text."""

    number: int
    cue: Cue
    place: str
    """``marked`` in the text shown, ``beyond`` the part shown, ``listed`` in a field shown as a plain fact, or
    ``missing``: the quote does not stand where the assessment says."""


@dataclass(frozen=True)
class MarkedField:
    """A raw field with its cues marked."""

    name: str
    pieces: list[Piece]
    length: int
    shown: int
    hidden: int
    """Characters spelled out because they cannot be seen."""

    @property
    def cut(self) -> bool:
        """Whether the page shows only the beginning."""
        return self.shown < self.length


def field_text(listing: Listing, field: str) -> str | None:
    """Return the raw text a cue's offsets count in, for the fields that are one text."""
    if field == "price":
        return listing.price.raw if listing.price else None
    value = getattr(listing, field, None)
    return value if isinstance(value, str) else None


def number_cues(listing: Listing, assessment: Assessment | None) -> list[NumberedCue]:
    """Number the cues in reading order and say where each quote is to be found."""
    if assessment is None:
        return []
    ordered = sorted(assessment.cues, key=lambda cue: (FIELD_ORDER.index(cue.field), cue.start, cue.end))
    return [NumberedCue(number, cue, _place(listing, cue)) for number, cue in enumerate(ordered[:MAX_CUES], start=1)]


def _place(listing: Listing, cue: Cue) -> str:
    text = field_text(listing, cue.field)
    limit = MARKED_LIMITS.get(cue.field)
    if text is None or limit is None:
        return "listed"
    if text[cue.start : cue.end] != cue.quote:
        return "missing"
    return "marked" if cue.start < limit else "beyond"


def mark_field(
    listing: Listing, field: str, cues: Sequence[NumberedCue], *, start: int = 0, limit: int | None = None
) -> MarkedField | None:
    """Return a field cut at its limit with the cues marked, or None where the listing has no such field."""
    text = field_text(listing, field)
    if not text:
        return None
    limit = MARKED_LIMITS[field] if limit is None else limit
    spans = [
        Span(numbered.number, numbered.cue.start, numbered.cue.end)
        for numbered in cues
        if numbered.cue.field == field and numbered.place in ("marked", "beyond")
    ]
    shown = min(len(text) - start, limit)
    return MarkedField(
        field,
        pieces(text, spans, start=start, limit=limit),
        len(text),
        shown,
        hidden_count(text[start : start + limit]),
    )


@dataclass(frozen=True)
class MarkedSitePage:
    """A page of the shop with the quotes of site cues found in it."""

    role: str
    url: str
    capture: str
    pieces: list[Piece]
    cut: bool


SITE_PAGE_LIMIT: Final = 6_000


def mark_site_pages(site: Site | None, cues: Sequence[NumberedCue]) -> list[MarkedSitePage]:
    """Find the quotes of site cues in the shop's own pages, first occurrence on each."""
    if site is None:
        return []
    site_cues = [numbered for numbered in cues if numbered.cue.field == "site_text"]
    return [_mark_site_page(page, site_cues) for page in site.pages]


def _mark_site_page(page: SitePage, cues: Sequence[NumberedCue]) -> MarkedSitePage:
    spans = []
    for numbered in cues:
        at = page.text.find(numbered.cue.quote)
        if at >= 0:
            spans.append(Span(numbered.number, at, at + len(numbered.cue.quote)))
    return MarkedSitePage(
        page.role,
        defang(page.url),
        page.capture,
        pieces(page.text, spans, limit=SITE_PAGE_LIMIT),
        len(page.text) > SITE_PAGE_LIMIT,
    )


def _contact(contact: Contact) -> str:
    value = f" → {contact.value}" if contact.value and contact.value != contact.raw else ""
    return visible(f"{contact.kind}: {contact.raw}{value}", 300)


def _seller(listing: Listing) -> Iterator[str]:
    if listing.seller is None:
        return
    for part in (listing.seller.name, listing.seller.handle):
        if part:
            yield visible(part)
    if listing.seller.url:
        yield defang(listing.seller.url)


def _product(listing: Listing) -> Iterator[str]:
    if listing.product is None:
        return
    product = listing.product
    yield from (visible(name, 100) for name in product.substances)
    for label, value in (
        ("brand", product.brand),
        ("strength", product.strength),
        ("form", product.form),
        ("ATC", product.atc),
    ):
        if value:
            yield visible(f"{label} {value}", 200)


def _price(listing: Listing) -> Iterator[str]:
    price = listing.price
    if price is None:
        return
    if price.amount is not None:
        yield visible(f"read as {price.amount} {price.currency or '(currency not decided)'}")
    elif price.currency is not None:
        yield visible(f"amount not decided, currency {price.currency}")
    if price.reason:
        yield visible(f"not decided: {price.reason}")


def facts(listing: Listing) -> list[tuple[str, list[str]]]:
    """Return what the listing says beside its text, as (label, values); a field that is absent is left out."""
    prescription = listing.prescription
    asked = {True: "required", False: "not required", None: "not stated"}
    rows: list[tuple[str, list[str]]] = [
        ("Price", list(_price(listing))),
        ("Product", list(_product(listing))),
        ("Seller", list(_seller(listing))),
        ("Contacts", [_contact(contact) for contact in listing.contacts[:50]]),
        ("Payment", [visible(payment, 100) for payment in listing.payments[:50]]),
        ("Ships from", [visible(listing.ships_from)] if listing.ships_from else []),
        ("Ships to", ["worldwide" if place == "*" else visible(place, 100) for place in listing.ships_to[:50]]),
        (
            "Prescription",
            [asked[prescription.required] + (f": “{visible(prescription.quote)}”" if prescription.quote else "")]
            if prescription
            else [],
        ),
        ("Availability", [listing.availability.replace("_", " ")] if listing.availability else []),
        ("Category", [visible(" › ".join(listing.category), 300)] if listing.category else []),
    ]
    for label, value in (
        ("Brand", listing.brand), ("SKU", listing.sku), ("MPN", listing.mpn), ("GTIN", listing.gtin),
        ("Batch", listing.batch), ("Expiry", listing.expiry), ("Registration", listing.registration),
    ):  # fmt: skip
        rows.append((label, [visible(value)] if value else []))
    rows.append(
        (
            "Images",
            [
                defang(image.url, 200) + (f" ({visible(image.alt, 100)})" if image.alt else "")
                for image in listing.images[:20]
            ],
        )
    )
    return [(label, values) for label, values in rows if values]


@dataclass(frozen=True)
class Change:
    """A field that differs between two versions; None where a version has no such field."""

    field: str
    before: str | None
    after: str | None


_UNCOMPARED: Final = frozenset({"version", "captured_at", "capture", "sources", "extra", "id", "site_text"})


def changes(before: Listing, after: Listing) -> list[Change]:
    """Return the fields that differ, in a form short enough to read."""
    old, new = before.to_json(), after.to_json()
    names = [name for name in Listing.model_fields if name not in _UNCOMPARED]
    return [
        Change(name, _short(old.get(name)), _short(new.get(name))) for name in names if old.get(name) != new.get(name)
    ]


def _short(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, dict) and isinstance(value.get("raw"), str):
        return visible(value["raw"], 200)
    if isinstance(value, list):
        return visible(
            f"{len(value)}: "
            + ", ".join(
                str(entry.get("raw", entry)) if isinstance(entry, dict) else str(entry) for entry in value[:10]
            ),
            300,
        )
    return visible(str(value), 400)
