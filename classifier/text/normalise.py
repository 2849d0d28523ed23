"""Raw text to the form that rules, lexicon and model read, with a way back: every character knows its raw place.

Steps: letters folded (:mod:`classifier.text.glyphs`), HTML leftovers resolved, bent words straightened
(:mod:`classifier.text.tricks`). Text of real scripts stays as it is; only tokens that mix scripts, or that look like a
known word, are rewritten. Idempotent, total (never raises on a ``str``) and bounded: the text grows at most fourfold.
"""

from collections.abc import Sequence
from typing import NamedTuple

from classifier.text import edits, html_leftovers, tricks
from classifier.text.edits import Mapped
from classifier.text.glyphs import FOLD
from classifier.text.tricks import Trick

LONGEST_FIELD = 200_000
"""Characters of one field that are read; what follows is cut (a listing is never longer, a trap may be)."""
_ROUNDS = 6


class Normalised(NamedTuple):
    """A text and its normal form."""

    raw: str
    text: str
    """Lower case, folded; same order of words as ``raw``."""
    starts: Sequence[int]
    """For each character of ``text`` the offset in ``raw`` where what it stands for begins."""
    ends: Sequence[int]
    """For each character of ``text`` the offset in ``raw`` just after what it stands for."""
    obfuscation: float = 0.0
    """Share of the words that were bent (0 none, 1 all)."""
    tricks: tuple[Trick, ...] = ()
    """Each bent word: raw span, what it reads as, how it was bent."""
    cut: bool = False
    """Whether ``raw`` is longer than :data:`LONGEST_FIELD` and only its beginning was read."""

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of ``raw`` that ``text[start:end]`` stands for."""
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
            return at, at
        return self.starts[start], self.ends[end - 1]


def normalise(raw: str) -> Normalised:
    """Return the normal form of ``raw``.

    >>> normalise("V1agrа, n&#111; R\u200bx").text
    'viagra, no rx'
    """
    cut = len(raw) > LONGEST_FIELD
    text = raw[:LONGEST_FIELD] if cut else raw
    if text.isascii():
        lower = text.lower().replace("`", "'")
        if not edits.ASCII_CONTROL(lower) and not html_leftovers.present(lower) and not tricks.bends(lower):
            return Normalised(raw, lower, range(len(lower)), range(1, len(lower) + 1), 0.0, (), cut)
    return _thorough(raw, text, cut)


def _thorough(raw: str, text: str, cut: bool) -> Normalised:
    mapped = edits.folded(text, FOLD)
    found: dict[tuple[int, int], Trick] = {}
    for _ in range(_ROUNDS):
        before = mapped.text
        mapped = html_leftovers.resolve(mapped)
        mapped, bent = tricks.straighten(mapped)
        for trick in bent:
            found.setdefault((trick.start, trick.end), trick)
        if mapped.text == before:
            break
    bent_words = tuple(found[span] for span in sorted(found))
    return Normalised(raw, mapped.text, mapped.starts, mapped.ends, _share(mapped, bent_words), bent_words, cut)


def _share(mapped: Mapped, bent: tuple[Trick, ...]) -> float:
    if not bent:
        return 0.0
    return min(1.0, len(bent) / max(1, len(mapped.text.split())))
