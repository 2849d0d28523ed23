"""Many words looked for in one pass, whatever their scripts: one automaton per group of scripts.

pyahocorasick looks through the edges of a node one by one, and the root of an automaton over twenty scripts has
hundreds: every space and digit of a text paid for Chinese and Tamil. A group is asked only when the text holds the
letter that opens it, and built when the first text does: most runs never meet most scripts.
"""

from collections.abc import Iterable
from typing import Any

import ahocorasick

from classifier.text.scripts import script_of

_PLAIN = "plain"
"""The group of the words in ASCII."""


class WordSearch:
    """Words, each with a value, to be found anywhere in a text."""

    def __init__(self, words: Iterable[tuple[str, Any]]) -> None:
        plain: list[tuple[str, Any]] = []
        self._listed: dict[str, list[tuple[str, Any]]] = {}
        self._opens: dict[str, str] = {}
        """First character beyond ASCII of each word, to the group that holds the word."""
        for each in words:
            if each[0].isascii():
                plain.append(each)
                continue
            telling = next(c for c in each[0] if not c.isascii())
            if telling not in self._opens:
                self._opens[telling] = _group(telling)
            self._listed.setdefault(self._opens[telling], []).append(each)
        if plain:
            self._listed.setdefault(_PLAIN, []).extend(plain)
        self._groups = frozenset(self._listed)
        self._automata: dict[str, Any] = {}
        self._letters = frozenset(self._opens)

    def find(self, text: str) -> list[tuple[int, Any]]:
        """Return ``(index of the last character, value)`` of each word, by last character, longer words first."""
        names = {_PLAIN}
        if not text.isascii():
            names.update(self._opens[c] for c in self._letters.intersection(text))
        found: list[tuple[int, int, Any]] = []
        asked = [self._automata.get(name) or self._built(name) for name in names & self._groups]
        if len(asked) == 1:
            return [(last, value) for last, (_, value) in asked[0].iter(text)]
        for automaton in asked:
            found += [(last, length, value) for last, (length, value) in automaton.iter(text)]
        found.sort(key=_order)
        return [(last, value) for last, _, value in found]

    def _built(self, group: str) -> Any:  # noqa: ANN401 - the library has no types
        automaton = self._automata[group] = _automaton(self._listed[group])
        return automaton


def _order(each: tuple[int, int, Any]) -> tuple[int, int]:
    return each[0], -each[1]


def _group(char: str) -> str:
    script = script_of(char)
    return script if script != "none" else f"none{ord(char) >> 13}"


def _automaton(words: list[tuple[str, Any]]) -> Any:  # noqa: ANN401 - the library has no types
    automaton = ahocorasick.Automaton()
    for word, value in words:
        automaton.add_word(word, (len(word), value))
    automaton.make_automaton()
    return automaton
