"""Words that sellers bend: names of medicines and the words of an offer, found again whatever letters stand in them.

A token's *key* writes every letter as the ASCII letter it looks like and merges letters with their leet forms
(``1 l i ! |``, ``0 o``, ``3 e``, ``4 @ a``, ``5 $ s``, ``7 + t``...). Two spellings with one key look the same to a
hurried eye.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache

from classifier.text.glyphs import fold, lookalike
from classifier.text.places import LEXICON_FOLDER

WILD = "\0"
"""Stands in a key for a glyph that resembles no letter we know (``*``, an emoji, an unlisted letter)."""

_LEET = str.maketrans(
    {
        "l": "i",
        "1": "i",
        "!": "i",
        "|": "i",
        "0": "o",
        "3": "e",
        "4": "a",
        "@": "a",
        "5": "s",
        "$": "s",
        "7": "t",
        "+": "t",
        "8": "b",
        "9": "g",
        "6": "g",
        "2": "z",
        "*": WILD,
        "#": WILD,
        "_": WILD,
    }
)
_MOST_WILD = 2
_SHORTEST = 4
_SHORTEST_WILD = 5
_MOST_MASKS = 100
"""Arrangements of wild cards whose words are kept sorted by their other letters."""


def key(token: str) -> str:
    """Return the look of a folded token: same key, same look.

    >>> key("0zempic") == key("ozempic") == key("оzеmріс")
    True
    """
    if not token.isascii():
        token = "".join(c if c.isascii() else (lookalike(c) or (c if c.isalpha() else WILD)) for c in token)
    return token.translate(_LEET)


def _without(look: str, wild: Sequence[int]) -> str:
    """Return ``look`` with each place of ``wild`` made the same."""
    for at in wild:
        look = look[:at] + WILD + look[at + 1 :]
    return look


class Vocabulary:
    """The known words by key, with look-up of keys that hold a wild card."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(word for word in words if len(word) >= _SHORTEST)
        self._by_key: dict[str, str] = {}
        self._by_length: Mapping[int, list[str]] = defaultdict(list)
        for word in sorted(self.words, reverse=True):
            self._by_key[key(word)] = word
        for each in sorted(self._by_key):
            self._by_length[len(each)].append(each)
        self._masked = lru_cache(_MOST_MASKS)(self._masks)

    def resolve(self, token: str) -> str | None:
        """Return the known word that ``token`` (folded) looks like, or None.

        Glyphs without a look-alike match any letter, at most two of them and in words of five letters or more.
        """
        look = key(token)
        word = self._by_key.get(look)
        if word is not None:
            return word
        wild = [i for i, c in enumerate(look) if c == WILD or not c.isascii()]
        if not wild or len(wild) > _MOST_WILD or len(look) < _SHORTEST_WILD or len(wild) * 2 >= len(look):
            return None
        found = self._masked(len(look), tuple(wild)).get(_without(look, wild), ())
        return self._by_key[found[0]] if len(found) == 1 else None

    def _masks(self, length: int, wild: tuple[int, ...]) -> dict[str, list[str]]:
        """Return the keys of ``length`` letters by what they hold outside the places ``wild``."""
        found: dict[str, list[str]] = {}
        for each in self._by_length.get(length, ()):
            found.setdefault(_without(each, wild), []).append(each)
        return found

    def segment(self, letters: str) -> list[tuple[int, int, str]]:
        """Return the known words in a run of joined letters, left to right, longest first: ``(start, end, word)``."""
        look, found, at = key(letters), [], 0
        while at < len(look):
            for end in range(min(len(look), at + 24), at + _SHORTEST - 1, -1):
                word = self._by_key.get(look[at:end])
                if word is not None:
                    found.append((at, end, word))
                    at = end
                    break
            else:
                at += 1
        return found


@cache
def default_vocabulary() -> Vocabulary:
    """Return the vocabulary of ``data/lexicon``: names of substances and brands, and ``offer_words.txt``."""
    from classifier.text.entries import load_entries

    words = {fold(name) for entry in load_entries() for name in entry.spellings if " " not in name and "-" not in name}
    for line in (LEXICON_FOLDER / "offer_words.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            words.update(fold(word) for word in line.split())
    return Vocabulary(word for word in words if word.isalpha())
