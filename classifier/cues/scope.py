"""How far negation, requirement, warning and another speaker reach: what takes a cue away."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from classifier.clauses import phrases as clause_spans
from classifier.clauses import sentences as sentence_spans
from classifier.cues.book import Negation
from classifier.cues.matching import Hit, Reading
from classifier.cues.words import Span

if TYPE_CHECKING:
    from classifier.cues.finder import FieldText


_DENIAL_REACH = 34
"""Characters before (or after) a cue in its clause where a negation denies it: about four words."""


class Against(NamedTuple):
    """What takes a cue away: a phrase and the number of the field it stands in."""

    field: int
    hit: Hit


class Scope:
    """The protective phrases of a listing, asked cue by cue."""

    def __init__(
        self,
        fields: "Sequence[FieldText]",
        readings: Sequence[Reading],
        hits: Sequence[Sequence[Hit]],
        negations: Mapping[str, Negation],
    ) -> None:
        self._fields = fields
        self._readings = readings
        self._denials: dict[tuple[int, str, bool], list[Span]] = {}
        self._negations = negations
        self._protective = [[hit for hit in found if hit.phrase.scope not in (None, "audience")] for found in hits]
        self._over_text = [
            Against(number, hit)
            for number, found in enumerate(self._protective)
            for hit in found
            if hit.phrase.scope == "text"
        ]
        self._sentences: dict[int, list[tuple[int, int]]] = {}
        self._phrases: dict[tuple[int, Span], list[Span]] = {}

    def against(self, number: int, hit: Hit) -> Against | None:
        """Return the protective phrase that takes ``hit`` (in field ``number``) away, None when it stands."""
        return self.against_span(number, hit.start, hit.end, hit.phrase.label, strong=hit.phrase.strong)

    def denied(self, number: int, hits: Sequence[Hit]) -> dict[Hit, Against]:
        """Return the cues of a field that a negation beside them denies.

        One word may stand in several languages (``expired``, ``expiré``) of which only one has the negation: what is
        denied in one reading is denied in all.
        """
        found = [hit for hit in hits if hit.phrase.scope is None and hit.phrase.negatable and self._denied(number, hit)]
        if not found:
            return {}
        return {
            hit: Against(number, other)
            for hit in hits
            for other in found
            if hit.phrase.label == other.phrase.label
            and hit.phrase.negatable
            and hit.start < other.end
            and other.start < hit.end
        }

    def _denied(self, number: int, hit: Hit) -> bool:
        """Return whether a negation of its language stands beside ``hit`` in its clause."""
        negation = self._negations.get(hit.phrase.language)
        if negation is None:
            return False
        left, right = self._clause(number, hit.start, hit.end)
        low, high = max(left, hit.start - _DENIAL_REACH), min(right, hit.end + _DENIAL_REACH)
        language = hit.phrase.language
        before = self._denied_at(number, language, negation, before=True)
        after = self._denied_at(number, language, negation, before=False)
        return any(low <= s and e <= hit.start for s, e in before) or any(hit.end <= s and e <= high for s, e in after)

    def _denied_at(self, number: int, language: str, negation: Negation, *, before: bool) -> list[Span]:
        """Return where the negations of ``language`` stand in a field, found once."""
        key = (number, language, before)
        if key not in self._denials:
            sequence = negation.before if before else negation.after
            self._denials[key] = self._readings[number].match(sequence, None, 0, negation.spaced) if sequence else []
        return self._denials[key]

    def _clause(self, number: int, start: int, end: int) -> tuple[int, int]:
        text = self._fields[number].normalised.text
        first, last = self._sentence(number, start), self._sentence(number, max(start, end - 1))
        if first is None or last is None:
            return max(0, start - 200), min(len(text), end + 200)
        left = _span(self._inner(number, first), start) or first
        right = _span(self._inner(number, last), max(start, end - 1)) or last
        return left[0], right[1]

    def _inner(self, number: int, sentence: Span) -> list[Span]:
        """Return the phrases of a sentence, found once."""
        spans = self._phrases.get((number, sentence))
        if spans is None:
            text = self._fields[number].normalised.text
            spans = self._phrases[number, sentence] = clause_spans(text, *sentence)
        return spans

    def _sentence(self, number: int, at: int) -> tuple[int, int] | None:
        spans = self._sentences.get(number)
        if spans is None:
            spans = self._sentences[number] = sentence_spans(self._fields[number].normalised.text)
        return _span(spans, at)

    def against_span(self, number: int, start: int, end: int, cue: str, *, strong: bool = False) -> Against | None:
        """As :meth:`against`, for a span of the field's normalised text."""
        for whole in self._over_text:
            if not whole.hit.phrase.cues or cue in whole.hit.phrase.cues:
                return whole
        for other in self._protective[number]:
            scope, cues = other.phrase.scope, other.phrase.cues
            if scope in ("text", "beside") or (cues and cue not in cues):
                continue
            if scope == "match":
                if not strong and other.start < end and start < other.end:
                    return Against(number, other)
            elif self._same(number, other.start, start, whole=scope == "sentence"):
                return Against(number, other)
        return None

    def _same(self, number: int, one: int, two: int, *, whole: bool) -> bool:
        first, second = self._sentence(number, one), self._sentence(number, two)
        if first is None or first != second:
            return False
        if whole:
            return True
        inner = self._inner(number, first)
        return _span(inner, one) == _span(inner, two)


def _span(spans: Sequence[tuple[int, int]], at: int) -> tuple[int, int] | None:
    number = bisect_right(spans, (at, 1 << 60)) - 1
    return spans[number] if number >= 0 and spans[number][0] <= at < spans[number][1] else None


def clause(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span of the clauses of ``text`` that hold ``[start, end)``."""
    first = _span(sentence_spans(text), start) or (0, len(text))
    last = _span(sentence_spans(text), max(start, end - 1)) or first
    left = _span(clause_spans(text, *first), start) or first
    right = _span(clause_spans(text, *last), max(start, end - 1)) or last
    return left[0], right[1]
