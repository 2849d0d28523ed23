"""What product a listing offers, read from its title, description and structured fields. Pure and bounded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from casefile.records import Listing
from classifier.identity.dosage import read_counts, read_forms
from classifier.identity.folded import LONGEST, Folded
from classifier.identity.strength import Strength, read_strengths
from classifier.text.lexicon import Lexicon
from classifier.text.normalise import normalise

_MOST_OFFERS = 100
_DOSE_BELOW_MG = Decimal(5_000)
_TRAILING_STRENGTH = re.compile(r" \d.*$", re.DOTALL)
_NOT_A_PRODUCT = frozenset({"unnamed", "vaccine", "device", "document", "supplement", "street_drug", "veterinary"})
"""Classes whose entries name a sort of goods, not one product."""
_GROUPS = frozenset(
    {
        "homeopathic remedy", "balm", "cold remedy", "contraceptive pill", "emergency contraception", "antibiotic",
        "antiretroviral", "anabolic steroids", "sarms", "prohormone", "racetams", "research peptides", "skinny jab",
        "underground laboratory brand", "hidden-medicine product", "dermal filler", "nitazene", "anti-tb combination",
    }
)  # fmt: skip
"""Entries that stand for many products: their brands are brands, but two of them are not the same substance."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A value with the words it was read from: ``field[start:end] == quote``."""

    value: str
    field: str
    """``title | description | brand | product.strength | offers.3.form...``"""
    start: int
    """Offset in code points into the raw field."""
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Identity:
    """The parts of a product as far as the listing names them, in reading order, title first."""

    substances: tuple[Quoted, ...] = ()
    """INN in lower case."""
    brands: tuple[Quoted, ...] = ()
    strengths: tuple[Quoted, ...] = ()
    """As :class:`~classifier.identity.strength.Strength` writes them: ``500 mg``, ``160 ug + 4.5 ug/dose``."""
    forms: tuple[Quoted, ...] = ()
    """``tablet | capsule | injection...`` (``data/identity/forms.yaml``)."""
    counts: tuple[Quoted, ...] = ()
    """Units in a pack."""

    def values(self, part: str) -> tuple[str, ...]:
        """Return the distinct values of ``substances``, ``brands``, ``strengths``, ``forms`` or ``counts``."""
        return tuple(dict.fromkeys(each.value for each in getattr(self, part)))


def read_identity(listing: Listing) -> Identity:
    """Read what product ``listing`` offers; each field is read up to 20,000 characters."""
    found: dict[str, list[Quoted]] = {name: [] for name in ("substances", "brands", "strengths", "forms", "counts")}
    for field, raw in _fields(listing):
        _read(field, raw, found)
    for field, brand in (("brand", listing.brand), ("product.brand", listing.product and listing.product.brand)):
        if brand and brand.strip():
            found["brands"].append(Quoted(brand.strip().lower(), field, 0, len(brand), brand))
    return Identity(**{name: tuple(listed) for name, listed in found.items()})


def _fields(listing: Listing) -> Iterator[tuple[str, str]]:
    product = listing.product
    yield "title", listing.title or ""
    if product:
        for number, substance in enumerate(product.substances[:20]):
            yield f"product.substances.{number}", substance
        yield "product.strength", product.strength or ""
        yield "product.form", product.form or ""
    for number, offer in enumerate(listing.offers[:_MOST_OFFERS]):
        yield f"offers.{number}.strength", offer.strength or ""
        yield f"offers.{number}.form", offer.form or ""
    yield "description", listing.description or ""


def _read(field: str, raw: str, found: dict[str, list[Quoted]]) -> None:
    if not raw.strip():
        return
    text = Folded.of(raw)
    _read_names(field, raw, found)
    for strength in read_strengths(text):
        if _is_pack(strength.strength):
            continue
        found["strengths"].append(_quoted(str(strength.strength), field, text, strength.start, strength.end))
    forms = read_forms(text)
    for form in forms:
        found["forms"].append(_quoted(form.form, field, text, form.start, form.end))
    for count in read_counts(text, forms):
        found["counts"].append(_quoted(str(count.count), field, text, count.start, count.end))


def _is_pack(strength: Strength) -> bool:
    """Return whether a bare mass is what a tube or sack holds: no single dose weighs five grams."""
    amount, family = strength.parts[0]
    return not strength.per and len(strength.parts) == 1 and family == "mg" and amount >= _DOSE_BELOW_MG


def _read_names(field: str, raw: str, found: dict[str, list[Quoted]]) -> None:
    normalised = normalise(raw[:LONGEST])
    for term in Lexicon.load().find(normalised):
        if _NOT_A_PRODUCT.intersection(term.classes):
            continue
        start, end = normalised.raw_span(term.start, term.end)
        quote = raw[start:end]
        if term.name not in _GROUPS:
            found["substances"].append(Quoted(term.name, field, start, end, quote))
        if term.brand and term.name != "homeopathic remedy":
            brand = _TRAILING_STRENGTH.sub("", normalised.text[term.start : term.end])
            found["brands"].append(Quoted(brand, field, start, end, quote))


def _quoted(value: str, field: str, text: Folded, start: int, end: int) -> Quoted:
    first, last = text.span(start, end)
    return Quoted(value, field, first, last, text.raw[first:last])
