"""Bent words straightened: foreign look-alike letters, leet, spaced and dotted letters, words written backwards.

A token is rewritten only when it mixes scripts inside a word, or when its look is that of a known word; so ``B12``,
``100mg`` and real Russian or Greek stay as written. Everyday words are straightened too, but are no trick to report.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from classifier.text.edits import Edit, Mapped, apply
from classifier.text.glyphs import lookalike
from classifier.text.vocabulary import default_vocabulary, plain_vocabulary

MOST_TRICKS = 200
"""Tokens examined a text; a trap of a hundred thousand bent words costs no more than this."""

_SEPARATOR = r"[ ._\-*·~/|,'`^+:?}{]"
_SPACED = re.compile(
    rf"(?<![^\W_])[^\W_]{_SEPARATOR}{{1,3}}(?:[^\W_]|[@$!|]){_SEPARATOR}{{1,3}}(?:[^\W_]|[@$!|])(?:{_SEPARATOR}{{1,3}}(?:[^\W_]|[@$!])(?![^\W_])){{1,40}}(?![^\W_])"
)
_SPLIT = re.compile(
    r"(?<![^\W_])[^\W\d_]{1,9}+"
    r"(?:(?:(?:[._*·~|^@}{]| [._*·~|^:/@?}{-] )[^\W_]{1,9}+){1,9}|(?:-[^\W_]{1,9}+){2,9})(?![^\W_])"
)
"""Letters set apart in groups; one plain hyphen (``pre-workout``) is a compound, not a trick."""

_LEET = re.compile(
    r"[0-9@$!|*+€£¥¢§µ©®†√∆#](?:"
    r"(?<=[^\W\d_][\s\S])[0-9@$!|*+€£¥¢§µ©®†√∆#]*[^\W\d_]"
    r"|(?<=[0-9@$|€£¥¢√])(?<![\w.][\s\S])[^\W\d_]{3}"
    r"|(?<=[^\W\d_]{3}[0-9@$€£])(?![\w%])"
    r")"
)
"""A sign that stands for a letter inside a word, before three letters, or after them. The sign comes first, and what
stands before it is looked at afterwards, because the engine skips quickly to one of a few characters."""
SILENT = ""
"""How a plain word was bent: it is straightened, but says nothing of the seller (``h4ir cl1ps``)."""
_SHORTEST_SPLIT = 5
_SHORTEST_SPACED = 4
_LONGEST_SPACED = 24
_STOP = frozenset(" \t\n.,;:?()[]{}<>\"'/\\=&%~^-")
_LONGEST_TOKEN = 40
_MIXED = re.compile(r"[^\W\d_a-z](?:(?<=[a-z][\s\S])|[a-z])")
_OTHER_LETTER = re.compile(r"[^\W\d_a-z]")
_ODD = re.compile(r"[^\w\s.,;:?()\[\]{}<>\"'/\\=&%~^\-–、。，：；！？）（】【·|+]")
_ODD_INSIDE = re.compile(rf"[^\W\d_]{_ODD.pattern}[^\W\d_]")
_ODD_ASCII = frozenset(char for char in map(chr, range(128)) if _ODD.match(char))
_LOOKALIKE_LETTER = re.compile(r"[авекмнорстухіјѕԁһԛԝαβεικνορτυχωᎪ-ᏼⲁ-ⲻꓐ-ꓽ]")
_ALL_LOOKALIKE = re.compile(rf"(?<!\w){_LOOKALIKE_LETTER.pattern}{{4,30}}(?!\w)")
_LOOKALIKE = re.compile(rf"{_LOOKALIKE_LETTER.pattern}{{4}}")
_TURNED = re.compile(r"[ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ]")


class Trick(NamedTuple):
    """One bent word of a text."""

    start: int
    """Offset in the raw text."""
    end: int
    reads: str
    """The word it is meant to be read as."""
    how: str
    """``letters | leet | spaced | split | mixed``."""


def bends(text: str) -> list[tuple[Edit, str]]:
    """Return the bent words of folded ``text``: what each is replaced by, and how it was bent; none overlap."""
    changes: list[tuple[Edit, str]] = []
    _spaced(text, changes)
    _tokens(text, changes)
    changes.sort(key=lambda each: (each[0].start, -each[0].end))
    kept: list[tuple[Edit, str]] = []
    for edit, how in changes:
        if not kept or edit.start >= kept[-1][0].end:
            kept.append((edit, how))
    return kept


def straighten(mapped: Mapped) -> tuple[Mapped, list[Trick]]:
    """Return ``mapped`` with bent words rewritten, and what was found."""
    bent = bends(mapped.text)
    found = [Trick(mapped.starts[e.start], mapped.ends[e.end - 1], e.new, how) for e, how in bent if how != SILENT]
    return apply(mapped, [edit for edit, _ in bent]), found


def _spaced(text: str, changes: list[tuple[Edit, str]]) -> None:
    for match in islice(_SPACED.finditer(text), MOST_TRICKS):
        places = [i for i in range(match.start(), match.end()) if text[i].isalnum() or text[i] in "@$!"]
        letters = "".join(text[i] for i in places)
        for start, end, found, how in _segments(letters):
            changes.append((Edit(places[start], places[end - 1] + 1, found), how))
    for match in islice(_SPLIT.finditer(text), MOST_TRICKS):
        joined = "".join(c for c in match[0] if c.isalnum())
        if len(joined) >= _SHORTEST_SPLIT:
            word, how = _resolved(joined, "split")
            if word is not None and match[0] != word and (how != SILENT or joined.isalpha()):
                changes.append((Edit(match.start(), match.end(), word), how))


def _segments(letters: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield the known words in a run of letters set apart, longest first: start, end, word, how it was bent."""
    at = 0
    while at < len(letters):
        for end in range(min(len(letters), at + _LONGEST_SPACED), at + _SHORTEST_SPACED - 1, -1):
            word, how = _exactly(letters[at:end], "spaced")
            if word is not None:
                yield at, end, word, how
                at = end
                break
        else:
            at += 1


