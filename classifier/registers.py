"""Is this product in a register, and is this seller? Pure: what a listing offers and entries to weigh in, answers out.

A product is the one of an entry when substance or brand agree and nothing both sides state contradicts. The score says
how much rests on what; it orders entries and is shown, it never changes a risk: that a medicine is not found may mean
a gap in the register, a name nobody has listed, or a market it never was on.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from casefile.records import Listing
from casefile.records.register import (
    CountryAnswer,
    MatchPart,
    ProductMatch,
    RegisterEdition,
    RegisterEntry,
    RegisterKind,
)
from classifier.identity import Identity
from classifier.register_names import (
    Words,
    batch_key,
    batches_of,
    entry_parts,
    folded_words,
    host_key,
    licence_key,
    name_keys,
    product_name,
    spellings_of,
)
from classifier.text.lexicon import Lexicon

SHARES: Final = {"substance": 0.35, "brand": 0.25, "strength": 0.2, "form": 0.1, "holder": 0.1}
"""What each part is worth: the name decides, strength tells a real pack from one that was never made, the form is read
least surely, and a holder's name is seldom in an offer. The project's judgement; shown with every answer."""
_AREAS: Final = Path(__file__).resolve().parent.parent / "data" / "registers" / "areas.txt"
_FULL: Final = 0.999
_TITLE_BEGINS: Final = 4
_TELLING: Final = 5
"""Letters of a word that tells one name from another."""


def entry_keys(entry: RegisterEntry, kind: RegisterKind) -> list[str]:
    """Return the words an entry is kept under."""
    if kind == "sellers":
        return [key for key in (host_key(entry.host), licence_key(entry.number)) if key]
    if kind == "batches":
        return [key for key in (batch_key(entry.batch),) if key]
    keys = [key for substance in entry.substances for key in name_keys(substance)]
    return [*keys, *name_keys(product_name(entry.name))]


def product_keys(identity: Identity, words: Words) -> list[str]:
    """Return what to look for a product under: every known spelling of what it names, and how its title begins."""
    names = [*identity.values("brands"), *(s for name in identity.values("substances") for s in spellings_of(name))]
    begins = [f"p:{word}" for word in words.title[:_TITLE_BEGINS] if len(word) >= _TELLING]
    return list(dict.fromkeys([*(key for name in names for key in name_keys(name)), *begins]))


def batch_keys(listing: Listing) -> list[str]:
    """Return the batch numbers a listing states, as they are looked for."""
    return list(dict.fromkeys(key for written in batches_of(listing) if (key := batch_key(written))))


def match(entry: RegisterEntry, identity: Identity, words: Words) -> ProductMatch:
    """Weigh one entry against the product a listing offers in these words."""
    other = entry_parts(entry)
    substances = set(identity.values("substances"))
    parts = [
        ("substance", _sets(substances, set(other.substances)), ", ".join(sorted(substances)),
         ", ".join(entry.substances or other.substances)),
        ("brand", _brand(identity, entry, words), ", ".join(identity.values("brands")), entry.name),
        ("strength", _strengths(set(identity.values("strengths")), set(other.strengths)),
         ", ".join(identity.values("strengths")), ", ".join(other.strengths)),
        ("form", _overlap(set(identity.values("forms")), set(other.forms)), ", ".join(identity.values("forms")),
         ", ".join(other.forms)),
        ("holder", _holder(entry, words), "", entry.holder),
    ]  # fmt: skip
    stated = sum(SHARES[name] for name, agrees, _, _ in parts if agrees is not None)
    made = tuple(
        MatchPart(name, round(SHARES[name] / stated, 3) if agrees is not None else 0.0, agrees, ours, theirs)  # type: ignore[arg-type] # the keys of SHARES
        for name, agrees, ours, theirs in parts
    )
    score = sum(SHARES[name] * agrees for name, agrees, _, _ in parts if agrees is not None) / stated if stated else 0.0
    return ProductMatch(entry, round(score, 3), made)


def _sets(ours: set[str], theirs: set[str]) -> float | None:
    """Agreement of substances: 1 the same ones, a half where one side has more, 0 none in common."""
    if not ours or not theirs:
        return None
    parts = {part for name in ours for part in name.split("-")} | ours
    other = {part for name in theirs for part in name.split("-")} | theirs
    if ours == theirs:
        return 1.0
    return 0.5 if parts & other else 0.0


def _brand(identity: Identity, entry: RegisterEntry, words: Words) -> float | None:
    """A brand agrees when the entry's name holds every brand of the title, or is the whole beginning of the title.

    "Kamagra, works like Viagra" is no Viagra: a title that names a brand of another product contradicts. Where the
    title names none, the description's and the structured field's may agree; they contradict nothing, since both
    speak of other products and of makers.
    """
    theirs = folded_words(product_name(entry.name))
    if not theirs:
        return None
    if frozenset(words.title[: len(theirs)]) == theirs and any(len(word) >= _TELLING for word in theirs):
        return 1.0
    unapproved = [folded_words(named.value) for named in identity.substances if named.field == "title"
                  and _is_unapproved(named.value)]  # fmt: skip
    ours = [(brand.field == "title", named) for brand in identity.brands if (named := folded_words(brand.value))]
    titled = [named for in_title, named in ours if in_title] + unapproved
    if titled:
        return float(all(named <= theirs for named in titled))
    return 1.0 if any(named <= theirs for _, named in ours) else None


def _is_unapproved(name: str) -> bool:
    """Return whether a name of the lexicon is that of a product nobody authorised: it acts as a brand of its own."""
    lexicon = Lexicon.load()
    entry = lexicon.entries.get(name)
    return entry is not None and any(lexicon.classes[each].unapproved for each in entry.classes)


def _strengths(ours: set[str], theirs: set[str]) -> float | None:
    if not ours or not theirs:
        return None
    return float(bool(ours & theirs or {_dose(s) for s in ours} & {_dose(s) for s in theirs}))


def _dose(strength: str) -> str:
    """Return a strength without what it is in: ``160 ug + 4.5 ug/dose`` and ``160 ug + 4.5 ug`` are one."""
    return strength.partition("/")[0] if strength.endswith(("/dose", "/tablet", "/vial")) else strength


def _overlap(ours: set[str], theirs: set[str]) -> float | None:
    return float(bool(ours & theirs)) if ours and theirs else None


def _holder(entry: RegisterEntry, words: Words) -> float | None:
    """A holder who is not named is not contradicted: who resells seldom says whose product it is."""
    telling = [word for word in folded_words(entry.holder) if len(word) >= _TELLING]
    return 1.0 if any(word in words.everywhere for word in telling) else None


def _part(found: ProductMatch, name: str) -> float | None:
    return next((part.agrees for part in found.parts if part.part == name), None)


def _named(found: ProductMatch) -> float:
    return max(_part(found, "substance") or 0.0, _part(found, "brand") or 0.0)


def is_same(found: ProductMatch) -> bool:
    """Return whether an entry is the listing's product: a name agrees and nothing stated contradicts."""
    return _named(found) >= _FULL and not set(found.contradicted) & {"substance", "brand", "strength", "form"}


