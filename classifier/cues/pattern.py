"""The small phrase language of the cue catalogue, compiled to linear-time regular expressions with literal anchors.

A phrase is folded words in order: ``(no|without) (a)? @rx`` with

``word*`` / ``*word``   any ending / any beginning of the word (at most 14 letters)
``(a|b c)`` ``(a)?``    alternatives, optional part
``..`` ``...``          up to three / seven words between, inside one clause
``#``                   a number
``@name``               the words of that name in ``words.yaml`` for the phrase's language

Every repetition is bounded, so a match costs a bounded number of steps at each place.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from classifier.text.glyphs import fold
from classifier.text.lexicon import script_of

_LEX = re.compile(r"\(|\)\??|\||\.\.\.?|@[a-z_]+|#|[^\s()|#@]+")
_SEPARATOR = r"[^\w\n.!?;。！？；]{1,4}"
_LETTERS = {"latin": "a-z", "cyrillic": "\u0400-\u052f", "greek": "\u0370-\u03ff", "arabic": "\u0620-\u064a\u066e-\u06d3",
            "indic": "\u0900-\u0dff", "hebrew": "\u05d0-\u05ea"}  # fmt: skip
_WORDS = {"..": 3, "...": 7}
_CHARS = {"..": 6, "...": 16}


class PhraseError(ValueError):
    """A phrase of the catalogue is not written in the phrase language."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a phrase: its expression, the literals of which one must occur in it, whether it may be absent."""

    expression: str
    anchors: frozenset[str]
    """Empty when nothing literal is certain."""
    optional: bool = False
    gap: bool = False

    @property
    def strength(self) -> int:
        """Length of the shortest anchor, 0 without one; unsegmented scripts say more with a letter."""
        return min((len(a) * (3 if script_of(a[0]) == "none" else 1) for a in self.anchors), default=0)


def _word(token: str) -> Part:
    head, tail = token.startswith("*"), token.endswith("*") and len(token) > 1
    core = token.strip("*")
    if not core:
        raise PhraseError(f"'{token}' names no letters")
    script = script_of(core[0]) if core[0].isalpha() else "latin"
    letters = _LETTERS.get(script)
    body = re.escape(core).replace("'", r"['\s]?")
    if letters:
        some = f"[{letters}]{{0,14}}"
        if head:
            body = some + body
        elif core[0].isalpha():
            body = (f"(?<![{letters}])" + (r"[وفبلك]?(?:ال|لل)?" if script == "arabic" else "")) + body
        if tail:
            body += some
        elif core[-1].isalpha():
            body += f"(?![{letters}])"
    anchor = max(re.split(r"'", core), key=len)
    return Part(body, frozenset({anchor}))


class _Parser:
    def __init__(self, phrase: str, words: Callable[[str], str]) -> None:
        self.tokens = _LEX.findall(phrase)
        self.words = words
        self.at = 0
        self.spaced = True

    def alternatives(self, closing: bool) -> Part:
        branches = [self.sequence()]
        while self.at < len(self.tokens) and self.tokens[self.at] == "|":
            self.at += 1
            branches.append(self.sequence())
        optional = False
        if closing:
            if self.at >= len(self.tokens) or not self.tokens[self.at].startswith(")"):
                raise PhraseError("a bracket is not closed")
            optional = self.tokens[self.at] == ")?"
            self.at += 1
        if len(branches) == 1:
            return Part(branches[0].expression, branches[0].anchors, optional)
        anchors = (
            frozenset() if any(not b.anchors for b in branches) else frozenset().union(*(b.anchors for b in branches))
        )
        return Part("(?:" + "|".join(b.expression for b in branches) + ")", anchors, optional)

    def sequence(self) -> Part:
        parts: list[Part] = []
        while self.at < len(self.tokens) and self.tokens[self.at] != "|" and not self.tokens[self.at].startswith(")"):
            parts.append(self.part())
        if not parts:
            raise PhraseError("an alternative is empty")
        return self.joined(parts)

    def part(self) -> Part:
        token = self.tokens[self.at]
        self.at += 1
        if token == "(":
            return self.alternatives(closing=True)
        if token in _WORDS:
            return Part(token, frozenset(), gap=True)
        if token == "#":
            return Part(r"[0-9][0-9.,]{0,9}", frozenset())
        if token.startswith("@"):
            inner = _Parser(self.words(token[1:]), self.words)
            return inner.alternatives(closing=False)
        return _word(token)

    def joined(self, parts: list[Part]) -> Part:
        """Join ``parts`` with what may stand between words in the script of the phrase."""
        spaced = not any(script_of(a[0]) == "none" and a[0].isalpha() for p in parts for a in p.anchors)
        between = _SEPARATOR if spaced else r"[^\w\n.!?;。！？；]{0,2}"
        out = ""
        pending = False
        for part in parts:
            if part.gap:
                count = _WORDS[part.expression] if spaced else _CHARS[part.expression]
                gap = (
                    rf"(?:{_SEPARATOR}[\w'@%]{{1,24}}){{0,{count}}}?" if spaced else rf"[^\n.!?;。！？；]{{0,{count}}}?"
                )
                out += gap
                continue
            expression = part.expression
            if part.optional:
                out += f"(?:{between}{expression})?" if pending else f"(?:{expression}{between})?"
                continue
            out += (between if pending else "") + expression
            pending = True
        certain = [p for p in parts if not p.optional and not p.gap and p.anchors]
        best = max(certain, key=lambda p: (min(p.strength, 6), sum(map(len, p.anchors)) / len(p.anchors)), default=None)
        return Part(f"(?:{out})", best.anchors if best else frozenset())


def compile_phrase(phrase: str, words: Mapping[str, str] | None = None) -> tuple[str, frozenset[str]]:
    """Return the regular expression of a phrase, and the literals of which one occurs in every match.

    Raises :class:`PhraseError` when it is not well formed or nothing literal is certain.
    """
    known = words or {}

    def expand(name: str) -> str:
        if name not in known:
            raise PhraseError(f"'@{name}' is not in words.yaml for this language")
        return known[name]

    parser = _Parser(fold(phrase), expand)
    part = parser.alternatives(closing=False)
    if parser.at != len(parser.tokens):
        raise PhraseError("a bracket is closed that was not opened")
    if not part.anchors or part.strength < 2:
        raise PhraseError("no word is certain to occur, so nothing would find it quickly")
    return part.expression, part.anchors
