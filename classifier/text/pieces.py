"""A text cut at its spaces: what stands in a piece does not depend on what stands around it.

Texts repeat their words, so what a reader finds in a piece is found once and remembered; a text then costs one look-up
per piece instead of one pass of the reader.
"""

from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

MOST_REMEMBERED = 50_000
LONGEST_REMEMBERED = 40
"""Bounds of what is remembered: texts come from outside, and nobody repeats longer pieces."""


def pieces(text: str) -> list[str]:
    """Cut ``text`` at each space, tab and line break; piece and break lengths add up to the places in the text."""
    return text.replace("\n", " ").replace("\t", " ").split(" ")


class Remembered(dict[str, Found]):
    """What ``read`` finds in each piece; filled as pieces are met, up to a bound."""

    def __init__(self, read: Callable[[str], Found], *, most: int = MOST_REMEMBERED) -> None:
        super().__init__()
        self._read = read
        self._most = most

    def __missing__(self, piece: str) -> Found:
        found = self._read(piece)
        if len(piece) <= LONGEST_REMEMBERED:
            if len(self) >= self._most:
                self.clear()  # numbers and names that never come again would keep the words of today out
            self[piece] = found
        return found
