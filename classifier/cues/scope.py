"""How far negation, requirement, warning and another speaker reach: what takes a cue away."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from classifier.clauses import phrases as clause_spans
from classifier.clauses import sentences as sentence_spans
from classifier.cues.matching import Hit

if TYPE_CHECKING:
    from classifier.cues.finder import FieldText


class Scope:
    """The protective phrases of a listing, asked cue by cue."""

    def __init__(self, fields: "Sequence[FieldText]", hits: Sequence[Sequence[Hit]]) -> None:
        self._fields = fields
        self._protective = [[hit for hit in found if hit.phrase.scope not in (None, "audience")] for found in hits]
        self._over_text = [hit for found in self._protective for hit in found if hit.phrase.scope == "text"]
        self._sentences: dict[int, list[tuple[int, int]]] = {}

    def against(self, number: int, hit: Hit) -> Hit | None:
        """Return the protective phrase that takes ``hit`` (in field ``number``) away, None when it stands."""
        return self.against_span(number, hit.start, hit.end, hit.phrase.label)

    def against_span(self, number: int, start: int, end: int, cue: str) -> Hit | None:
        """As :meth:`against`, for a span of the field's normalised text."""
        for other in self._over_text:
            if not other.phrase.cues or cue in other.phrase.cues:
                return other
        for other in self._protective[number]:
            scope, cues = other.phrase.scope, other.phrase.cues
            if scope == "text" or (cues and cue not in cues):
                continue
            if scope == "match":
                if other.start < end and start < other.end:
                    return other
            elif self._same(number, other.start, start, whole=scope == "sentence"):
                return other
        return None

    def _same(self, number: int, one: int, two: int, *, whole: bool) -> bool:
        text = self._fields[number].normalised.text
        spans = self._sentences.get(number)
        if spans is None:
            spans = self._sentences[number] = sentence_spans(text)
        first, second = _span(spans, one), _span(spans, two)
        if first is None or first != second:
            return False
        if whole:
            return True
        inner = clause_spans(text, *first)
        return _span(inner, one) == _span(inner, two)


def _span(spans: Sequence[tuple[int, int]], at: int) -> tuple[int, int] | None:
    number = bisect_right(spans, (at, 1 << 60)) - 1
    return spans[number] if number >= 0 and spans[number][0] <= at < spans[number][1] else None


def clause(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the clause of ``text`` that holds ``[start, end)``: from the beginning of its first to the end of its last."""
    first = _span(sentence_spans(text), start) or (0, len(text))
    last = _span(sentence_spans(text), max(start, end - 1)) or first
    left = _span(clause_spans(text, *first), start) or first
    right = _span(clause_spans(text, *last), max(start, end - 1)) or last
    return left[0], right[1]
