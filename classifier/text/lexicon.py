"""Medicines named in a text, in any script: one Aho-Corasick automaton with a word-boundary rule per script."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from classifier.text.entries import (
    Entry,
    MedicineClass,
    load_classes,
    load_dodged,
    load_entries,
    load_everyday,
    load_stems,
)
from classifier.text.glyphs import fold
from classifier.text.misspelt import Slips
from classifier.text.normalise import Normalised
from classifier.text.pieces import Remembered, pieces
from classifier.text.places import LEXICON_FOLDER
from classifier.text.reference import digest_of
from classifier.text.scripts import LETTERS, NO_LETTERS, arabic_word_start, script_of
from classifier.text.search import WordSearch
from classifier.text.vocabulary import plain_vocabulary

UNNAMED = "unnamed"
"""Class of words that say "a medicine" without naming one."""
_INFLECTED_FROM = 6
"""A name of this many letters may carry an ending (``tadalafilo``, ``виагры``)."""
_LONGEST_ENDING = 3
_SHORTEST_DROPPED = 7
_SHORTEST_TRANSPOSED = 6
_SHORTEST_STEMMED = 8
"""Letters a word needs before its ending is read as an INN stem (``retatrutide`` yes, ``april`` no)."""


class Term(NamedTuple):
    """One name found in a normalised text; offsets are into ``Normalised.text``."""

    start: int
    end: int
    name: str
    """The substance (INN, lower case), or the entry's name where there is no INN."""
    classes: tuple[str, ...]
    brand: bool
    harm: float
    prescription: bool
    controlled: bool
    unapproved: bool
    never_retail: bool
    kind: str
    bent: bool = False
    """Whether the name is misspelt as sellers do to pass filters (``vlagra``, ``ciallis``)."""


@dataclass(frozen=True, slots=True)
class _Known:
    spelling: str
    script: str
    brand: bool
    entry: Entry
    classes: tuple[MedicineClass, ...]
    bent: bool = False
    stem: bool = False
    """Whether ``spelling`` is an INN stem, the ending of a word."""
    letters: frozenset[str] = NO_LETTERS
    """Letters of the script: none may stand before the word."""
    ending: int = 0
    """Letters that may follow as an inflection."""

    status: tuple[float, bool, bool, bool, bool, str] = (0.0, False, False, False, False, "")
    """What :class:`Term` says after ``brand``: that of the strictest class."""

    def term(self, start: int, end: int, word: str) -> Term:
        return Term(start, end, self.entry.name or word, self.entry.classes, self.brand, *self.status, self.bent)


@cache
def _status(every: tuple[MedicineClass, ...]) -> tuple[float, bool, bool, bool, bool, str]:
    return (
        max(c.harm for c in every), any(c.prescription for c in every), any(c.controlled for c in every),
        any(c.unapproved for c in every), any(c.never_retail for c in every), every[0].kind,
    )  # fmt: skip


def _known(
    word: str, brand: bool, entry: Entry, classes: tuple[MedicineClass, ...], *, bent: bool = False, stem: bool = False
) -> _Known:
    script = script_of(word[0])
    if stem or bent:
        ending = 0
    elif len(word) >= _INFLECTED_FROM:
        ending = _LONGEST_ENDING
    else:
        ending = 2 if script == "cyrillic" else 0
    return _Known(word, script, brand, entry, classes, bent, stem, LETTERS[script], ending, _status(classes))


_Named = tuple[int, int, int, int, _Known]
"""Last character of the spelling, its length, where the word begins and ends, what it is."""


def _reading_order(named: _Named) -> tuple[int, int]:
    return named[0], -named[1]


