"""Phrases found in a text: each phrase that may match is walked over the places of its words."""

import re
from bisect import bisect_left
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import NamedTuple

from classifier.cues.book import Phrase, PhraseBook
from classifier.cues.compiled import Branches, Step, Steps
from classifier.cues.words import Places, Span
from classifier.text.normalise import Normalised

_CLAUSE_END = re.compile(r"[\n!?;。！？；।።؟|]|\.(?=\s|$)").search
_PARTED = re.compile(r"[\n!?;。！？；।።؟|]|(?<![0-9.,])\.(?=\s|$)")
"""Where no phrase reaches across: clause ends but for full stops that a number may hold."""
_CLAUSE_BITS = 512
"""Clauses told apart when asking which hold a word; further ones share a bit, which only costs time."""
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
    crossed: bool = False
    """Whether one of the words holds the sign of a clause end itself."""
    _numbers: list[Span] | None = None
    _limits: dict[tuple[int, int, bool], int] = field(default_factory=dict)
    _open: dict[int, list[tuple[Steps, list[Span] | None]]] = field(default_factory=dict)
    """By choice: the alternatives whose words stand in the text; for a single word, its places."""
    _known: dict[tuple[int, int | None, int, bool], list[Span]] = field(default_factory=dict)
    """What a choice matched at a place, for the phrases that share it."""
    _ends: list[int] | None = None
    _word_clauses: dict[int, int] = field(default_factory=dict)
    _need_clauses: dict[int, int] = field(default_factory=dict)

    @property
    def numbers(self) -> list[Span]:
        """Places of numbers, found when first asked for."""
        if self._numbers is None:
            self._numbers = [m.span() for m in _NUMBER.finditer(self.text)][:200]
        return self._numbers

    def clauses_with(self, need: frozenset[int]) -> int:
        """Return the clauses that hold a word of ``need``, as a set of bits; 0 when none does."""
        clauses = self._need_clauses.get(id(need))
        if clauses is None:
            clauses = 0
            for word in need & self.present:
                known = self._word_clauses.get(word)
                clauses |= self._clauses_of(word) if known is None else known
            self._need_clauses[id(need)] = clauses
        return clauses

    def one_clause(self, needs: Many[frozenset[int]]) -> bool:
        """Return whether one clause holds a word of each of ``needs``."""
        shared = -1
        for need in needs:
            shared &= self.clauses_with(need)
            if not shared:
                return False
        return True

    def _clauses_of(self, word: int) -> int:
        ends = self._ends
        if ends is None:
            ends = [] if self.crossed else [match.start() for match in _PARTED.finditer(self.text)]
            self._ends = ends
        clauses = 0
        for start, _ in self.places[word]:
            clauses |= 1 << (bisect_left(ends, start) % _CLAUSE_BITS)
        self._word_clauses[word] = clauses
        return clauses

    def near(self, spans: list[Span], at: int, gap: int, spaced: bool) -> list[Span]:
        """Return the spans that begin after ``at``, at most ``gap`` words further and in the same clause."""
        if spans[-1][0] < at:
            return []
        limit = self._limits.get((at, gap, spaced))
        if limit is None:
            limit = self._limits[at, gap, spaced] = self._limit(at, gap, spaced)
        text = self.text
        found: list[Span] = []
        for number in range(bisect_left(spans, (at, 0)), len(spans)):
            start = spans[number][0]
            if start > limit:
                break
            if start == at or text[start - 1] != ".":  # a full stop just before the word ends a clause
                found.append(spans[number])
        return found

    def _limit(self, at: int, gap: int, spaced: bool) -> int:
        """Return the last place where a word may begin that stands within ``gap`` words of ``at``."""
        text = self.text
        limit = at + ((_PER_WORD * gap + _TIGHT) if spaced else _CHARACTERS[gap])
        end = _CLAUSE_END(text, at, limit)
        if end is not None:
            limit = end.start()
        if spaced and gap == 0:
            letter = _LETTER(text, at, limit)
            return limit if letter is None else letter.start()
        if spaced:
            between = text[at:limit]
            pieces = between.split(None, gap + 1)
            if len(pieces) > gap + 1:
                return at + len(between) - len(pieces[-1])
        return limit

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

    def _choice(self, branches: Branches, at: int | None, gap: int, spaced: bool) -> list[Span]:
        key = (id(branches), at, gap, spaced)
        found = self._known.get(key)
        if found is None:
            opened = self._open.get(key[0])
            if opened is None:
                opened = self._open[key[0]] = self._opened(branches)
            found = []
            for steps, spans in opened:
                if spans is None:
                    found += self.match(steps, at, gap, spaced)
                elif at is None:
                    found += spans
                elif spans[-1][0] >= at:
                    found += self.near(spans, at, steps[0].gap if steps[0].gap > gap else gap, spaced)
            self._known[key] = found
        return found

    def _opened(self, branches: Branches) -> list[tuple[Steps, list[Span] | None]]:
        """Return the alternatives that the words of the text open; most are a single word, which needs no states."""
        table = branches.by_word
        numbers = {place for word in branches.keys & self.present for place in table[word]}
        numbers.update(branches.always)
        opened: list[tuple[Steps, list[Span] | None]] = []
        for number in sorted(numbers):
            steps = branches.each[number]
            if (needs := branches.needs[number]) and not self.one_clause(needs):
                continue
            if len(steps) > 1 or steps[0].word < 0:
                opened.append((steps, None))
            elif spans := self.places.get(steps[0].word):
                opened.append((steps, spans))
        return opened


def read(book: PhraseBook, normalised: Normalised) -> Reading:
    """Find the words of the catalogue in a text."""
    places = book.table.places(normalised.text)
    present = frozenset(places)
    return Reading(normalised.text, places, present, not present.isdisjoint(book.crossing))


def scan(book: PhraseBook, reading: Reading) -> list[Hit]:
    """Return every phrase found, in reading order; of matches of one phrase that overlap the shortest.

    A phrase is walked only when one clause holds a word of each of its needs.
    """
    present, openings = reading.present, book.openings
    candidates: set[int] = set()
    for word in present:
        for number, others in openings[word]:
            for need in others:
                if need.isdisjoint(present):
                    break
            else:
                if number not in candidates and (not others or reading.one_clause(others)):
                    candidates.add(number)
    hits: list[Hit] = []
    for number in sorted(candidates):
        phrase = book.phrases[number]
        if len(phrase.needs) == 1 or reading.one_clause(phrase.needs):
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
