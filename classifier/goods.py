"""What sort of goods a text speaks of, where no medicine name decides: words of the trades, in many languages.

``data/goods/*.yaml`` lists whole words and short phrases by sort of goods. They say nothing of risk by themselves;
they tell software from sleeping pills for a model that has seen few shops.
"""

import re
from functools import cache
from pathlib import Path

import yaml

from classifier.text.entries import LexiconError
from classifier.text.glyphs import fold
from classifier.text.pieces import Remembered, pieces
from classifier.text.places import DATA_FOLDER
from classifier.text.reference import digest_of, read_yaml
from classifier.text.scripts import script_of

GOODS_FOLDER = DATA_FOLDER / "goods"
SORTS = ("other", "cosmetic", "supplement", "medicine", "street_drug", "document", "device", "information")

_TOKEN = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_LONGEST_PHRASE = 3
_READ = 1500
"""Characters of a field that are read: what a thing is stands at the beginning."""


class Goods:
    """The words of ``data/goods``, ready to be counted in normalised text."""

    def __init__(self, words: dict[str, list[str]], digest: str = "") -> None:
        self.goods_id = digest
        self._words: dict[str, int] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        inside: dict[str, int] = {}
        for sort, entries in words.items():
            number = SORTS.index(sort)
            for entry in entries:
                text = fold(entry)
                if script_of(text[0]) == "none" and not text[0].isascii():
                    inside[text] = number  # scripts without spaces: wherever it stands
                    continue
                first, *rest = _TOKEN.findall(text)
                if rest:
                    self._phrases.setdefault(first, []).append((tuple(rest[: _LONGEST_PHRASE - 1]), number))
                else:
                    self._words[first] = number
        self._pieces = Remembered(self._in_piece)
        self._inside = inside
        self._search = re.compile("|".join(sorted(map(re.escape, inside), key=len, reverse=True)) or r"(?!)")

    def count(self, text: str) -> dict[str, int]:
        """Return how many different words of each sort stand in normalised ``text``; sorts without any are absent."""
        read = text[:_READ]
        found: dict[str, int] = {}
        firsts: set[str] = set()
        for inside in map(self._pieces.__getitem__, pieces(read)):
            for word, number in inside:
                if number >= 0:
                    found[word] = number
                else:
                    firsts.add(word)
        if firsts:
            found |= self._phrases_in(_TOKEN.findall(read), firsts)
        if not text.isascii():
            found |= {word: self._inside[word] for word in self._search.findall(read)}
        counts: dict[str, int] = {}
        for number in found.values():
            counts[SORTS[number]] = counts.get(SORTS[number], 0) + 1
        return counts

    def _in_piece(self, piece: str) -> tuple[tuple[str, int], ...]:
        """Return the words of a piece with their sort, and with -1 those that may begin a phrase."""
        tokens = set(_TOKEN.findall(piece))
        words = [(token, self._words[token]) for token in tokens & self._words.keys()]
        return (*words, *((token, -1) for token in tokens & self._phrases.keys()))

    def _phrases_in(self, tokens: list[str], firsts: set[str]) -> dict[str, int]:
        found = {}
        for at, token in enumerate(tokens):
            if token in firsts:
                for rest, number in self._phrases[token]:
                    if tuple(tokens[at + 1 : at + 1 + len(rest)]) == rest:
                        found[f"{token} {' '.join(rest)}"] = number
        return found


@cache
def load_goods(folder: Path = GOODS_FOLDER) -> Goods:
    """Load ``data/goods``; raises :class:`~classifier.text.entries.LexiconError`."""
    words: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            data = read_yaml(path)
            for sort, languages in data["goods"].items():
                if sort not in SORTS:
                    raise ValueError(f"'{sort}' is no sort of goods; use one of {', '.join(SORTS)}")
                for text in languages.values():
                    words.setdefault(sort, []).extend(w.strip() for w in text.split(",") if w.strip())
        except (OSError, yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise LexiconError(f"{path}: is not a table of goods ({error}); restore it from the repository") from error
    if not words:
        raise LexiconError(f"{folder}: holds no words of goods (*.yaml); restore it from the repository")
    return Goods(words, digest_of("goods", folder.glob("*.yaml")))