class Lexicon:
    """The names of ``data/lexicon``, ready to be found."""

    def __init__(
        self,
        entries: list[Entry],
        classes: dict[str, MedicineClass],
        stems: dict[str, str],
        dodged: list[str],
        everyday: list[str],
        digest: str,
    ) -> None:
        self.lexicon_id = digest
        self._everyday = frozenset(fold(word) for word in everyday)
        self.classes = classes
        self.entries = {entry.name: entry for entry in entries}
        table: dict[str, _Known] = {}
        for entry in entries:
            known = tuple(classes[name] for name in entry.classes)
            for number, spelling in enumerate(entry.spellings):
                word = fold(spelling)
                brand = number > len(entry.names)
                table.setdefault(word, _known(word, brand, entry, known))
        for word in dodged:
            known_word = table[word]
            for variant in misspellings(word):
                table.setdefault(variant, _known(variant, True, known_word.entry, known_word.classes, bent=True))
        self._generic = {
            word: known
            for word, known in table.items()
            if not known.brand and known.status[-1] == "medicine" and UNNAMED not in known.entry.classes
        }
        for ending, name in stems.items():
            table.setdefault(ending, _known(ending, False, Entry("", (name,)), (classes[name],), stem=True))
        self._words = WordSearch((name, known) for name, known in table.items() if " " not in name)
        self._phrases = WordSearch((name, known) for name, known in table.items() if " " in name)
        self._heads: dict[str, tuple[str, ...]] = {}
        """First word of the names of several words, to those names."""
        for name in table:
            head, space, _ = name.partition(" ")
            if space:
                self._heads[head] = (*self._heads.get(head, ()), name)
        self._longest_head = max(map(len, self._heads), default=0)
        self._pieces = Remembered(self._in_piece)

    @cached_property
    def _slips(self) -> Slips:
        return Slips(self._generic, other_words=plain_vocabulary().words | self._everyday)

    @classmethod
    def load(cls, folder: Path = LEXICON_FOLDER) -> "Lexicon":
        """Load ``data/lexicon``; raises :class:`~classifier.text.entries.LexiconError`."""
        return _loaded(folder)

    def find(self, normalised: Normalised) -> list[Term]:
        """Return the names in reading order; of overlapping ones the longest."""
        text = normalised.text
        named: list[_Named] = []
        several = False
        base = 0
        parts = pieces(text)
        for part, (inside, heads) in zip(parts, map(self._pieces.__getitem__, parts), strict=True):
            for last, length, start, stop, known in inside:
                named.append((base + last, length, base + start, base + stop, known))
            base += len(part) + 1
            for head in heads:
                several = several or text.startswith(self._heads[head], base - 1 - len(head))
        if several:
            named += self._named(self._phrases, text)
            named.sort(key=_reading_order)
        best: list[tuple[int, int, _Known]] = []
        for _, _, start, stop, known in named:
            if known.stem and best and best[-1][0] >= start:
                continue
            while best and best[-1][0] >= start:
                best.pop()
            if not best or best[-1][1] <= start:
                best.append((start, stop, known))
        return [known.term(start, stop, text[start:stop]) for start, stop, known in best]

    def find_misspelt(self, normalised: Normalised, named: Sequence[Term]) -> list[Term]:
        """Return the substances written with one slip, apart from what is ``named`` already.

        For texts that give reason to look closer: anyone misspells, and a misspelt word is no trick (``bent``).
        """
        found = []
        taken = {at for term in named for at in (term.start, term.end - 1)}
        for start, end, meant in self._slips.find(normalised.text):
            entries = {self._generic[name].entry.name for name in meant}
            if len(entries) == 1 and taken.isdisjoint(range(start, end)):
                found.append(self._generic[min(meant)].term(start, end, ""))
        return found

    def _in_piece(self, piece: str) -> tuple[tuple[_Named, ...], tuple[str, ...]]:
        """Return the names in a piece without spaces, and the first words of longer names that end it."""
        ends = (piece[-length:] for length in range(1, min(len(piece), self._longest_head) + 1))
        return tuple(self._named(self._words, piece)), tuple(end for end in ends if end in self._heads)

    def _named(self, names: WordSearch, text: str) -> Iterator[_Named]:
        """Yield what ``names`` finds in ``text`` that stands there as a word of its own."""
        for last, known in names.find(text):
            start, end = last - len(known.spelling) + 1, last + 1
            if known.stem:
                start = _word_start(text, start)
                if end - start < _SHORTEST_STEMMED:
                    continue
            stop = self._whole_word(text, start, end, known)
            if stop and text[start:stop] not in self._everyday:
                yield last, len(known.spelling), start, stop, known

    @staticmethod
    def _whole_word(text: str, start: int, end: int, known: _Known) -> int:
        """Return where the word ends, 0 when the match is a part of another word."""
        letters = known.letters
        if start and text[start - 1] in letters and (known.script != "arabic" or arabic_word_start(text, start) < 0):
            return 0
        stop, size = end, len(text)
        while stop < size and stop - end <= _LONGEST_ENDING and text[stop] in letters:
            stop += 1
        return stop if stop - end <= known.ending else 0


def misspellings(word: str) -> set[str]:
    """Return how ``word`` is bent with plain letters: i and l swapped, one letter doubled, dropped or transposed.

    A letter is dropped or transposed only in names of seven letters or more, so that no everyday word comes out.
    """
    variants = set()
    for at, letter in enumerate(word):
        variants.add(word[: at + 1] + word[at:])
        if letter in "il":
            other = "l" if letter == "i" else "i"
            variants.add(word[:at] + other + word[at + 1 :])
            variants.add(word[:at] + other + word[at:])
        if len(word) >= _SHORTEST_DROPPED and 0 < at:
            variants.add(word[:at] + word[at + 1 :])
        if 0 < at < len(word) - 1 and len(word) >= _SHORTEST_TRANSPOSED:
            variants.add(word[:at] + word[at + 1] + letter + word[at + 2 :])
    return variants - {word}


def _word_start(text: str, at: int) -> int:
    low = max(0, at - 24)
    while at > low and "a" <= text[at - 1] <= "z":
        at -= 1
    return at


_DATA = (".yaml", ".yml", ".txt", ".tsv")


@cache
def _loaded(folder: Path) -> Lexicon:
    return Lexicon(
        load_entries(folder),
        load_classes(folder),
        load_stems(folder),
        load_dodged(folder),
        load_everyday(folder),
        digest_of("lexicon", (path for path in folder.iterdir() if path.suffix in _DATA)),
    )
