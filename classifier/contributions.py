"""What each word, meaning, clause and signal added to a listing's score: exact, since the model is linear.

The score is ``sum(inputs / scale * combine) + offset``. An n-gram reaches it through the scores of layer one that see
the whole listing; all of these are sums over n-grams, so one number per n-gram says what it added in all. A clause
reaches it through the pooled clause scores; each of these is shared out among the clauses it was made of. Signals are
inputs themselves. What is not accounted for is returned too, and a test keeps it at rounding error.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from casefile.records import Place, Term
from classifier.clauses import sentences
from classifier.concepts import concept_grams, concepts_of, load_concepts
from classifier.hashed import CONCEPT_WEIGHT, LONGEST_TEXT, Clauses
from classifier.model import ANSWERS, POOLED, WHOLE_HEADS, Model
from classifier.ngrams import hash_keys, ngrams
from classifier.plain_words import concept_words, signal_words
from classifier.reading import MARKS, Reading, features
from classifier.signals import SIGNALS

Floats = npt.NDArray[np.float64]

RISK = ANSWERS.index("suspicion")
_MOST_PLACES = 10
_WORDS_TOGETHER = 4
"""Neighbouring words that push the same way are shown as one piece of text of at most so many words."""
_SIGNS_TOGETHER = 8
"""The same for scripts that write words in one or two signs."""
_DENSE = re.compile("[\u0e00-\u10ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0002ffff]")
_Sort = Literal["gap", "word", "dense", "mark"]


@cache
def _sort(sign: str) -> _Sort:
    category = unicodedata.category(sign)[0]
    if category not in "LMN":
        return "gap"
    if category == "M":
        return "mark"  # a vowel sign belongs to the letter before it
    return "dense" if _DENSE.match(sign) else "word"


def _units(text: str) -> list[tuple[int, int]]:
    """Return where the words of ``text`` are; in scripts without spaces, where each sign is."""
    units: list[tuple[int, int]] = []
    begun, sort = 0, "gap"
    for at, sign in enumerate(text):
        this = _sort(sign)
        if sort != "gap" and (this == "mark" or this == sort == "word"):
            continue
        if sort != "gap":
            units.append((begun, at))
        begun, sort = at, "word" if this == "mark" else this
    if sort != "gap":
        units.append((begun, len(text)))
    return units


@dataclass(frozen=True, slots=True)
class Contributions:
    """All terms of one score, in no order, and the score itself."""

    terms: list[Term]
    log_odds: float
    unexplained: float
    """What the terms do not account for: rounding, or a part of the model this module does not know."""
    linear_risk: float


def contributions(model: Model, reading: Reading) -> Contributions:
    """Return what made the risk score of one listing."""
    hashed, signals = features([reading])
    inputs = np.hstack((model.layer.scores(hashed), signals))
    log_odds = float(model.logits(inputs)[0, RISK])
    weight = model.combine[:, RISK] / model.scale
    wide, narrow = len(WHOLE_HEADS), len(POOLED)
    place = _Places(reading)
    # the offsets of layer one say the same of every listing
    start = float(model.combine_offsets[RISK] + model.layer.offsets[:wide] @ weight[:wide])
    terms = [Term(sort="start", name="before anything is read", log_odds=start)]
    terms += _of_text(model, reading, weight[:wide], place)
    terms += _of_clauses(model, (hashed.sentences, hashed.phrases), weight[wide : wide + narrow], place)
    terms += _of_signals(reading, signals[0], weight[wide + narrow :])
    terms = _joined(terms)
    total = sum(term.log_odds for term in terms)
    return Contributions(terms, log_odds, log_odds - total, float(model.answer(inputs).risk[0]))


def _of_signals(reading: Reading, signals: Floats, weight: Floats) -> Iterator[Term]:
    """Yield what each signal added, with the quotes of the cues and protections it stands for."""
    spans: dict[str, list[tuple[Place, str]]] = {}
    for cue in reading.findings.cues:
        place = Place(field=cue.field, start=cue.start, end=cue.end)
        spans.setdefault(f"cue:{cue.cue}", []).append((place, cue.quote))
    for found in reading.findings.protections:
        place = Place(field=found.field, start=found.start, end=found.end)
        spans.setdefault(f"protection:{found.why}", []).append((place, found.quote))
    for name, value, share in zip(SIGNALS, signals, weight, strict=True):
        if value * share:
            here = spans.get(name, [])[:_MOST_PLACES]
            yield Term(
                sort="signal", name=signal_words(name), log_odds=float(value * share),
                quote=here[0][1] if here else None, places=tuple(place for place, _ in here),
            )  # fmt: skip


def _joined(terms: Sequence[Term]) -> list[Term]:
    """Join terms of one name: a cue is a signal and a mark among the concepts, one thing to a reader."""
    marks = {term.name: term for term in terms if term.sort == "concepts"}
    signals = {term.name for term in terms if term.sort == "signal"}
    out = [term for term in terms if not (term.sort == "concepts" and term.name in signals)]
    for number, term in enumerate(out):
        mark = marks.get(term.name) if term.sort == "signal" else None
        if mark is not None:
            out[number] = term.model_copy(update={"log_odds": term.log_odds + mark.log_odds})
    return out


class _Places:
    """From a span of the joined normalised text to the raw field."""

    def __init__(self, reading: Reading) -> None:
        self.text = reading.text
        self._fields = reading.findings.fields
        self._bases: list[int] = []
        at = 0
        for field in self._fields:
            self._bases.append(at)
            at += len(field.normalised.text) + 1

    def raw(self, start: int, end: int) -> tuple[Place, str] | None:
        """Return where ``text[start:end]`` stands in the raw field, and what stands there."""
        number = bisect_right(self._bases, start) - 1
        if number < 0:
            return None
        field, base = self._fields[number], self._bases[number]
        end = min(end, base + len(field.normalised.text))
        if end <= start:
            return None
        first, last = field.normalised.raw_span(start - base, end - base)
        return Place(field=field.field, start=first, end=last), field.normalised.raw[first:last]

    def term(self, sort: str, name: str, log_odds: float, spans: Sequence[tuple[int, int]]) -> Term:
        """Return a term with the raw places of ``spans``."""
        found = [raw for raw in (self.raw(*span) for span in spans[:_MOST_PLACES]) if raw]
        return Term.model_validate(
            {"sort": sort, "name": name, "log_odds": log_odds, "quote": found[0][1] if found else None,
             "places": tuple(place for place, _ in found)}
        )  # fmt: skip


def _of_text(model: Model, reading: Reading, heads: Floats, place: _Places) -> Iterator[Term]:
    """Yield what the n-grams and the concepts of the whole listing added, by the words they begin in."""
    text = reading.text[:LONGEST_TEXT]
    concepts = load_concepts()
    found = sorted(
        [*concepts.find(text, reading.language), *((at, len(concepts.names) + mark) for at, mark in reading.marks)]
    )
    found = [(at, number) for at, number in found if at < len(text)]
    keys, key_places = concept_grams(found, [start for start, _ in sentences(text)], alone=concepts.alone)
    buckets, places = ngrams(f"\n{text}\n")
    if not len(buckets) + len(keys):
        return
    each = 1 / np.sqrt(len(buckets) + len(keys))
    table, whole = model.layer.weights, len(WHOLE_HEADS)
    of_grams = each * (table[buckets, :whole].astype(float) @ heads)
    units = _units(text)
    sums = np.zeros(len(units) + 1)
    begins = np.array([start for start, _ in units], dtype=np.int64)
    # an n-gram that begins between two words belongs to the word it leads into
    ends = np.array([end for _, end in units], dtype=np.int64)
    np.add.at(sums, np.searchsorted(ends, places - 1, side="right"), of_grams)
    yield from _pieces(text, units, begins, sums, place)
    names = (*concepts.names, *MARKS)
    of_keys = CONCEPT_WEIGHT * each * (table[hash_keys(keys), :whole].astype(float) @ heads) if len(keys) else ()
    together: dict[int, tuple[float, list[int]]] = {}
    for key, at, share in zip(keys.tolist(), key_places.tolist(), of_keys, strict=True):
        before, spots = together.get(key, (0.0, []))
        together[key] = (before + float(share), [*spots, at])
    for key, (share, spots) in together.items():
        if share:
            numbers, adjacent = concepts_of(key)
            name = concept_words([names[number] for number in numbers], adjacent=adjacent)
            yield place.term("concepts", name, share, [_unit_at(units, ends, at) for at in sorted(spots)])


def _unit_at(units: Sequence[tuple[int, int]], ends: npt.NDArray[np.int64], at: int) -> tuple[int, int]:
    number = int(np.searchsorted(ends, at, side="right"))
    return units[number] if number < len(units) else (at, at + 1)


def _pieces(
    text: str, units: Sequence[tuple[int, int]], begins: npt.NDArray[np.int64], sums: Floats, place: _Places
) -> Iterator[Term]:
    """Yield words that push the same way side by side as one term; the same piece of text is one term wherever."""
    pieces: dict[str, tuple[float, list[tuple[int, int]]]] = {}
    at = 0
    while at < len(units):
        last = at
        most = _SIGNS_TOGETHER if _sort(text[units[at][0]]) == "dense" else _WORDS_TOGETHER
        while (
            last + 1 < len(units)
            and last + 1 - at < most
            and sums[last + 1] * sums[at] > 0
            and "\n" not in text[units[last][1] : units[last + 1][0]]
        ):
            last += 1
        span = (units[at][0], units[last][1])
        name = text[span[0] : span[1]]
        before, spans = pieces.get(name, (0.0, []))
        pieces[name] = (before + float(sums[at : last + 1].sum()), [*spans, span])
        at = last + 1
    for name, (share, spans) in pieces.items():
        if share:
            yield place.term("words", name, share, spans)
    if sums[-1]:
        yield Term(sort="words", name="signs after the last word", log_odds=float(sums[-1]))


def _of_clauses(model: Model, parts: Sequence[Clauses], pooled: Floats, place: _Places) -> Iterator[Term]:
    """Yield what each sentence and phrase added through the pooled clause scores."""
    wide = len(WHOLE_HEADS)
    scores = np.concatenate(
        [np.asarray(part.matrix @ model.layer.weights, dtype=float)[:, wide:] for part in parts]
    ) + model.layer.offsets[wide:]  # fmt: skip
    clipped = np.clip(scores, -6.0, 6.0)
    shares, absent = pooled_shares(clipped)
    added = shares @ pooled
    spans = [(int(s), int(e)) for part in parts for s, e in zip(part.starts, part.ends, strict=True)]
    for number, span in enumerate(spans):
        if added[number]:
            name = _clause_name(shares[number], *clipped[number])
            yield place.term("clause", name, float(added[number]), [_trimmed(place.text, *span)])
    if float(absent @ pooled):
        name = "no clause to read" if not spans else "no second clause to weigh"
        yield Term(sort="clause", name=name, log_odds=float(absent @ pooled))


_ROLES = {
    "evidence:max": "evidence", "protection:max": "protection", "balance:max": "evidence over protection",
    "evidence:second": "evidence, after another",
}  # fmt: skip


def _clause_name(share: Floats, evidence: float, protection: float) -> str:
    scores = f"(evidence {evidence:+.1f}, protection {protection:+.1f})"
    for name, role in _ROLES.items():
        value = share[POOLED.index(name)]
        if value:
            return f"{'the clause that reads most' if value > 0 else 'no clause reads'} as {role} {scores}"
    return f"a clause {scores}"


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def pooled_shares(clipped: Floats) -> tuple[Floats, Floats]:
    """Share the pooled scores of one listing out among its clauses.

    ``clipped`` is clauses x 2 (evidence, protection); returns clauses x :data:`POOLED` and what stands for absent
    clauses. Column sums together are :func:`classifier.model.pool` of the listing.
    """
    shares, absent = np.zeros((len(clipped), len(POOLED))), np.zeros(len(POOLED))
    floor = {"evidence:max": -6.0, "evidence:second": -6.0, "protection:max": -6.0, "balance:max": -6.0}
    evidence, protection = clipped[:, 0], clipped[:, 1]
    balance = np.clip(evidence - protection, -6.0, 6.0)
    order = np.argsort(-evidence, kind="stable")
    for column, name in enumerate(POOLED):
        if name == "evidence:sum" and len(clipped):
            chance = 1 / (1 + np.exp(-evidence))
            shares[:, column] = np.log1p(chance.sum()) * chance / chance.sum()
            continue
        values = {"protection:max": protection, "balance:max": balance}.get(name, evidence)
        rank = 1 if name == "evidence:second" else 0
        if len(clipped) <= rank:
            absent[column] = floor.get(name, 0.0)
        else:
            winner = order[rank] if values is evidence else int(values.argmax())
            shares[winner, column] = values[winner]
    return shares, absent
