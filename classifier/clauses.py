"""Where one statement ends and the next begins: negation, condition and speaker reach that far and no further."""

import re
from collections.abc import Iterator

_SENTENCE_END = re.compile(
    r"[.!?…。！？｡।؟۔።፨؛;；\n|•\-–—*>#](?:(?<=[.!?…])(?=[\s\"'»”’)]|$)|(?<=[。！？｡।؟۔።፨؛;；\n|•])"
    r"|(?<=[^\S\n][\-–—*>#])(?=\s))"
)
_SOFT_END = re.compile(r"[,，、،፣:：()\-–—/+](?:(?<=,)(?=\s)|(?<=[，、،፣:：()])|(?<=\s[\-–—/+])(?=\s))")
"""Both begin with one character of a set, to which the engine skips quickly, and look around it afterwards."""
_DASHES = frozenset("-–—*>#/+")
"""Signs that end a clause only between two spaces, which then belong to the end."""
_SHORTEST = 3
"""Characters from which a piece stands alone; a shorter one (``1)``, ``ok,``) belongs to what follows it."""


def _pieces(text: str, start: int, end: int, ends: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    at = used = start
    for mark in ends.finditer(text, start, end):
        first, last = mark.span()
        if text[first] in _DASHES:
            first, last = first - 1, last + 1
        if first < used:
            continue  # its space is the end of the mark before
        used = last
        if last - at >= _SHORTEST:
            yield at, last
            at = last
    if text[at:end].strip():
        yield at, end


def sentences(text: str) -> list[tuple[int, int]]:
    """Return ``(start, end)`` of each sentence or line of ``text``; a full stop inside ``0.5 mg`` ends nothing."""
    return list(_pieces(text, 0, len(text), _SENTENCE_END))


def phrases(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the phrases of one sentence: what stands between commas, colons, dashes and brackets."""
    return list(_pieces(text, start, end, _SOFT_END))
