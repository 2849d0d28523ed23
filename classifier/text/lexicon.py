"""Medicines named in a text, in any script: one Aho-Corasick automaton with a word-boundary rule per script."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from classifier.text.kept import kept
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


_BRAND, _BENT, _MARKS = 2, 1, 4
"""How what a name stands for is written as one number, see :func:`names_of`."""

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
        names: Mapping[str, int],
        stems: dict[str, str],
        everyday: list[str],
        digest: str,
    ) -> None:
        """``names`` are those of :func:`names_of` the ``entries``."""
        self.lexicon_id = digest
        self._everyday = frozenset(fold(word) for word in everyday)
        self.classes = classes
        self.entries = {entry.name: entry for entry in entries}
        self._listed = entries
        self._names = names
        self._stems = {ending: name for ending, name in stems.items() if ending not in names}
        self._known: dict[str, _Known] = {}
        """What was met so far of names and stems."""
        single = [name for name in names if " " not in name]
        several = [name for name in names if " " in name]
        self._words = WordSearch((name, name) for name in (*single, *self._stems))
        self._phrases = WordSearch((name, name) for name in several)
        self._heads: dict[str, tuple[str, ...]] = {}
        """First word of the names of several words, to those names."""
        for name in several:
            head = name.partition(" ")[0]
            self._heads[head] = (*self._heads.get(head, ()), name)
        self._longest_head = max(map(len, self._heads), default=0)
        self._pieces = Remembered(self._in_piece)

    def _known_as(self, word: str) -> _Known:
        """Return what is known of a name or stem."""
        known = self._known.get(word)
        if known is None:
            code = self._names.get(word)
            if code is None:
                name = self._stems[word]
                known = _known(word, False, Entry("", (name,)), (self.classes[name],), stem=True)
            else:
                entry = self._listed[code // _MARKS]
                classes = tuple(self.classes[name] for name in entry.classes)
                known = _known(word, bool(code & _BRAND), entry, classes, bent=bool(code & _BENT))
            self._known[word] = known
        return known

    @cached_property
    def _slips(self) -> Slips:
        medicines = {
            number
            for number, entry in enumerate(self._listed)
            if UNNAMED not in entry.classes and self.classes[entry.classes[0]].kind == "medicine"
        }
        generic = (name for name, code in self._names.items() if not code & _BRAND and code // _MARKS in medicines)
        return Slips(generic, other_words=plain_vocabulary().words | self._everyday)

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
            entries = {self._known_as(name).entry.name for name in meant}
            if len(entries) == 1 and taken.isdisjoint(range(start, end)):
                found.append(self._known_as(min(meant)).term(start, end, ""))
        return found

    def _in_piece(self, piece: str) -> tuple[tuple[_Named, ...], tuple[str, ...]]:
        """Return the names in a piece without spaces, and the first words of longer names that end it."""
        ends = (piece[-length:] for length in range(1, min(len(piece), self._longest_head) + 1))
        return tuple(self._named(self._words, piece)), tuple(end for end in ends if end in self._heads)

    def _named(self, names: WordSearch, text: str) -> Iterator[_Named]:
        """Yield what ``names`` finds in ``text`` that stands there as a word of its own."""
        for last, name in names.find(text):
            known = self._known_as(name)
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


def names_of(entries: Sequence[Entry], dodged: Iterable[str]) -> dict[str, int]:
    """Return every folded name and every misspelling of a ``dodged`` one, each to what it stands for.

    That is ``4 * entry`` (its place in ``entries``), plus 2 for a brand and 1 for a misspelling.
    """
    names: dict[str, int] = {}
    for place, entry in enumerate(entries):
        for number, spelling in enumerate(entry.spellings):
            names.setdefault(fold(spelling), _MARKS * place + _BRAND * (number > len(entry.names)))
    for word in dodged:
        for variant in misspellings(word):
            names.setdefault(variant, names[word] // _MARKS * _MARKS + _BRAND + _BENT)
    return names


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
    files = [path for path in folder.iterdir() if path.suffix in _DATA]
    entries = load_entries(folder)

    def build() -> dict[str, int]:
        return names_of(entries, load_dodged(folder))

    names = kept("names", files, build) if folder == LEXICON_FOLDER else build()
    classes, stems, everyday = load_classes(folder), load_stems(folder), load_everyday(folder)
    return Lexicon(entries, classes, names, stems, everyday, digest_of("lexicon", files))