def _telling(matches: Sequence[ProductMatch], complete: set[int]) -> list[ProductMatch]:
    """Leave out what a partial register says without a strength where a complete one knows the name with strengths.

    EMA's table gives no strengths: that a substance is in it does not make a strength real that no national pack has.
    """
    named = any(_named(each) >= _FULL and _part(each, "strength") is not None
                for each in matches if each.entry.register_id in complete)  # fmt: skip
    if not named:
        return list(matches)
    return [each for each in matches if each.entry.register_id in complete or _part(each, "strength") is not None]


@cache
def areas() -> dict[str, frozenset[str]]:
    """Return the countries in which a register of an area (``EU``) is valid."""
    lines = _AREAS.read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return {area: frozenset(countries) for area, *countries in rows}


def valid_in(edition: RegisterEdition, country: str) -> bool:
    """Return whether an edition speaks for a country."""
    return edition.country == country or country in areas().get(edition.country, frozenset())


def answer_for(
    country: str,
    matches: Sequence[ProductMatch],
    editions: Sequence[RegisterEdition],
    *,
    known: bool,
    alerts: Sequence[tuple[RegisterEntry, RegisterEdition]] = (),
) -> CountryAnswer:
    """Return what the registers say of a product in one country.

    ``matches`` are the weighed entries of all current product registers, ``known`` whether the listing names a product
    at all, ``alerts`` the alerted batches it states: an alert of any agency counts everywhere, since a falsified batch
    does not stop at a border.
    """
    ours = {one.id: one for one in editions if one.kind == "products" and valid_in(one, country)}
    near = [each for each in matches if each.entry.register_id in ours]
    complete = [one for one in ours.values() if one.covers == "all"]
    near = _telling(near, {one.id for one in complete})
    best = max(near, key=lambda each: (is_same(each), each.entry.status == "authorised", each.score), default=None)
    if alerts:
        entry, edition = alerts[0]
        because = f"batch {entry.batch} is in {edition.name} of {edition.edition} ({edition.country})"
        return CountryAnswer(country, "alerted batch", because, best)
    if best is not None and is_same(best):
        edition = ours[best.entry.register_id]
        written = f"{best.entry.name or ', '.join(best.entry.substances)}, {edition.name} of {edition.edition}"
        if best.entry.status == "authorised":
            return CountryAnswer(country, "authorised", written, best)
        return CountryAnswer(country, "withdrawn", written, best)
    if not complete:
        because = "no complete register of this country is loaded" + (
            f" ({', '.join(sorted(one.name for one in ours.values()))} lists a part)" if ours else ""
        )
        return CountryAnswer(country, "register not loaded", because, best)
    looked = ", ".join(f"{one.name} of {one.edition}" for one in complete)
    if not known:
        return CountryAnswer(country, "not found", f"the listing names no product to look for in {looked}", None)
    because = f"nothing in {looked} is this product"
    if best is not None and best.contradicted:
        because += f"; the nearest, {best.entry.name}, differs in {', '.join(best.contradicted)}"
    return CountryAnswer(country, "not found", because, best)


def alerted(listing: Listing, identity: Identity, entries: Iterable[RegisterEntry]) -> list[RegisterEntry]:
    """Return the alerted batches a listing offers: the number is the same and the product, where the alert names it.

    Makers number batches in their own ways, so that a number alone may be that of another medicine.
    """
    stated = set(batch_keys(listing))
    ours = set(identity.values("substances"))
    brands = [folded_words(brand) for brand in identity.values("brands")]
    found = []
    for entry in entries:
        if batch_key(entry.batch) not in stated:
            continue
        names = entry_parts(entry).substances
        words = folded_words(entry.name)
        same = bool(ours & set(names)) or any(brand and brand <= words for brand in brands)
        if same or not (entry.name or entry.substances):
            found.append(entry)
    return found
