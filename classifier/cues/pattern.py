"""The small phrase language of the cue catalogue: folded words in order, parsed to a tree over a table of words.

A phrase is ``(no|without) (a)? @rx`` with

``word*`` / ``*word``   any ending / any beginning of the word (at most 14 letters)
``(a|b c)`` ``(a)?``    alternatives, optional part
``..`` ``...``          up to three / seven words between, inside one clause
``x?``                  an optional letter
``#``                   a number
``@name``               the words of that name in ``words.yaml`` for the phrase's language

Matching walks over the places where known words stand (:mod:`classifier.cues.matching`), never over all substrings, so
its cost is bounded by the number of known words in a text.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from classifier.text.glyphs import fold
from classifier.text.scripts import script_of

_STRAY = re.compile(r"[\[\]{}\\^?*]")
"""Signs of other pattern languages: in the text of a word they never match what their author meant."""
_LEX = re.compile(r"\(|\)\??|\||\.\.\.?|@[a-z_]+|#|(?:[^\s()|#@]|@(?![a-z]))+")
GAPS = {"..": 3, "...": 7}
"""Words that may stand between; in scripts without spaces a gap is counted in characters instead."""
UNSEGMENTED = 3
"""How much more a letter of a script without spaces says than a letter of an alphabet."""


class PhraseError(ValueError):
    """A phrase of the catalogue is not written in the phrase language."""


class Word(NamedTuple):
    """A literal: ``core`` with any beginning and any ending where marked."""

    core: str
    head: bool = False
    tail: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """Digits."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Up to ``words`` words of the same clause."""

    words: int


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of several sequences, or nothing when ``optional``."""

    branches: tuple["Sequence", ...]
    telling: tuple[frozenset[Word] | None, ...]
    """For each branch the most telling words of which one occurs in every match, None when no word is certain."""
    needs: tuple[tuple[frozenset[Word], ...], ...]
    """For each branch all such sets of words."""
    optional: bool = False


Node = Word | Number | Gap | Choice
Sequence = tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed phrase."""

    sequence: Sequence
    spaced: bool
    """Whether its script puts spaces between words."""
    needs: tuple[frozenset[Word], ...]
    """Of each set at least one word occurs in every match; the first set is the most telling."""
    openings: tuple[tuple[frozenset[Word], tuple[frozenset[Word], ...]], ...]
    """``(words, others)``, of which one holds in every match: a word of ``words`` and one of each of ``others``."""


class _Parser:
    def __init__(self, phrase: str, named: Callable[[str], Choice]) -> None:
        self._lexemes = _LEX.findall(phrase)
        self._named = named
        self._at = 0

    def whole(self) -> Sequence:
        choice = self._choice(closing=False)
        if self._at != len(self._lexemes):
            raise PhraseError("a bracket is closed that was not opened")
        return choice.branches[0] if len(choice.branches) == 1 else (choice,)

    def _choice(self, *, closing: bool) -> Choice:
        branches = [self._sequence()]
        while self._at < len(self._lexemes) and self._lexemes[self._at] == "|":
            self._at += 1
            branches.append(self._sequence())
        optional = False
        if closing:
            if self._at >= len(self._lexemes) or not self._lexemes[self._at].startswith(")"):
                raise PhraseError("a bracket is not closed")
            optional = self._lexemes[self._at] == ")?"
            self._at += 1
        return _chosen(branches, optional=optional)

    def _sequence(self) -> Sequence:
        nodes: list[Node] = []
        while self._at < len(self._lexemes) and self._lexemes[self._at] != "|":
            lexeme = self._lexemes[self._at]
            if lexeme.startswith(")"):
                break
            self._at += 1
            nodes.append(self._node(lexeme))
        if not nodes:
            raise PhraseError("an alternative is empty")
        return tuple(nodes)

    def _node(self, lexeme: str) -> Node:
        if lexeme == "(":
            return self._choice(closing=True)
        if lexeme in GAPS:
            return Gap(GAPS[lexeme])
        if lexeme == "#":
            return Number()
        if len(lexeme) > 1 and lexeme.startswith("@"):
            return self._named(lexeme[1:])
        spellings = _spellings(lexeme)
        if "" in spellings:
            raise PhraseError(f"'{lexeme}' may be left out as a whole; write it as '(...)?'")
        return word(lexeme) if len(spellings) == 1 else _chosen([(word(each),) for each in spellings])


