"""What the labels say of each row and of each clause, as the numbers that fitting needs: 1, 0, or -1 for no say."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from casefile.records import KINDS, SUSPECTED_CLASSES
from classifier.cues.finder import FieldText
from classifier.examples import Example
from classifier.hashed import LONGEST_TEXT, Clauses
from classifier.model import ANSWERS, CLAUSE_HEADS
from classifier.reading import Reading

_SHARE = 0.6
"""Overlap, as a share of the shorter of quote and clause, from which a clause counts as holding the quote."""

Span = tuple[int, int]


def row_truth(examples: Sequence[Example]) -> npt.NDArray[np.int8]:
    """Return rows x answers. Suspicion 1 says nothing of risk (two people may differ)."""
    out = np.zeros((len(examples), len(ANSWERS)), dtype=np.int8)
    for row, example in enumerate(examples):
        out[row, : len(KINDS)] = [example.kind == k for k in KINDS] if example.kind else -1
        out[row, [KINDS.index(k) for k in example.not_kinds]] = 0
        out[row, len(KINDS)] = {0: 0, 1: -1, 2: 1}[example.suspicion]
        unsaid = "suspected" in example.silent
        out[row, len(KINDS) + 1 :] = -1 if unsaid else [c in example.suspected for c in SUSPECTED_CLASSES]
    return out


class ClauseTruth:
    """Tells of each clause whether it holds evidence, and whether it holds what makes an offer harmless."""

    def __init__(self, examples: Sequence[Example], readings: Sequence[Reading]) -> None:
        self._examples = examples
        self._evidence = [list(_spans(r, (q for _, q in e.cues))) for e, r in zip(examples, readings, strict=True)]
        self._protective = [list(_spans(r, e.protective)) for e, r in zip(examples, readings, strict=True)]

    def __call__(self, clauses: Clauses) -> npt.NDArray[np.int8]:
        """Return clauses x clause heads."""
        out = np.zeros((len(clauses.rows), len(CLAUSE_HEADS)), dtype=np.int8)
        for number, (row, start, end) in enumerate(zip(clauses.rows, clauses.starts, clauses.ends, strict=True)):
            example = self._examples[row]
            if "clauses" in example.silent:
                out[number] = -1
                continue
            evidence = any(_holds(s, (start, end)) for s in self._evidence[row])
            out[number, 0] = evidence if example.suspicion != 1 or not evidence else -1
            if any(_holds(s, (start, end)) for s in self._protective[row]):
                out[number, 1] = 1
            elif not evidence and example.origin != "pairs":
                out[number, 1] = -1  # only the pairs say where protection is; elsewhere its absence is unknown
        return out


def _holds(quote: Span, clause: Span) -> bool:
    overlap = min(quote[1], clause[1]) - max(quote[0], clause[0])
    return overlap > 0 and overlap >= _SHARE * min(quote[1] - quote[0], clause[1] - clause[0])


def _spans(reading: Reading, quotes: Iterable[str]) -> Iterable[Span]:
    """Yield where each quote lies in ``reading.text``."""
    for quote in quotes:
        base = 0
        for text in reading.findings.fields:
            at = text.normalised.raw.find(quote)
            if at >= 0:
                start, end = _normal_span(text, at, at + len(quote))
                if base + start < LONGEST_TEXT and end > start:
                    yield base + start, base + end
                break
            base += len(text.normalised.text) + 1


def _normal_span(text: FieldText, start: int, end: int) -> Span:
    """Return the span of the normal form that stands for ``raw[start:end]``."""
    return bisect_right(text.normalised.ends, start), bisect_left(text.normalised.starts, end)
