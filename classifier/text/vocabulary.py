"""Words that sellers bend: names of medicines and the words of an offer, found again whatever letters stand in them.

A token's *key* writes every letter as the ASCII letter it looks like and merges letters with their leet forms
(``1 l i ! |``, ``0 o``, ``3 e``, ``4 @ a``, ``5 $ s``, ``7 + t``...). Two spellings with one key look the same to a
hurried eye.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property, lru_cache

from classifier.text.glyphs import fold, lookalike
from classifier.text.places import LEXICON_FOLDER
from classifier.text.plain_words import SHORTEST, load_plain_words

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
_MOST_WILD = 3
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
        self._masked = lru_cache(_MOST_MASKS)(self._masks)

    @cached_property
    def _by_key(self) -> dict[str, str]:
        return {key(word): word for word in sorted(self.words, reverse=True)}

    @cached_property
    def _by_length(self) -> Mapping[int, list[str]]:
        found: Mapping[int, list[str]] = defaultdict(list)
        for each in sorted(self._by_key):
            found[len(each)].append(each)
        return found

    def exact(self, token: str) -> str | None:
        """Return the known word with the look of ``token`` (folded), or None."""
        return self._by_key.get(key(token))

    def likely(self, token: str) -> set[str]:
        """Return the known words that ``token`` may stand for, its glyphs without a look-alike being any letter.

        At most three of them, and less than half of a word of five letters or more; the same glyph is the same letter.
        """
        look = key(token)
        wild = [i for i, c in enumerate(look) if c == WILD or not c.isascii()]
        if not wild or len(wild) > _MOST_WILD or len(look) < _SHORTEST_WILD or len(wild) * 2 >= len(look):
            return set()
        found = self._masked(len(look), tuple(wild)).get(_without(look, wild), ())
        return {
            self._by_key[each]
            for each in found
            if len({(look[i], each[i]) for i in wild}) == len({look[i] for i in wild})
        }

    def _masks(self, length: int, wild: tuple[int, ...]) -> dict[str, list[str]]:
        """Return the keys of ``length`` letters by what they hold outside the places ``wild``."""
        found: dict[str, list[str]] = {}
        for each in self._by_length.get(length, ()):
            found.setdefault(_without(each, wild), []).append(each)
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


@cache
def plain_vocabulary() -> Vocabulary:
    """Return the words that are straightened without being evidence: plain words, and parts of longer names."""
    from classifier.text.entries import load_entries

    parts = {part for entry in load_entries() for name in entry.spellings if " " in name for part in fold(name).split()}
    return Vocabulary({*load_plain_words(), *(part for part in parts if part.isalpha() and len(part) >= SHORTEST)})
