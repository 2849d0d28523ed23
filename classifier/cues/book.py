"""The phrases of the catalogue with the table of their words, each opened when a text first asks for it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from classifier.cues.compiled import Opened, Steps
from classifier.cues.words import WordTable


@dataclass(frozen=True, slots=True, eq=False)
class Phrase:
    """One phrase, parsed."""

    rule: str
    """``<cue or reason>.<rule>.<language>.<number>``, the place in the catalogue."""
    label: str
    """A cue of the codebook, or a reason of :data:`WHYS`."""
    language: str
    source: str
    steps: Steps
    spaced: bool
    needs: tuple[frozenset[int], ...]
    """Word numbers: of each set one occurs in every match. Equal sets are one object."""
    scope: str | None = None
    """None for a cue, one of :data:`SCOPES` for a protective phrase, ``audience`` for whom the offer is for."""
    strong: bool = False
    """For a cue: a protective phrase it overlaps does not take it away (``we never turn anyone away without...``)."""
    negatable: bool = True
    """For a cue: a negation beside it takes it away (``never expired``)."""
    cues: frozenset[str] = frozenset()
    """For a protective phrase: the cues it speaks about; empty for all."""


Opening = tuple[int, tuple[frozenset[int], ...]]
"""A phrase by its place in the book, and what else it then needs: of each set one word in the same clause."""


class Phrases(Sequence[Phrase]):
    """All phrases, each opened when it is first asked for."""

    def __init__(self, rows: Sequence[str], opened: Opened) -> None:
        self._rows = rows
        self._opened = opened
        self._known: dict[int, Phrase] = {}

    @overload
    def __getitem__(self, at: int) -> Phrase: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Phrase]: ...
    def __getitem__(self, at: int | slice) -> Phrase | Sequence[Phrase]:
        """Return the phrase or phrases ``at`` their place."""
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        known = self._known.get(at)
        return known if known is not None else self._known.setdefault(at, self._phrase(self._rows[at]))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._rows)

    def _phrase(self, row: str) -> Phrase:
        fields = json.loads(row)
        fields["steps"] = self._opened.steps(fields["steps"])
        fields["needs"] = tuple(map(self._opened.need, fields["needs"]))
        fields["cues"] = frozenset(fields["cues"])
        return Phrase(**fields)


class Openings(dict[int, tuple[Opening, ...]]):
    """Word number to the phrases it may begin the search for; filled as words are met."""

    def __init__(self, rows: Sequence[str], opened: Opened) -> None:
        super().__init__()
        self._rows = rows
        self._opened = opened

    def __missing__(self, word: int) -> tuple[Opening, ...]:
        listed = json.loads(self._rows[word]) if self._rows[word] else ()
        found = self[word] = tuple((phrase, tuple(map(self._opened.need, others))) for phrase, others in listed)
        return found


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """All phrases with the table of their words."""

    phrases: Sequence[Phrase]
    openings: Openings
    table: WordTable
    crossing: frozenset[int]
    """Words that hold the sign of a clause end (``rx.``)."""
    negations: Mapping[str, "Negation"]
    """By language."""
    digest: str


@dataclass(frozen=True, slots=True)
class Negation:
    """How a language denies: words that stand before what they deny, words that stand after it."""

    before: Steps | None
    after: Steps | None
    spaced: bool


def open_book(rows: Mapping[str, Any], digest: str) -> PhraseBook:
    """Return the book of what ``classifier.cues.catalogue`` compiled."""
    opened = Opened(rows["sets"], rows["branches"])
    negations = {
        language: Negation(before and opened.steps(before), after and opened.steps(after), spaced)
        for language, (before, after, spaced) in rows["negations"].items()
    }
    return PhraseBook(
        Phrases(rows["phrases"], opened), Openings(rows["openings"], opened), WordTable(rows["whole"], rows["parts"]),
        frozenset(rows["crossing"]), negations, digest,
    )  # fmt: skip
