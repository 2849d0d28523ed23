"""Where the words of the catalogue stand in a text: whole words by a table, stems and unspaced scripts by automaton.

No word holds a space, so what a piece between two spaces holds is found once and remembered. In a piece that is new,
letters of alphabets form *runs* (everything between digits and signs), which are remembered as well; words with other
signs in them (``24/7``, Chinese, Arabic) are looked for in the piece as a whole.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from classifier.cues.pattern import Word
from classifier.text.pieces import Remembered, pieces
from classifier.text.scripts import LETTERS, arabic_word_start, script_of
from classifier.text.search import WordSearch

Span = tuple[int, int]
Places = dict[int, list[Span]]
"""Word number to its places, in reading order."""

MOST_PLACES = 150
"""Places kept of one word in one text; a trap that repeats a word costs no more than this."""
_LONGEST_AFFIX = 14
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*|[\u0370-\u052f]+")
_PLAIN = re.compile(r"[a-z]+|[\u0370-\u052f]+")
_RUN = re.compile(r"['a-z\u00c0-\u024f\u0370-\u052f]+")
_INSIDE_RUN = re.compile(r"[a-z\u00c0-\u024f]+|[\u0370-\u03ff]+|[\u0400-\u052f]+")
"""Words made of the letters of one alphabet, the one that also bounds them."""
_Part = tuple[int, bool, bool, bool, frozenset[str], bool]
"""Number, any beginning, any ending, bounded at the end, letters of the script, Arabic."""
_Found = tuple[int, tuple[_Part, ...]]
_HEAD, _TAIL, _MARKS = 2, 1, 4
"""How a part is written as one number: ``_MARKS * number``, plus these for any beginning and any ending."""


class Numbered:
    """Every distinct word of the catalogue by number, as plain data."""

    def __init__(self, words: Iterable[Word]) -> None:
        self.numbers: dict[Word, int] = {}
        self.whole: dict[str, int] = {}
        """Words that stand alone, between spaces and signs."""
        self.parts: dict[str, list[int]] = {}
        """Words that may stand inside others or whose script has no spaces: letters to ``4 number + 2 head + tail``."""
        for word in words:
            if word in self.numbers:
                continue
            number = self.numbers[word] = len(self.numbers)
            if not word.head and not word.tail and _PLAIN.fullmatch(word.core.replace("'", "")) and word.core[0] != "'":
                self.whole[word.core] = number
            else:
                code = _MARKS * number + _HEAD * word.head + _TAIL * word.tail
                self.parts.setdefault(word.core, []).append(code)


class WordTable:
    """Finds every word of the catalogue in one pass."""

    def __init__(self, whole: Mapping[str, int], parts: Mapping[str, Sequence[int]]) -> None:
        self.whole = whole
        self.parts = parts
        self._pieces = Remembered(self._in_piece)
        self._runs = Remembered(self._inside)
        self._rules = Remembered(self._rule)
        inside = _INSIDE_RUN.fullmatch
        self._in_runs = WordSearch((core, core) for core in parts if inside(core))
        self._across = WordSearch((core, core) for core in parts if not inside(core))

    def _rule(self, core: str) -> _Found:
        """Return the length of ``core`` and what it may be a part of."""
        script = script_of(next((c for c in core if c.isalpha()), "a"))
        listed: list[_Part] = []
        for code in self.parts[core]:
            head, tail = bool(code & _HEAD), bool(code & _TAIL)
            letters = LETTERS[script] if core[0].isalpha() or head else LETTERS["none"]
            bounded = core[-1].isalpha() and not tail
            listed.append((code // _MARKS, head, tail, bounded, letters, script == "arabic"))
        return len(core), tuple(listed)

    def places(self, text: str) -> Places:
        """Return where each word stands in normalised ``text``."""
        found: Places = {}
        base = 0
        parts = pieces(text)
        for part, known in zip(parts, map(self._pieces.__getitem__, parts), strict=True):
            for number, start, end in known:
                if number in found:
                    found[number].append((base + start, base + end))
                else:
                    found[number] = [(base + start, base + end)]
            base += len(part) + 1
        for spans in found.values():
            if len(spans) > 1:
                spans.sort()
                del spans[MOST_PLACES:]
        return found

    def _in_piece(self, piece: str) -> tuple[tuple[int, int, int], ...]:
        """Return ``(word, start, end)`` of what stands in a piece without spaces."""
        found: Places = {}
        for match in _RUN.finditer(piece):
            base = match.start()
            for number, start, end in self._runs[match[0]]:
                found.setdefault(number, []).append((base + start, base + end))
        self._add_parts(self._across, piece, found)
        return tuple((n, start, end) for n, spans in found.items() for start, end in sorted(spans)[:MOST_PLACES])

    def _inside(self, run: str) -> tuple[tuple[int, int, int], ...]:
        """Return ``(word, start, end)`` of what stands in one run."""
        found: Places = {}
        for match in _TOKEN.finditer(run):
            token = match.group()
            number = self.whole.get(token)
            if number is not None:
                found.setdefault(number, []).append(match.span())
            if "'" in token:
                self._elided(token, match.start(), found)
        self._add_parts(self._in_runs, run, found)
        return tuple((n, start, end) for n, spans in found.items() for start, end in sorted(spans)[:MOST_PLACES])

    def _elided(self, token: str, start: int, found: Places) -> None:
        """Take ``d'ordonnance`` also as ``d'`` and ``ordonnance``, and ``don't`` as ``dont``."""
        head, _, tail = token.partition("'")
        for part, at in ((head + "'", start), (tail, start + len(head) + 1), (head + tail, start)):
            number = self.whole.get(part)
            if number is not None:
                length = len(token) if part == head + tail else len(part)
                found.setdefault(number, []).append((at, at + length))

    def _add_parts(self, known: WordSearch, text: str, found: Places) -> None:
        """Add to ``found`` the parts of words that are ``known``, each at the whole word around it."""
        size = len(text)
        for last, core in known.find(text):
            length, listed = self._rules[core]
            start, end = last - length + 1, last + 1
            before = text[start - 1] if start else " "
            for number, head, tail, bounded, letters, arabic in listed:
                begin = start
                if before in letters:
                    begin = _begin(text, start, letters, head=head, arabic=arabic)
                    if begin < 0:
                        continue
                stop = end
                if (tail or bounded) and end < size and text[end] in letters:
                    if bounded:
                        continue
                    stop = _stop(text, end, letters)
                found.setdefault(number, []).append((begin, stop))


def _begin(text: str, start: int, letters: frozenset[str], *, head: bool, arabic: bool) -> int:
    """Return where the word around ``start`` begins, -1 when the literal may not stand inside a word."""
    if not head:
        return arabic_word_start(text, start) if arabic else -1
    low = max(0, start - _LONGEST_AFFIX)
    while start > low and text[start - 1] in letters:
        start -= 1
    return start


def _stop(text: str, end: int, letters: frozenset[str]) -> int:
    high = min(len(text), end + _LONGEST_AFFIX)
    while end < high and text[end] in letters:
        end += 1
    return end
