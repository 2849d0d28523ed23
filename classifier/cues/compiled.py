"""Phrases made ready to walk: words by number, and of each choice only the branches whose words are in the text.

:class:`Compiler` turns all phrases into *rows* of plain data at once; :class:`Opened` makes of a row the steps that are
walked, when a text asks for them. Few of the thousands of phrases are ever asked for.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from classifier.cues.pattern import Choice, Gap, Word
from classifier.cues.pattern import Sequence as Nodes
from classifier.text.kept import plain


@dataclass(frozen=True, slots=True, eq=False)
class Branches:
    """The alternatives of a choice; phrases that name the same words share one object."""

    each: tuple["Steps", ...]
    keys: frozenset[int]
    """Words of which one occurs in any branch, the keys of ``by_word``."""
    by_word: Mapping[int, tuple[int, ...]]
    """Word number to the branches it may open."""
    needs: tuple[tuple[frozenset[int], ...], ...]
    """For each alternative of several words: of each set one word occurs in every match."""
    always: tuple[int, ...]
    """Branches without a certain word (a bare number)."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step of a phrase: a word, a number, or a choice; ``gap`` words may stand before it."""

    gap: int
    optional: bool = False
    word: int = -1
    """Number of the word, -1 for another kind of step."""
    branches: Branches | None = None


Steps = tuple[Step, ...]


class StepRow(NamedTuple):
    """A :class:`Step` with its branches by number, -1 for none."""

    gap: int
    optional: bool
    word: int
    branches: int


StepRows = Sequence[StepRow]


class Compiler:
    """Turns parsed phrases into rows, each shared choice and each set of words once."""

    def __init__(self, numbers: Mapping[Word, int]) -> None:
        self._numbers = numbers
        self._done: dict[int, tuple[Choice, int]] = {}
        self._sets: dict[frozenset[int], int] = {}
        self.branches: list[str] = []
        """By number, the fields of :class:`Branches` as JSON."""

    @property
    def sets(self) -> list[str]:
        """Sets of words by number, as JSON."""
        return [plain(sorted(words)) for words in self._sets]

    def steps(self, sequence: Nodes) -> StepRows:
        """Return the rows of ``sequence``."""
        steps: list[StepRow] = []
        gap = 0
        for node in sequence:
            if isinstance(node, Gap):
                gap = max(gap, node.words)
                continue
            if isinstance(node, Choice):
                steps.append(StepRow(gap, node.optional, -1, self._branches(node)))
            elif isinstance(node, Word):
                steps.append(StepRow(gap, False, self._numbers[node], -1))
            else:
                steps.append(StepRow(gap, False, -1, -1))
            if not steps[-1].optional:
                gap = 0
        return steps

    def need(self, words: frozenset[Word]) -> int:
        """Return the number of the set of ``words``."""
        return self._sets.setdefault(frozenset(self._numbers[word] for word in words), len(self._sets))

    def _branches(self, node: Choice) -> int:
        known = self._done.get(id(node))
        if known is not None:
            return known[1]
        by_word: dict[int, list[int]] = {}
        always: list[int] = []
        for place, needed in enumerate(node.telling):
            if needed is None:
                always.append(place)
            for word in needed or ():
                by_word.setdefault(self._numbers[word], []).append(place)
        needs = [list(map(self.need, needs)) if len(needs) > 1 else [] for needs in node.needs]
        row = plain([[self.steps(branch) for branch in node.branches], list(by_word.items()), needs, always])
        self.branches.append(row)
        self._done[id(node)] = (node, len(self.branches) - 1)
        return len(self.branches) - 1


@dataclass(slots=True)
class Opened:
    """Opens rows of a :class:`Compiler`; the same number is the same object every time."""

    sets: Sequence[str]
    branches: Sequence[str]
    _sets: dict[int, frozenset[int]] = field(default_factory=dict)
    _branches: dict[int, Branches] = field(default_factory=dict)

    def need(self, number: int) -> frozenset[int]:
        """Return the set of words ``number``."""
        known = self._sets.get(number)
        return known if known is not None else self._sets.setdefault(number, frozenset(json.loads(self.sets[number])))

    def steps(self, rows: StepRows) -> Steps:
        """Return the steps of ``rows``."""
        return tuple(
            Step(gap, optional, word, self._choice(branches) if branches >= 0 else None)
            for gap, optional, word, branches in rows
        )

    def _choice(self, number: int) -> Branches:
        known = self._branches.get(number)
        if known is not None:
            return known
        each, by_word, needs, always = json.loads(self.branches[number])
        places = {word: tuple(listed) for word, listed in by_word}
        made = Branches(
            tuple(map(self.steps, each)),
            frozenset(places),
            places,
            tuple(tuple(map(self.need, listed)) for listed in needs),
            tuple(always),
        )
        return self._branches.setdefault(number, made)
