"""Listings written as sellers write who dodge filters: to measure what such tricks cost, never to train on.

Each trick is one that field studies describe (homoglyphs, leet, zero-width signs, letters set apart). The look-alike
letters used are taken out of the normaliser's own table for the time of the measurement (:func:`held_out_glyphs`), so
the figure says what happens with letters nobody has listed yet.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from casefile.records import Listing
from classifier.text.glyphs import lookalikes, without_lookalikes

SHARE = 0.25
"""Share of the words of five letters or more that are disguised; spam of the field bends about every fourth."""
HELD_OUT_SHARE = 0.2

_WORD = re.compile(r"[A-Za-z]{5,}")
_LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7", "l": "1", "g": "9"}
_INVISIBLE = "\u200b\u200c\u200d\u2060\u00ad"

Glyphs = Mapping[str, Sequence[str]]
"""For a letter the glyphs that may stand for it."""


@contextmanager
def held_out_glyphs(seed: int) -> Iterator[Glyphs]:
    """Take a seeded fifth of the look-alikes out of the normaliser's table; give them, by the letter they look like."""
    table = lookalikes()
    names = sorted(g for g, look in table.items() if len(look) == 1 and look.isascii() and look.isalpha())
    chosen = random.Random(f"{seed} glyphs").sample(names, round(len(names) * HELD_OUT_SHARE))  # noqa: S311
    by_letter: dict[str, list[str]] = {}
    for glyph in sorted(chosen):
        by_letter.setdefault(table[glyph], []).append(glyph)
    with without_lookalikes(chosen):
        yield by_letter


def disguise_listing(listing: Listing, glyphs: Glyphs, *, seed: int) -> Listing:
    """Return ``listing`` with title and description disguised; the same seed and listing give the same text."""
    dice = random.Random(f"{seed} {listing.id}")  # noqa: S311 - a reproducible measurement, not a secret
    changed = {
        name: disguise(text, glyphs, dice)
        for name, text in (("title", listing.title), ("description", listing.description))
        if text
    }
    return listing.model_copy(update=changed)


def disguise(text: str, glyphs: Glyphs, dice: random.Random) -> str:
    """Bend about every fourth long word of ``text`` by one trick each."""
    tricks: tuple[Callable[[str], str], ...] = (
        lambda word: _swap(word, glyphs, dice, dice.randint(1, 3)),
        lambda word: _swap(word, _LEET, dice, 2),
        lambda word: _insert(word, dice),
        lambda word: dice.choice(" .-_").join(word),
    )

    def bend(match: re.Match[str]) -> str:
        return dice.choice(tricks)(match[0]) if dice.random() < SHARE else match[0]

    return _WORD.sub(bend, text)


def _swap(word: str, glyphs: Glyphs, dice: random.Random, times: int) -> str:
    places = [i for i, letter in enumerate(word) if letter.lower() in glyphs]
    letters = list(word)
    for place in dice.sample(places, min(times, len(places))):
        letters[place] = dice.choice(glyphs[word[place].lower()])
    return "".join(letters)


def _insert(word: str, dice: random.Random) -> str:
    place = dice.randrange(1, len(word))
    return word[:place] + dice.choice(_INVISIBLE) + word[place:]
