"""A listing read once: what rules and lexicon found in it, its text for the n-gram model, and its signals."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from casefile.records import CUES, Listing
from classifier.concepts import load_concepts
from classifier.cues.finder import CueCatalogue, Findings
from classifier.goods import load_goods
from classifier.hashed import LONGEST_TEXT, Hashed, hash_texts
from classifier.signals import SIGNALS, signals_of
from classifier.text.language import detect


@dataclass(frozen=True, slots=True)
class Reading:
    """Findings, the normalised fields joined by line breaks (field breaks are clause breaks), language and signals."""

    findings: Findings
    text: str
    language: str | None
    marks: tuple[tuple[int, int], ...]
    signals: npt.NDArray[np.float64]


_TERM_MARKS = ("never_retail", "controlled", "unapproved", "prescription")
MARKS: tuple[str, ...] = (*_TERM_MARKS, "over_counter", *(f"cue:{c}" for c in CUES))
"""What lexicon and cue catalogue add to the sequence of concepts: a medicine by its strictest status, and each cue."""


def lexicon_id_of(catalogue: CueCatalogue) -> str:
    """Return the id of all data a reading rests on: lexicon, cues, concepts and goods."""
    lexicon, concepts, goods = catalogue.lexicon.lexicon_id, load_concepts().concepts_id, load_goods().goods_id
    return f"{lexicon}+{catalogue.catalogue_id}+{concepts}+{goods}"


def read(catalogue: CueCatalogue, listing: Listing) -> Reading:
    """Read one listing; pure, and its cost is bounded by the normaliser's cut."""
    findings = catalogue.find_all(listing)
    text = "\n".join(f.normalised.text for f in findings.fields)
    language = listing.language or detect("\n".join(f.normalised.raw for f in findings.fields))
    return Reading(findings, text, language, tuple(_marks(findings)), signals_of(listing, findings))


def _marks(findings: Findings) -> Iterator[tuple[int, int]]:
    """Yield ``(place in the joined text, mark)``."""
    base, bases = 0, {}
    for field in findings.fields:
        bases[field.field] = (base, field.normalised.starts)
        for term in field.terms:
            status = next((s for s in _TERM_MARKS if getattr(term, s)), "over_counter")
            yield base + term.start, MARKS.index(status)
        base += len(field.normalised.text) + 1
    for cue in findings.cues:
        if cue.field in bases:
            start, starts = bases[cue.field]
            yield start + bisect_left(starts, cue.start), MARKS.index(f"cue:{cue.cue}")


def features(readings: Sequence[Reading]) -> tuple[Hashed, npt.NDArray[np.float64]]:
    """Return hashed texts and signals (listings x signals) of ``readings``."""
    signals = np.array([r.signals for r in readings]).reshape(len(readings), len(SIGNALS))
    concepts = load_concepts()
    found = [
        sorted([*concepts.find(r.text[:LONGEST_TEXT], r.language), *((p, len(concepts.names) + m) for p, m in r.marks)])
        for r in readings
    ]
    return hash_texts([r.text for r in readings], found), signals