def _spellings(lexeme: str) -> list[str]:
    """Return the spellings of a word with optional letters: ``colou?r`` is ``color`` and ``colour``."""
    at = lexeme.find("?")
    if at < 1:
        return [lexeme]
    rest = _spellings(lexeme[at + 1 :]) if at + 1 < len(lexeme) else [""]
    return [lexeme[:end] + tail for end in (at - 1, at) for tail in rest]


def word(lexeme: str) -> Word:
    """Read ``*core*``; raises :class:`PhraseError` for a word without letters and for one that no text can hold."""
    core = lexeme.strip("*")
    if not core:
        raise PhraseError(f"'{lexeme}' names no letters")
    if ".." in core:
        raise PhraseError(f"'{lexeme}': '..' between words stands apart; write a space before and after it")
    if stray := _STRAY.search(core):
        raise PhraseError(
            f"'{lexeme}': '{stray[0]}' does not work here (a phrase is no regular expression: 'x?' is an optional "
            "letter of a word, 'word*' any ending, '(a|b)' alternatives); write the spellings out as alternatives"
        )
    return Word(core, lexeme.startswith("*"), lexeme.endswith("*"))


def _telling(words: frozenset[Word]) -> float:
    """Return how much it says that one of ``words`` occurs: length of the shortest, then of the average."""
    lengths = [len(w.core) * (UNSEGMENTED if script_of(w.core[0]) == "none" else 1) for w in words]
    return min(min(lengths), 6) + sum(lengths) / len(lengths) / 100


def _needed(sequence: Sequence) -> list[tuple[frozenset[Word], Node]]:
    """Return the sets of words of which one occurs in every match, each with the part of ``sequence`` it is of."""
    found: list[tuple[frozenset[Word], Node]] = []
    for node in sequence:
        if isinstance(node, Word):
            found.append((frozenset({node}), node))
        elif isinstance(node, Choice) and not node.optional:
            known = [words for words in node.telling if words is not None]
            if len(known) == len(node.telling):
                found.append((frozenset().union(*known), node))
    return found


def _needs(sequence: Sequence) -> list[frozenset[Word]]:
    return [words for words, _ in _needed(sequence)]


def _openings(
    needed: list[tuple[frozenset[Word], Node]],
) -> tuple[tuple[frozenset[Word], tuple[frozenset[Word], ...]], ...]:
    """Return by which words a phrase may begin to be looked for: those of its most telling part, branch by branch."""
    words, node = needed[0]
    others = tuple(each for each, _ in needed[1:])
    if not isinstance(node, Choice):
        return ((words, others),)
    found: list[tuple[frozenset[Word], tuple[frozenset[Word], ...]]] = []
    for telling, needs in zip(node.telling, node.needs, strict=True):
        if telling is not None:
            found.append((telling, (*others, *(each for each in needs if each is not telling))))
    return tuple(found)


def _chosen(branches: list[Sequence], *, optional: bool = False) -> Choice:
    needs = tuple(tuple(_needs(branch)) for branch in branches)
    telling = tuple(max(each, key=_telling) if len(each) > 1 else (each[0] if each else None) for each in needs)
    return Choice(tuple(branches), telling, needs, optional)


def _unspaced(sequence: Sequence) -> bool:
    """Return whether ``sequence`` is of a script without spaces; the first branch of a choice speaks for all."""
    for node in sequence:
        if isinstance(node, Word):
            if any(c.isalpha() and script_of(c) == "none" for c in node.core):
                return True
        elif isinstance(node, Choice) and _unspaced(node.branches[0]):
            return True
    return False


class Vocabulary:
    """The named words of one language, each parsed once, so that phrases share them."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words
        self._parsed: dict[str, Choice] = {}

    def named(self, name: str) -> Choice:
        """Return the alternatives of ``@name``; raises :class:`PhraseError` for an unknown name."""
        if name not in self._parsed:
            if name not in self._words:
                raise PhraseError(f"'@{name}' is not in words.yaml for this language")
            whole = _Parser(fold(self._words[name]), self.named).whole()
            only = whole[0] if len(whole) == 1 else None
            self._parsed[name] = only if isinstance(only, Choice) else _chosen([whole])
        return self._parsed[name]


def parse(phrase: str, vocabulary: Vocabulary | None = None) -> Tree:
    """Parse ``phrase``; raises :class:`PhraseError` when it is malformed or nothing literal is certain to occur."""
    sequence = _Parser(fold(phrase), (vocabulary or Vocabulary({})).named).whole()
    needed = sorted(_needed(sequence), key=lambda each: _telling(each[0]), reverse=True)
    if not needed:
        raise PhraseError("no word is certain to occur, so nothing would find it quickly")
    return Tree(sequence, not _unspaced(sequence), tuple(words for words, _ in needed), _openings(needed))