def _exactly(token: str, how: str) -> tuple[str | None, str]:
    """Return the word that looks like ``token``, and ``how``, or silence where the word is a plain one."""
    word = default_vocabulary().exact(token)
    return (word, how) if word is not None else (plain_vocabulary().exact(token), SILENT)


def _resolved(token: str, how: str) -> tuple[str | None, str]:
    """As :func:`_exactly`; a glyph that resembles no letter may stand for any, where only one word then fits."""
    word, manner = _exactly(token, how)
    if word is not None:
        return word, manner
    named = default_vocabulary().likely(token)
    words = named | plain_vocabulary().likely(token)
    return (words.pop(), how if named else SILENT) if len(words) == 1 else (None, how)


def _tokens(text: str, changes: list[tuple[Edit, str]]) -> None:
    done: set[int] = set()
    for pattern in _patterns(text):
        for match in pattern.finditer(text):
            low, high = _token_around(text, match.start(), match.end())
            if low in done or high - low > _LONGEST_TOKEN:
                continue
            done.add(low)
            if len(done) > MOST_TRICKS:
                return
            start, end, new, how = _straightened(text[low:high])
            if new is not None:
                changes.append((Edit(low + start, low + end, new), how))


def _patterns(text: str) -> list[re.Pattern[str]]:
    """Return the patterns whose characters ``text`` holds."""
    if text.isascii():
        return [_LEET]
    found = [_LEET]
    held = set(text)
    sorts = {_sort(char) for char in held if not char.isascii()} | {_sort(char) for char in held & _ODD_ASCII}
    if not sorts.isdisjoint(("letter", "lookalike")):
        found.append(_MIXED)
    if "odd" in sorts:
        found.append(_ODD_INSIDE)
    if "lookalike" in sorts and _LOOKALIKE.search(text) is not None:
        found.append(_ALL_LOOKALIKE)
    return found


@lru_cache(10_000)
def _sort(char: str) -> str:
    """Say what a folded character may be a sign of: ``letter`` of another script, ``lookalike``, ``odd``, or none."""
    if _LOOKALIKE_LETTER.match(char):
        return "lookalike"
    if _OTHER_LETTER.match(char):
        return "letter"
    return "odd" if _ODD.match(char) else ""


def _token_around(text: str, low: int, high: int) -> tuple[int, int]:
    first, last = max(0, low - _LONGEST_TOKEN), min(len(text), high + _LONGEST_TOKEN)
    while low > first and text[low - 1] not in _STOP:
        low -= 1
    while high < last and text[high] not in _STOP:
        high += 1
    return low, high


def _straightened(token: str) -> tuple[int, int, str | None, str]:
    start, end = 0, len(token)
    while end > start and not (token[end - 1].isalnum() or token[end - 1] in "@$"):
        end -= 1
    while start < end and not (token[start].isalnum() or token[start] in "@$"):
        start += 1
    core = token[start:end]
    for part in (token[start:], core):
        if part and part not in default_vocabulary().words and part not in plain_vocabulary().words:
            word, how = _resolved(part, "leet" if part.isascii() else "letters")
            if word is not None and word != part:
                return start, start + len(part), word, how
    mixed = _unmixed(core)
    if mixed is not None and mixed != core:
        return start, end, mixed, "mixed"
    return start, end, None, ""


def _unmixed(token: str) -> str | None:
    """Return ``token`` written in the one script most of its letters are of, or None when it does not mix."""
    latin = [c for c in token if "a" <= c <= "z"]
    foreign = [c for c in token if not c.isascii() and c.isalpha()]
    if not latin or not foreign:
        return None
    looks = {c: lookalike(c) for c in foreign}
    if any(look is None for look in looks.values()) or not _alternates(token) or _is_symbol(token, foreign):
        return None
    if len(latin) >= len(foreign):
        return "".join(looks[c] or c if c in looks else c for c in token)
    cyrillic = {
        "a": "а",
        "c": "с",
        "e": "е",
        "o": "о",
        "p": "р",
        "x": "х",
        "y": "у",
        "k": "к",
        "m": "м",
        "t": "т",
        "h": "н",
        "b": "в",
        "i": "і",
    }
    if all("а" <= c <= "ӿ" for c in foreign) and all(c in cyrillic for c in latin):
        return "".join(cyrillic.get(c, c) for c in token)
    return None


def _is_symbol(token: str, foreign: list[str]) -> bool:
    """Return whether the only foreign letter is one that formulas and units use (``22μm``, ``β2``)."""
    return len(foreign) == 1 and ("\u0370" <= foreign[0] <= "\u03ff" or foreign[0] in "µΩ") and token[0] not in "abc"


def _alternates(token: str) -> bool:
    """Return whether scripts change inside a run of letters (``виагра100mg`` does not count)."""
    return _MIXED.search(token) is not None and "\u3040" > max(c for c in token if c.isalpha())
