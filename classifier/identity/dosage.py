"""Dosage forms and pack sizes, in the languages of ``data/identity/forms.yaml``."""

import re
from dataclasses import dataclass
from functools import cache

from classifier.identity.folded import Folded
from classifier.identity.units import IdentityDataError, load_file, load_units, words_of
from classifier.text.scripts import LETTERS, arabic_word_start, script_of
from classifier.text.search import WordSearch

_MOST = 60
_LARGEST_PACK = 100_000
_LARGEST_FACTOR = 400
"""``2 x 14`` is a pack, ``1024 x 768`` is not."""


@dataclass(frozen=True, slots=True)
class FoundForm:
    """A dosage form (``tablet``, ``injection``...) and where its word stands in the folded text."""

    form: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FoundCount:
    """How many units a pack holds, and where that stands in the folded text."""

    count: int
    start: int
    end: int


@cache
def _vocabulary() -> WordSearch:
    data = load_file("forms.yaml", "forms")
    words: dict[str, str] = {}
    for language, forms in data["forms"].items():
        if not isinstance(forms, dict):
            raise IdentityDataError(f"forms.yaml: language '{language}': expected form: words")
        for form, listed in forms.items():
            for word in words_of(listed):
                words.setdefault(word, str(form))
    return WordSearch([(word, (word, form)) for word, form in words.items()])


@cache
def languages() -> tuple[str, ...]:
    """Return the languages whose words for forms are known."""
    return tuple(load_file("forms.yaml", "forms")["forms"])


def read_forms(text: Folded) -> list[FoundForm]:
    """Return the forms named, in reading order; of overlapping words the longest."""
    best: list[FoundForm] = []
    for last, (word, form) in _vocabulary().find(text.text):
        start, end = last - len(word) + 1, last + 1
        if not _stands_alone(text.text, start, end, word):
            continue
        while best and best[-1].start >= start:
            best.pop()
        if not best or best[-1].end <= start:
            best.append(FoundForm(form, start, end))
            if len(best) == _MOST:
                break
    return best


def _stands_alone(text: str, start: int, end: int, word: str) -> bool:
    letters = LETTERS[script_of(word[0])]
    before, after = text[start - 1 : start], text[end : end + 1]
    if before in letters and before and not (script_of(word[0]) == "arabic" and arabic_word_start(text, start) >= 0):
        return False
    return not (after and after in LETTERS[script_of(word[-1])])


_TIMES = r"\s?[x×*х]\s?"
_PACKED = r"(?:strips?|blisters?|boxe?s?|packs?|plaquettes?|boites?|cajas?|blistery?|dus|карт|упаков\w*|уп)"


_ANNOUNCED = r"(?:x|×|n|№|no\.?|pack of|box of|boite de|caja (?:de|con)|c/|lot de|@)"


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    units = load_units()
    quantity = rf"(?!\s?-?(?:{units.strength_pattern}|m[l ]|cc)|[.,]?\d|\s?[/%])"
    number = r"(?<![\d.,/])(\d{1,6})"
    return (
        re.compile(rf"{number}{_TIMES}(\d{{1,4}})'?s?{quantity}"),
        re.compile(rf"{number}\s?{_PACKED}\s?(?:x|of|@|de|di|a|à|с|по|=)\s?(\d{{1,4}}){quantity}"),
        re.compile(rf"(?:(?<![\d.,/a-z])(?<!\d )|(?<=mg)|(?<=mcg)|(?<=iu)){_ANNOUNCED}\s?(\d{{1,5}}){quantity}"),
        re.compile(rf"{number}(?:'s|s|-count|\s?(?:ct|pcs|pieces|шт|粒|枚|支|개|عدد))(?![a-z])"),
        re.compile(rf"{number}{_TIMES}\d{{1,5}}(?:[.,]\d+)?\s?{units.strength_pattern}"),
    )  # fmt: skip


def read_counts(text: Folded, forms: list[FoundForm]) -> list[FoundCount]:
    """Return the pack sizes in reading order: ``30 tablets``, ``10x10 tabs``, ``2 x 14``, ``30's``, ``№30``."""
    found: list[FoundCount] = []
    if not any(char.isdigit() for char in text.text):
        return found
    for pattern in _patterns():
        for match in pattern.finditer(text.text):
            count = 1
            for factor in match.groups():
                count *= int(factor)
            several = sum(g is not None for g in match.groups()) > 1
            if several and any(int(g) > _LARGEST_FACTOR for g in match.groups()):
                continue
            if 0 < count <= _LARGEST_PACK:
                found.append(FoundCount(count, match.start(), match.end()))
            if len(found) >= _MOST:
                break
    found += _before_forms(text, forms)
    return _without_overlaps(found)


_NUMBER_BEFORE = re.compile(r"(?<![\d.,])(\d{1,5})(?:\s|-|film.coated|\s?pcs|\s?st)?\s?$")


def _before_forms(text: Folded, forms: list[FoundForm]) -> list[FoundCount]:
    found = []
    for form in forms:
        match = _NUMBER_BEFORE.search(text.text[max(0, form.start - 16) : form.start])
        if match and 0 < int(match[1]) <= _LARGEST_PACK:
            start = max(0, form.start - 16) + match.start()
            found.append(FoundCount(int(match[1]), start, form.end))
    return found


def _without_overlaps(found: list[FoundCount]) -> list[FoundCount]:
    """Keep the longest of counts that stand in the same place (``10x10 tabs`` over ``10 tabs``)."""
    kept: list[FoundCount] = []
    for one in sorted(found, key=lambda each: (each.start, -each.end)):
        if not kept or kept[-1].end <= one.start:
            kept.append(one)
    return kept
