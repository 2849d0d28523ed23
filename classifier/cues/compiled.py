"""Phrases made ready to walk: words by number, and of each choice only the branches whose words are in the text."""

from collections.abc import Mapping
from dataclasses import dataclass

from classifier.cues.pattern import Choice, Gap, Sequence, Word


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


class Compiler:
    """Turns parsed phrases into steps, each shared choice once."""

    def __init__(self, numbers: Mapping[Word, int]) -> None:
        self._numbers = numbers
        self._done: dict[int, tuple[Choice, Branches]] = {}
        self._shared: dict[frozenset[int], frozenset[int]] = {}

    def steps(self, sequence: Sequence) -> Steps:
        """Return the steps of ``sequence``."""
        steps: list[Step] = []
        gap = 0
        for node in sequence:
            if isinstance(node, Gap):
                gap = max(gap, node.words)
                continue
            if isinstance(node, Choice):
                steps.append(Step(gap, node.optional, branches=self._branches(node)))
            elif isinstance(node, Word):
                steps.append(Step(gap, word=self._numbers[node]))
            else:
                steps.append(Step(gap))
            if not steps[-1].optional:
                gap = 0
        return tuple(steps)

    def need(self, words: frozenset[Word]) -> frozenset[int]:
        """Return the numbers of ``words``; equal sets are one object."""
        numbers = frozenset(self._numbers[word] for word in words)
        return self._shared.setdefault(numbers, numbers)

    def _branches(self, node: Choice) -> Branches:
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
        made = Branches(
            tuple(self.steps(branch) for branch in node.branches),
            frozenset(by_word),
            {word: tuple(places) for word, places in by_word.items()},
            tuple(tuple(map(self.need, needs)) if len(needs) > 1 else () for needs in node.needs),
            tuple(always),
        )
        self._done[id(node)] = (node, made)
        return made
