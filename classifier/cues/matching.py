"""Phrases found in a text: each phrase that may match is walked over the places of its words."""

import re
from bisect import bisect_left
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import NamedTuple

from classifier.cues.catalogue import Phrase, PhraseBook
from classifier.cues.compiled import Branches, Step, Steps
from classifier.cues.words import Places, Span
from classifier.text.normalise import Normalised

_CLAUSE_END = re.compile(r"[\n!?;。！？；।።؟|]|\.(?=\s|$)").search
_NUMBER = re.compile(r"[0-9][0-9.,]{0,9}")
_LETTER = re.compile(r"\w").search
_TIGHT = 4
"""Characters that may stand between two neighbouring words: a space, a comma, quotes."""
_PER_WORD = 16
"""Characters a word of a gap takes at most, on average."""
_CHARACTERS = {0: 2, 3: 6, 7: 16}
"""Gap in words to gap in characters, for scripts without spaces."""
_MOST_STATES = 60


class Hit(NamedTuple):
    """A phrase found: offsets into the normalised text."""

    start: int
    end: int
    phrase: Phrase


@dataclass(slots=True)
class Reading:
    """A text with the places of the catalogue's words in it."""

    text: str
    places: Places
    present: frozenset[int]
    """The words that stand anywhere in it."""
    _numbers: list[Span] | None = None
    _known: dict[tuple[int, int | None, int], list[Span]] = field(default_factory=dict)
    """What a choice matched at a place, for the phrases that share it."""

    @property
    def numbers(self) -> list[Span]:
        """Places of numbers, found when first asked for."""
        if self._numbers is None:
            self._numbers = [m.span() for m in _NUMBER.finditer(self.text)][:200]
        return self._numbers

    def near(self, spans: list[Span], at: int, gap: int, spaced: bool) -> list[Span]:
        """Return the spans that begin after ``at``, at most ``gap`` words further and in the same clause."""
        reach = (_PER_WORD * gap + _TIGHT) if spaced else _CHARACTERS[gap]
        found: list[Span] = []
        for number in range(bisect_left(spans, (at, 0)), len(spans)):
            start = spans[number][0]
            if start - at > reach:
                break
            between = self.text[at:start]
            if not spaced and not _CLAUSE_END(between):
                found.append(spans[number])
            elif spaced and not _CLAUSE_END(between):
                if gap == 0 and (start - at > _TIGHT or _LETTER(between)):
                    break
                if gap and len(between.split()) > gap + 1:
                    break
                found.append(spans[number])
        return found

    def match(self, steps: Steps, at: int | None, gap: int, spaced: bool) -> list[Span]:
        """Return the spans where ``steps`` stand, beginning near ``at`` (anywhere when None)."""
        states: list[tuple[int, int | None]] = [(-1, at)]
        for step in steps:
            reach = step.gap if step.gap > gap else gap
            best: dict[int, int] = {}
            for begun, end in states:
                for start, stop in self._step(step, end, reach, spaced):
                    first = start if begun < 0 else begun
                    if best.get(stop, -1) < first:
                        best[stop] = first
            after: list[tuple[int, int | None]] = [(start, stop) for stop, start in best.items()]
            if step.optional:
                states += after[:_MOST_STATES]
            elif after:
                states = after[:_MOST_STATES]
                gap = 0
            else:
                return []
        return [(start, stop) for start, stop in states if start >= 0 and stop is not None]

    def _step(self, step: Step, at: int | None, gap: int, spaced: bool) -> list[Span]:
        if step.branches is not None:
            return self._choice(step.branches, at, gap, spaced)
        spans = self.places.get(step.word) if step.word >= 0 else self.numbers
        if not spans:
            return []
        return spans if at is None else self.near(spans, at, gap, spaced)

    def _branch(self, steps: Steps, at: int | None, gap: int, spaced: bool) -> list[Span]:
        """Match one alternative; most are a single word, which needs no states."""
        if len(steps) == 1 and steps[0].word >= 0:
            spans = self.places.get(steps[0].word)
            reach = steps[0].gap if steps[0].gap > gap else gap
            if not spans:
                return []
            return spans if at is None else self.near(spans, at, reach, spaced)
        return self.match(steps, at, gap, spaced)

    def _choice(self, branches: Branches, at: int | None, gap: int, spaced: bool) -> list[Span]:
        key = (id(branches), at, gap)
        found = self._known.get(key)
        if found is None:
            found = []
            table = branches.by_word
            places = {place for word in branches.keys & self.present for place in table[word]}
            places.update(branches.always)
            for place in sorted(places) if len(places) > 1 else places:
                found += self._branch(branches.each[place], at, gap, spaced)
            self._known[key] = found
        return found


def read(book: PhraseBook, normalised: Normalised) -> Reading:
    """Find the words of the catalogue in a text."""
    places = book.table.places(normalised.text)
    return Reading(normalised.text, places, frozenset(places))


def scan(book: PhraseBook, reading: Reading) -> list[Hit]:
    """Return every phrase found, in reading order; of matches of one phrase that overlap the shortest."""
    present = reading.present
    candidates = {number for word in present for number in book.by_word.get(word, ())}
    hits: list[Hit] = []
    for number in sorted(candidates):
        phrase = book.phrases[number]
        for need in phrase.needs[1:]:
            if need.isdisjoint(present):
                break
        else:
            spans = reading.match(phrase.steps, None, 0, phrase.spaced)
            if spans:
                hits += [Hit(start, end, phrase) for start, end in _shortest(spans)]
    hits.sort(key=lambda hit: (hit.start, -hit.end, hit.phrase.rule))
    return hits


def _shortest(spans: Many[Span]) -> list[Span]:
    kept: list[Span] = []
    for start, end in sorted(set(spans), key=lambda span: (span[1], -span[0])):
        if not kept or start > kept[-1][0]:
            kept.append((start, end))
    return kept
