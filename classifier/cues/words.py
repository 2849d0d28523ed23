"""Where the words of the catalogue stand in a text: whole words by a table, stems and unspaced scripts by one automaton."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import ahocorasick

from classifier.cues.pattern import Word
from classifier.text.lexicon import script_of

Span = tuple[int, int]
Places = dict[int, list[Span]]
"""Word number to its places, in reading order."""

MOST_PLACES = 150
"""Places kept of one word in one text; a trap that repeats a word costs no more than this."""
_LONGEST_AFFIX = 14
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*|[\u0370-\u052f]+")
_PLAIN = re.compile(r"[a-z]+|[\u0370-\u052f]+")
_PARTICLES = frozenset("وفبلك")


def _in_script(char: str, script: str) -> bool:
    return char.isalpha() and script_of(char) == script


class WordTable:
    """Numbers every distinct word of the catalogue and finds them all in one pass."""

    def __init__(self, words: Iterable[Word]) -> None:
        self.numbers: dict[Word, int] = {}
        self._whole: dict[str, int] = {}
        parts: dict[str, list[tuple[int, Word, str]]] = defaultdict(list)
        for word in words:
            if word in self.numbers:
                continue
            number = self.numbers[word] = len(self.numbers)
            if not word.head and not word.tail and _PLAIN.fullmatch(word.core.replace("'", "")) and word.core[0] != "'":
                self._whole[word.core] = number
            else:
                first = next((c for c in word.core if c.isalpha()), "a")
                parts[word.core].append((number, word, script_of(first)))
        self._automaton: Any = ahocorasick.Automaton()
        for core, listed in parts.items():
            self._automaton.add_word(core, (len(core), tuple(listed)))
        self._automaton.make_automaton()

    def places(self, text: str) -> Places:
        """Return where each word stands in normalised ``text``."""
        found: Places = {}
        whole = self._whole
        for match in _TOKEN.finditer(text):
            token = match.group()
            number = whole.get(token)
            if number is not None:
                found.setdefault(number, []).append(match.span())
            if "'" in token:
                self._elided(token, match.start(), found)
        for last, (length, listed) in self._automaton.iter(text):
            start, end = last - length + 1, last + 1
            for number, word, script in listed:
                span = _span(text, start, end, word, script)
                if span is not None:
                    found.setdefault(number, []).append(span)
        for spans in found.values():
            if len(spans) > 1:
                spans.sort()
                del spans[MOST_PLACES:]
        return found

    def _elided(self, token: str, start: int, found: Places) -> None:
        """Take ``d'ordonnance`` also as ``d'`` and ``ordonnance``, and ``don't`` as ``dont``."""
        head, _, tail = token.partition("'")
        for part, at in ((head + "'", start), (tail, start + len(head) + 1), (head + tail, start)):
            number = self._whole.get(part)
            if number is not None:
                length = len(token) if part == head + tail else len(part)
                found.setdefault(number, []).append((at, at + length))


def _span(text: str, start: int, end: int, word: Word, script: str) -> Span | None:
    """Return the span of the whole word around a literal, None when the literal is a part of another word."""
    if script == "none":
        return start, end
    size = len(text)
    if word.head:
        low = max(0, start - _LONGEST_AFFIX)
        while start > low and _in_script(text[start - 1], script):
            start -= 1
    elif start and word.core[0].isalpha() and _in_script(text[start - 1], script):
        start = _before_particles(text, start) if script == "arabic" else -1
        if start < 0:
            return None
    if word.tail:
        high = min(size, end + _LONGEST_AFFIX)
        while end < high and _in_script(text[end], script):
            end += 1
    elif end < size and word.core[-1].isalpha() and _in_script(text[end], script):
        return None
    return start, end


def _before_particles(text: str, start: int) -> int:
    """Return where an Arabic word with article and one-letter prefixes begins, -1 when other letters stand before."""
    at = start
    if text[max(0, at - 2) : at] in ("ال", "لل"):
        at -= 2
    if at and text[at - 1] in _PARTICLES:
        at -= 1
    return at if at == 0 or not _in_script(text[at - 1], "arabic") else -1
