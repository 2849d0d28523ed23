"""From a listing to its cues: what is evidence, with its exact quote, and what only looks like it."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from casefile.records import AUDIENCES, CUES, Audience, CueField, CueName, Listing
from classifier.cues.book import PhraseBook
from classifier.cues.catalogue import load_phrases
from classifier.cues.lexical import lexical_cues
from classifier.cues.matching import Hit, read, scan
from classifier.cues.scope import Scope
from classifier.goods import load_goods
from classifier.text.lexicon import UNNAMED, Lexicon, Term
from classifier.text.normalise import Normalised, normalise
from classifier.text.places import CUES_FOLDER


@dataclass(frozen=True, slots=True)
class CueMatch:
    """One piece of evidence; ``quote`` is exactly ``field[start:end]`` of the raw field."""

    cue: CueName
    quote: str
    field: CueField
    start: int
    end: int
    rule: str
    source: str


@dataclass(frozen=True, slots=True)
class Protection:
    """What speaks for the offer, or takes a cue away: a requirement, a warning, another speaker."""

    why: str
    quote: str
    field: CueField
    start: int
    end: int
    rule: str
    source: str
    cue: CueName | None = None
    """The cue it took away, if it took one."""


class FieldText(NamedTuple):
    """A field read once: its normal form and the medicines it names."""

    field: CueField
    normalised: Normalised
    terms: list[Term]
    """Medicines and goods it names."""
    medical: bool
    """Whether it speaks of medicine at all, named or not (``pills``, ``vials``)."""


class Findings(NamedTuple):
    """Everything found in a listing."""

    cues: list[CueMatch]
    protections: list[Protection]
    fields: list[FieldText]
    audience: Audience


_CUE: dict[str, CueName] = {name: name for name in CUES}
_AUDIENCE: dict[str, Audience] = {name: name for name in AUDIENCES}
_OF_ANY_TRADE = frozenset(
    {
        "anonymous_payment", "messaging_contact", "stealth_shipping", "reship_guarantee", "worldwide_shipping",
        "bulk_offer", "price_bait", "counterfeit_admission", "expired_or_degraded", "cold_chain_breach",
        "unsterile_or_homemade", "missing_identity", "foreign_or_diverted", "false_authority",
    }
)  # fmt: skip
"""Cues that sellers of anything use: evidence only where the offer names something medical."""
_OF_THIS_TRADE = frozenset(
    {
        "no_prescription",
        "certificate_sale",
        "disease_claim",
        "research_use_only",
        "veterinary_for_human",
        "impossible_offer",
    }
)
"""Cues whose own words are medical: where one stands, the offer is of this trade whether or not it names its goods."""
_FIELDS: tuple[CueField, ...] = ("title", "description", "site_text")


class CueCatalogue:
    """The catalogue of ``data/cues`` with the lexicon beside it."""

    def __init__(self, book: PhraseBook, lexicon: Lexicon) -> None:
        self.book = book
        self.lexicon = lexicon
        self.catalogue_id = book.digest

    @classmethod
    def load(cls, folder: Path = CUES_FOLDER) -> "CueCatalogue":
        """Load catalogue and lexicon; raises ``CatalogueError`` or ``LexiconError``."""
        return cls(load_phrases(folder), Lexicon.load())

    def read(self, listing: Listing) -> list[FieldText]:
        """Return the text fields of ``listing`` that hold anything, normalised and with the medicines they name."""
        texts = []
        for field in _FIELDS:
            raw = getattr(listing, field)
            if raw:
                normalised = normalise(raw)
                found = self.lexicon.find(normalised)
                named = [term for term in found if term.classes[0] != UNNAMED]
                texts.append(FieldText(field, normalised, named, bool(found)))
        return texts

    def find(self, listing: Listing) -> list[CueMatch]:
        """Return the cues of ``listing``."""
        return self.find_all(listing).cues

    def find_all(self, listing: Listing) -> Findings:
        """Return cues, protections and the texts they were read from."""
        fields = self.read(listing)
        readings = [read(self.book, each.normalised) for each in fields]
        hits = [scan(self.book, reading) for reading in readings]
        if not any(hits) and not any(each.terms or each.normalised.tricks for each in fields):
            return Findings([], [], fields, _AUDIENCE["person"])
        if any(hit.phrase.scope is None for found in hits for hit in found):
            fields = [self._looked_closer(each) for each in fields]
        scope = Scope(fields, readings, hits, self.book.negations)
        cues, protections, audience = self._weighed(fields, hits, scope)
        cues += lexical_cues(listing, fields, scope)
        return Findings(_distinct(cues), _distinct_protections(protections), fields, audience)

    def _looked_closer(self, field: FieldText) -> FieldText:
        """Return ``field`` with misspelt substances too; only for offers with a cue, where a closer look is due."""
        more = self.lexicon.find_misspelt(field.normalised, field.terms)
        if not more:
            return field
        return field._replace(terms=sorted([*field.terms, *more], key=lambda term: term.start), medical=True)

    @staticmethod
    def _weighed(
        fields: list[FieldText], hits: list[list[Hit]], scope: Scope
    ) -> tuple[list[CueMatch], list[Protection], Audience]:
        """Return which hits stand as cues, what speaks against the others, and whom the offer addresses."""
        cues: list[CueMatch] = []
        protections: list[Protection] = []
        medical = _is_medical(fields, hits)
        beside: list[tuple[FieldText, Hit]] = []
        addressed: Counter[Audience] = Counter()
        for number, (text, found) in enumerate(zip(fields, hits, strict=True)):
            denied = scope.denied(number, found)
            for hit in found:
                if hit.phrase.scope == "audience":
                    addressed[_AUDIENCE[hit.phrase.label]] += 1
                elif hit.phrase.scope is not None:
                    beside.append((text, hit))
                elif not medical and hit.phrase.label in _OF_ANY_TRADE:
                    protections.append(_other_goods(text, hit))
                elif (against := denied.get(hit) or scope.against(number, hit)) is None:
                    cues.append(_cue(text, hit))
                else:
                    protections.append(_protection(fields[against.field], against.hit, hit.phrase.label))
        protections += [_protection(text, hit, None) for text, hit in beside if not _gives_way(text, hit, cues)]
        audience = max(sorted(addressed), key=addressed.__getitem__) if addressed else _AUDIENCE["person"]
        return cues, protections, audience


def _is_medical(fields: list[FieldText], hits: list[list[Hit]]) -> bool:
    """Return whether the offer is of medicines, devices or documents, by its goods or by what it says of them."""
    return (
        any(each.medical for each in fields)
        or any(hit.phrase.label in _OF_THIS_TRADE for found in hits for hit in found)
        or any(load_goods().count(each.normalised.text).get("device") for each in fields)
    )


def _cue(text: FieldText, hit: Hit) -> CueMatch:
    start, end = text.normalised.raw_span(hit.start, hit.end)
    name = _CUE[hit.phrase.label]
    return CueMatch(name, text.normalised.raw[start:end], text.field, start, end, hit.phrase.rule, hit.phrase.source)


def _protection(text: FieldText, hit: Hit, cue: str | None) -> Protection:
    start, end = text.normalised.raw_span(hit.start, hit.end)
    raw = text.normalised.raw[start:end]
    taken = None if cue is None else _CUE[cue]
    why = hit.phrase.label if hit.phrase.scope is not None else "negation"
    return Protection(why, raw, text.field, start, end, hit.phrase.rule, hit.phrase.source, taken)


def _other_goods(text: FieldText, hit: Hit) -> Protection:
    """What reads like a cue in an offer that names nothing medical (``discreet packaging`` of lingerie)."""
    found = _cue(text, hit)
    return Protection(
        "other_goods", found.quote, found.field, found.start, found.end, found.rule, "codebook section 1", found.cue
    )


def _gives_way(text: FieldText, hit: Hit, cues: list[CueMatch]) -> bool:
    """Return whether a ``beside`` phrase overlaps a standing cue it speaks about."""
    if hit.phrase.scope != "beside":
        return False
    start, end = text.normalised.raw_span(hit.start, hit.end)
    return any(
        c.field == text.field and c.start < end and start < c.end and (not hit.phrase.cues or c.cue in hit.phrase.cues)
        for c in cues
    )


def _distinct_protections(protections: list[Protection]) -> list[Protection]:
    """Keep one of those that say the same of the same place."""
    kept: dict[tuple[str, str | None, str, int], Protection] = {}
    for each in protections:
        kept.setdefault((each.why, each.cue, each.field, each.start), each)
    return list(kept.values())


def _distinct(cues: list[CueMatch]) -> list[CueMatch]:
    """Drop a match that lies inside another of the same cue; order by field and place."""
    order = {field: number for number, field in enumerate(_FIELDS)}
    cues.sort(key=lambda c: (order.get(c.field, 9), c.start, -c.end, c.cue, c.rule))
    kept: list[CueMatch] = []
    last: dict[tuple[str, str], CueMatch] = {}
    for cue in cues:
        before = last.get((cue.field, cue.cue))
        if before is not None and cue.end <= before.end:
            continue
        last[cue.field, cue.cue] = cue
        kept.append(cue)
    return kept
