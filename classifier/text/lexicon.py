"""Medicines named in a text, in any script: one Aho-Corasick automaton with a word-boundary rule per script."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import ahocorasick

from classifier.text.entries import Entry, MedicineClass, load_classes, load_dodged, load_entries, load_stems
from classifier.text.glyphs import fold
from classifier.text.normalise import Normalised
from classifier.text.places import LEXICON_FOLDER

_INFLECTED_FROM = 6
"""A name of this many letters may carry an ending (``tadalafilo``, ``виагры``)."""
_LONGEST_ENDING = 3
_SHORTEST_DROPPED = 7
_SHORTEST_TRANSPOSED = 6
_SHORTEST_STEMMED = 8
"""Letters a word needs before its ending is read as an INN stem (``retatrutide`` yes, ``april`` no)."""


@dataclass(frozen=True, slots=True)
class Term:
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

    def term(self, start: int, end: int, word: str) -> Term:
        every = self.classes
        return Term(
            start, end, self.entry.name or word, self.entry.classes, self.brand, max(c.harm for c in every),
            any(c.prescription for c in every), any(c.controlled for c in every), any(c.unapproved for c in every),
            any(c.never_retail for c in every), every[0].kind, self.bent,
        )  # fmt: skip


def script_of(char: str) -> str:
    """Return the writing that decides what may stand beside a word: ``latin, cyrillic, greek, arabic, hebrew, indic, none``.

    ``none``: the script puts no space between words (Chinese, Japanese, Thai) or glues particles to them (Korean, Amharic).
    """
    code = ord(char)
    if char.isascii():
        return "latin"
    for low, high, script in _RANGES:
        if low <= code <= high:
            return script
    return "none"


_RANGES = ((0xC0, 0x24F, "latin"), (0x370, 0x3FF, "greek"), (0x400, 0x52F, "cyrillic"), (0x590, 0x5FF, "hebrew"),
           (0x600, 0x6FF, "arabic"), (0x900, 0xDFF, "indic"))  # fmt: skip
_ARABIC_BEFORE = frozenset("وفبلك")


class Lexicon:
    """The names of ``data/lexicon``, ready to be found."""

    def __init__(
        self,
        entries: list[Entry],
        classes: dict[str, MedicineClass],
        stems: dict[str, str],
        dodged: list[str],
        digest: str,
    ) -> None:
        self.lexicon_id = digest
        self.classes = classes
        self.entries = {entry.name: entry for entry in entries}
        table: dict[str, _Known] = {}
        for entry in entries:
            known = tuple(classes[name] for name in entry.classes)
            for number, spelling in enumerate(entry.spellings):
                word = fold(spelling)
                brand = number > len(entry.names)
                table.setdefault(word, _Known(word, script_of(word[0]), brand, entry, known))
        for word in dodged:
            known_word = table[word]
            for variant in misspellings(word):
                table.setdefault(
                    variant, _Known(variant, "latin", True, known_word.entry, known_word.classes, bent=True)
                )
        for ending, name in stems.items():
            table.setdefault(ending, _Known(ending, "latin", False, Entry("", (name,)), (classes[name],), stem=True))
        self._automaton: Any = ahocorasick.Automaton()
        for word, value in table.items():
            self._automaton.add_word(word, value)
        self._automaton.make_automaton()

    @classmethod
    def load(cls, folder: Path = LEXICON_FOLDER) -> "Lexicon":
        """Load ``data/lexicon``; raises :class:`~classifier.text.entries.LexiconError`."""
        return _loaded(folder)

    def find(self, normalised: Normalised) -> list[Term]:
        """Return the names in reading order; of overlapping ones the longest."""
        text = normalised.text
        best: list[tuple[int, int, _Known]] = []
        for last, known in self._automaton.iter(text):
            start, end = last - len(known.spelling) + 1, last + 1
            if known.stem:
                start = _word_start(text, start)
                if end - start < _SHORTEST_STEMMED or any(b[0] >= start for b in best):
                    continue
            whole = self._whole_word(text, start, end, known)
            if whole:
                while best and best[-1][0] >= start:
                    best.pop()
                if not best or best[-1][1] <= start:
                    best.append((start, whole, known))
        return [known.term(start, end, text[start:end]) for start, end, known in best]

    @staticmethod
    def _whole_word(text: str, start: int, end: int, known: _Known) -> int:
        """Return where the word ends, 0 when the match is a part of another word."""
        script = known.script
        if script == "none":
            return end
        if start and text[start - 1].isalpha() and script_of(text[start - 1]) == script:
            if script != "arabic" or not _arabic_prefix(text, start):
                return 0
        stop = end
        while (
            stop < len(text)
            and stop - end <= _LONGEST_ENDING
            and text[stop].isalpha()
            and script_of(text[stop]) == script
        ):
            stop += 1
        if stop == end:
            return end
        if known.stem:
            return 0
        allowed = _LONGEST_ENDING if len(known.spelling) >= _INFLECTED_FROM else (2 if script == "cyrillic" else 0)
        return stop if stop - end <= allowed else 0


def misspellings(word: str) -> set[str]:
    """Return how ``word`` is commonly bent with plain letters: i and l swapped, one letter doubled, dropped or transposed.

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


def _arabic_prefix(text: str, start: int) -> bool:
    """Return whether only the article and a one-letter preposition stand before ``start`` in the word."""
    at = start
    if text[max(0, at - 2) : at] == "ال":
        at -= 2
    elif text[max(0, at - 2) : at] == "لل":
        at -= 2
    if at and text[at - 1] in _ARABIC_BEFORE and at - 1 >= 0:
        at -= 1
    return at < start and (at == 0 or not text[at - 1].isalpha())


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in _data_files(folder):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"lexicon-{total.hexdigest()[:16]}"


def _data_files(folder: Path) -> Iterator[Path]:
    yield from sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".txt", ".tsv"))


@cache
def _loaded(folder: Path) -> Lexicon:
    return Lexicon(load_entries(folder), load_classes(folder), load_stems(folder), load_dodged(folder), _digest(folder))
