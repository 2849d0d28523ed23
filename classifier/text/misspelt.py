"""Names of substances written with one slip: ``bremelanotid``, ``dextromethrophan``, ``testesteron``.

A slip is a letter left out, added or swapped with its neighbour, or taken for one that sounds alike. One more letter of
freedom (any letter for any other, brand names, words of seven letters) makes medicines of everyday words: ``concerts``,
``determine``, ``asteroids``. First and last letters of the names sort them, since a slip leaves one end of a long name
as it was.
"""

import re
from collections.abc import Iterable, Iterator

from classifier.text.pieces import Remembered

SHORTEST = 8
"""Letters a name needs: one slip leaves its first or its last three as they were, and few other words lie near."""

_END = 3
_TOKEN = re.compile(rf"(?<![^\W_])[a-z]{{{SHORTEST},24}}(?![^\W_])")
_SOUND_ALIKE = tuple(map(frozenset, ("aeiouy", "ck", "cs", "sz")))


def one_slip(one: str, two: str) -> bool:
    """Return whether two words differ by one slip, not at their first letter unless it sounds alike.

    >>> one_slip("tramadoll", "tramadol"), one_slip("tarmadol", "tramadol"), one_slip("asteroids", "steroids")
    (True, True, False)
    """
    shorter = min(len(one), len(two))
    head = next((at for at in range(shorter) if one[at] != two[at]), shorter)
    tail = next((at for at in range(shorter - head) if one[-1 - at] != two[-1 - at]), shorter - head)
    left, right = one[head : len(one) - tail], two[head : len(two) - tail]
    if len(left) == len(right) == 1:
        return any(left in letters and right in letters for letters in _SOUND_ALIKE)
    if len(left) == len(right) == 2:
        return left == right[::-1]
    return len(left) + len(right) == 1 and head > 0


class Slips:
    """Names to be recognised by what was meant."""

    def __init__(self, names: Iterable[str], *, other_words: frozenset[str]) -> None:
        """``other_words`` are right as they stand, whatever name lies near."""
        self._names = frozenset(name for name in names if _TOKEN.fullmatch(name))
        self._other = other_words
        self._by_end: dict[str, list[str]] = {}
        for name in sorted(self._names):
            self._by_end.setdefault(name[:_END] + "*", []).append(name)
            self._by_end.setdefault("*" + name[-_END:], []).append(name)
        self._meant = Remembered(self._near)

    def _near(self, token: str) -> frozenset[str]:
        if token in self._names or token in self._other:
            return frozenset()
        likely = (*self._by_end.get(token[:_END] + "*", ()), *self._by_end.get("*" + token[-_END:], ()))
        return frozenset(name for name in likely if one_slip(token, name))

    def find(self, text: str) -> Iterator[tuple[int, int, frozenset[str]]]:
        """Yield each misspelt word of normalised ``text``: start, end, the names it may be meant for."""
        for match in _TOKEN.finditer(text):
            if meant := self._meant[match[0]]:
                yield match.start(), match.end(), meant
