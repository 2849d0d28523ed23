"""Text that knows where each of its characters came from, and edits that keep it so."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from classifier.text.glyphs import FoldTable

_FEW = 12
"""Different characters up to which replacing one after the other is faster than translating all."""
ASCII_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]").search
"""Finds a control character that folding would change."""
_CLUSTER = re.compile(
    "[^\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\u1100-\u11ff][\u0300-\u036f\u3099\u309a\u1160-\u11ff]+|[\u1100-\u115f][\u1160-\u11ff]{1,2}"
)


class Mapped(NamedTuple):
    """A text with, for each character, where it begins and ends in the raw text."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


class Edit(NamedTuple):
    """Replace ``[start, end)`` of a text; same length maps one to one, other lengths map to the whole span."""

    start: int
    end: int
    new: str


def apply(mapped: Mapped, changes: Sequence[Edit]) -> Mapped:
    """Return ``mapped`` with ``changes`` made; they are sorted and do not overlap."""
    if not changes:
        return mapped
    text, starts, ends = mapped
    parts: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    at = 0
    for start, end, new in changes:
        parts += (text[at:start], new)
        new_starts += starts[at:start]
        new_ends += ends[at:start]
        if len(new) == end - start:
            new_starts += starts[start:end]
            new_ends += ends[start:end]
        else:
            new_starts += [starts[start]] * len(new)
            new_ends += [ends[end - 1]] * len(new)
        at = end
    parts.append(text[at:])
    new_starts += starts[at:]
    new_ends += ends[at:]
    return Mapped("".join(parts), new_starts, new_ends)


def _composed(text: str) -> Mapped:
    """Compose base letters with their marks (NFC) where folding or a pattern needs it."""
    whole = Mapped(text, range(len(text)), range(1, len(text) + 1))
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return whole
    changes = []
    for match in _CLUSTER.finditer(text):
        new = unicodedata.normalize("NFC", match[0])
        if new != match[0]:
            changes.append(Edit(match.start(), match.end(), new))
    return apply(whole, changes)


def folded(text: str, table: FoldTable) -> Mapped:
    """Fold ``text`` character by character with offsets kept."""
    whole, mapped_starts, mapped_ends = _composed(text)
    folds = {char: table[ord(char)] for char in set(whole)}
    uneven = table.uneven.intersection(folds)
    even = _folded_evenly(whole, folds, uneven, table)
    if not uneven:
        return Mapped(even, mapped_starts, mapped_ends)
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for match in _any_of(uneven).finditer(whole):
        place = match.start()
        new = folds[whole[place]]
        parts += (even[at:place], new)
        starts += mapped_starts[at:place]
        ends += mapped_ends[at:place]
        if new:
            starts += [mapped_starts[place]] * len(new)
            ends += [mapped_ends[place]] * len(new)
        at = place + 1
    parts.append(even[at:])
    starts += mapped_starts[at:]
    ends += mapped_ends[at:]
    return Mapped("".join(parts), starts, ends)


def _folded_evenly(whole: str, folds: dict[str, str], uneven: set[str], table: FoldTable) -> str:
    """Fold the characters that fold one to one and leave those of ``uneven``.

    Most texts hold few characters beyond lower-case ASCII: replacing those one by one costs less than a look-up for
    each character of the text.
    """
    changed = [c for c, new in folds.items() if new != c and c not in uneven and not "A" <= c <= "Z"]
    if len(changed) > _FEW or not table.odd.isdisjoint(folds):
        return whole.translate({ord(c): c if c in uneven else new for c, new in folds.items()})
    for char in changed:
        whole = whole.replace(char, folds[char])
    return whole.lower()


def _any_of(characters: set[str]) -> re.Pattern[str]:
    return _pattern("".join(sorted(characters)))


@lru_cache(1000)
def _pattern(characters: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(characters)}]")
