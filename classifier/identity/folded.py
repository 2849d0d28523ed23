"""A text folded to plain letters and ASCII digits, with the way back to where each character stood."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from classifier.text.glyphs import FOLD

LONGEST = 20_000
"""Code points of a field that are read for a product; what is sold stands at the beginning."""


@dataclass(frozen=True, slots=True)
class Folded:
    """``text`` is ``raw`` folded (:func:`classifier.text.glyphs.fold_character`), cut at :data:`LONGEST`."""

    raw: str
    text: str
    ends: tuple[int, ...]
    """Length of the folded text after each raw character; empty where folding is one to one."""

    @classmethod
    def of(cls, raw: str) -> "Folded":
        """Fold ``raw``; letters are not swapped for look-alikes, so that digits and units stay what they are."""
        raw = raw[:LONGEST]
        parts = [FOLD[ord(char)] for char in raw]
        text = "".join(parts)
        if len(text) == len(raw) and all(len(part) == 1 for part in parts):
            return cls(raw, text, ())
        return cls(raw, text, tuple(accumulate(len(part) for part in parts)))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where ``text[start:end]`` stands in ``raw``."""
        if not self.ends:
            return start, end
        return bisect_right(self.ends, start), bisect_right(self.ends, end - 1) + 1

    def quote(self, start: int, end: int) -> str:
        """Return the raw characters that ``text[start:end]`` was folded from."""
        first, last = self.span(start, end)
        return self.raw[first:last]
