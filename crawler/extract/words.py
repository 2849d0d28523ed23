"""The page words of many languages (``data/page_words.yaml``) for looking up."""

import re
from collections.abc import Iterable, Mapping
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


def phrase_pattern(phrases_: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the phrases in raw text, so that a match is an exact quote.

    Whole words where the script separates words; any white space or a hyphen counts as a blank.
    """
    parts = []
    for phrase in sorted({phrase.casefold() for phrase in phrases_}, key=len, reverse=True):
        text = r"[\s\u00a0-]+".join(map(re.escape, phrase.split()))
        parts.append(text if _NO_WORD_GAPS.search(phrase) else rf"(?<!\w){text}(?!\w)")
    return re.compile("|".join(parts), re.IGNORECASE)


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
        self._joined = re.compile("|".join(map(re.escape, sorted(joined, key=len, reverse=True))) or r"(?!)")

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
