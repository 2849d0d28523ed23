"""The page words of many languages (``data/page_words.yaml``) for looking up."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Generic, TypeVar

import yaml

from crawler.extract.currencies import DATA
from crawler.extract.roles import SiteRole

Meaning = TypeVar("Meaning", bound=str)

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NO_WORD_GAPS = re.compile("[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]")


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((DATA / "page_words.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return loaded


def word_list(text: str) -> list[str]:
    """Split ``a; b c; d`` of a data file; a line break counts as a blank."""
    return [word for part in text.split(";") if (word := " ".join(part.split()))]


class Phrases(Generic[Meaning]):
    """Words and phrases of many languages, each with what it stands for; found by looking up runs of words.

    A pattern of some hundred alternatives costs a third of a millisecond a text; these lookups cost microseconds.
    """

    def __init__(self, phrases: Mapping[str, Meaning]) -> None:
        self._meaning: dict[str, Meaning] = {}
        joined: dict[str, Meaning] = {}
        self._longest = 1
        for phrase, meaning in phrases.items():
            folded = phrase.casefold()
            if _NO_WORD_GAPS.search(folded):
                joined[folded] = meaning
                continue
            tokens = _WORD.findall(folded)
            if tokens:
                self._longest = max(self._longest, len(tokens))
                self._meaning.setdefault(" ".join(tokens), meaning)
        self._joined_meaning = joined
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for known in self._meaning:
            words = tuple(known.split(" "))
            self._by_first.setdefault(words[0], []).append(words)
        for entries in self._by_first.values():
            entries.sort(key=len, reverse=True)
        self._joined = re.compile("|".join(map(re.escape, sorted(joined, key=len, reverse=True))) or r"(?!)")

    def places(self, text: str) -> Iterator[tuple[int, int, Meaning]]:
        """Yield start, end and meaning of every phrase in raw text, so that ``text[start:end]`` is an exact quote."""
        tokens = [(match.start(), match.end(), match[0].casefold()) for match in _WORD.finditer(text)]
        position = 0
        while position < len(tokens):
            step = 1
            for words in self._by_first.get(tokens[position][2], ()):
                end = position + len(words)
                if all(
                    token[2] == word for token, word in zip(tokens[position:end], words, strict=False)
                ) and end <= len(tokens):
                    if "\n\n" in text[tokens[position][0] : tokens[end - 1][1]]:
                        continue
                    yield tokens[position][0], tokens[end - 1][1], self._meaning[" ".join(words)]
                    step = len(words)
                    break
            position += step
        if not text.isascii():
            for match in self._joined.finditer(text):
                yield match.start(), match.end(), self._joined_meaning[match[0]]

    def find(self, text: str) -> Meaning | None:
        """Return what the first phrase of ``text`` stands for, a longer phrase before a shorter one."""
        folded = text.casefold()
        tokens = _WORD.findall(folded)
        for size in range(min(self._longest, len(tokens)), 0, -1):
            for start in range(len(tokens) - size + 1):
                meaning = self._meaning.get(tokens[start] if size == 1 else " ".join(tokens[start : start + size]))
                if meaning:
                    return meaning
        if folded.isascii():
            return None
        match = self._joined.search(folded)
        return self._joined_meaning[match[0]] if match else None


@cache
def phrases(kind: str) -> Phrases[str]:
    """Return the phrases of one list, for example ``buy`` or ``sold_out``."""
    return Phrases(dict.fromkeys(word_list(_data()[kind]), kind))


@cache
def exact_words(kind: str) -> frozenset[str]:
    """Return the words of one list, for a text that must be one of them as a whole."""
    return frozenset(word.casefold() for word in word_list(_data()[kind]))


@cache
def site_role_phrases() -> Phrases[SiteRole]:
    """Return the phrases of all site roles; where two roles share a word the more telling role has it."""
    roles: dict[str, str] = _data()["site_roles"]
    order: tuple[SiteRole, ...] = ("prescription", "payment", "shipping", "contact", "policy", "about", "other")
    meanings: dict[str, SiteRole] = {}
    for role in order:
        for word in word_list(roles[role]):
            meanings.setdefault(word, role)
    return Phrases(meanings)
