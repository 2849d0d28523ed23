"""Numbers as people write them: digits of any script, and what a separator means."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

DecimalMark = Literal[".", ","]

NUMBER: Final = r"\d(?:[\d]|[.,'’](?=\d)|[ \u00a0\u2009\u202f](?=\d{3}(?!\d)))*"
"""Digits with separators inside (apply :func:`plain_digits` first); a blank counts only before a group of three."""

_OTHER_MARKS: Final = str.maketrans(
    {
        "٫": ".",
        "٬": ",",
        "．": ".",
        "，": ",",
        "’": "'",
        "⁄": "/",
        **dict.fromkeys("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", " "),
    }
)
_FOREIGN = re.compile(f"(?![0-9])\\d|[{''.join(map(chr, _OTHER_MARKS))}]")
_NOT_ASCII_DIGIT = re.compile(r"(?![0-9])\d")


def plain_digits(text: str) -> str:
    """Return ``text`` of the same length with every decimal digit as ASCII and foreign separators as ``.`` and ``,``.

    Covers Arabic-Indic, Devanagari, full-width and the other digits of Unicode's class Nd.
    """
    if text.isascii() or not _FOREIGN.search(text):
        return text
    return _NOT_ASCII_DIGIT.sub(_as_ascii, text.translate(_OTHER_MARKS))


def _as_ascii(match: re.Match[str]) -> str:
    return str(unicodedata.decimal(match[0]))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a written number means: ``value``, or ``reason`` when its separators allow two meanings."""

    value: Decimal | None
    reason: str | None = None


_MARKS = re.compile(r"[^\d]")


def read_number(written: str, mark: DecimalMark | None, *, whole_unit: bool = False,
                three_decimals: bool = False, fine: bool = False) -> Reading:  # fmt: skip
    """Read ``written`` (as matched by :data:`NUMBER`).

    Args:
        written: digits and separators.
        mark: decimal mark where the text comes from, None when it is not known.
        whole_unit: the currency is written without a fraction, so a lone group of three is thousands.
        three_decimals: the currency has three decimals, so a lone group of three can be a fraction.
        fine: amounts may have many decimals (crypto-currencies).
    """
    if len(written) > 30:
        return Reading(None, "too many digits")
    marks = set(_MARKS.findall(written))
    grouping = marks - {".", ","}
    points = [m for m in _MARKS.findall(written) if m in ".,"]
    if not points:
        return _grouped(written, grouping)
    last = points[-1]
    whole, _, fraction = written.rpartition(last)
    if len(set(points)) == 2:
        if points.count(last) > 1:
            return Reading(None, "separators in no known order")
        return _with_fraction(whole, fraction)
    if len(points) > 1:
        # One mark several times can only group; a mixture with blanks is not a number we know.
        return _grouped(written, {last}) if not grouping else Reading(None, "separators in no known order")
    if grouping or len(fraction) != 3 or whole.startswith("0") or len(whole) > 3:
        return _with_fraction(whole, fraction)
    return _lone_group(whole, fraction, last, mark, whole_unit=whole_unit, three_decimals=three_decimals, fine=fine)


def _lone_group(whole: str, fraction: str, separator: str, mark: DecimalMark | None, *, whole_unit: bool,
                three_decimals: bool, fine: bool) -> Reading:  # fmt: skip
    thousands, decimal = Reading(Decimal(whole + fraction)), Reading(Decimal(f"{whole}.{fraction}"))
    if fine:
        return decimal if separator == "." or mark == "," else Reading(None, "ambiguous separator")
    if whole_unit:
        return thousands
    if three_decimals:
        return decimal if separator == mark else Reading(None, "ambiguous separator")
    if mark is None:
        return Reading(None, "ambiguous separator")
    # Three decimals are next to never written with a two-decimal currency, so the decimal mark itself is the doubt.
    return thousands if separator != mark else Reading(None, "ambiguous separator")


def _grouped(written: str, grouping: set[str]) -> Reading:
    if len(grouping) > 1:
        return Reading(None, "separators in no known order")
    groups = _MARKS.split(written)
    if not _groups_well(groups):
        return Reading(None, "digits in no known groups")
    return Reading(Decimal("".join(groups)))


def _with_fraction(whole: str, fraction: str) -> Reading:
    groups = _MARKS.split(whole)
    if not fraction.isdigit() or len(set(_MARKS.findall(whole))) > 1 or not _groups_well(groups):
        return Reading(None, "digits in no known groups")
    return Reading(Decimal(f"{''.join(groups)}.{fraction}"))


def _groups_well(groups: list[str]) -> bool:
    """Whether digits are grouped by threes, or as in India (1,23,456), or by fours, or not at all."""
    if len(groups) == 1:
        return True
    head, *rest = groups
    if not 1 <= len(head) <= 4:
        return False
    threes = len(head) <= 3 and all(len(group) == 3 for group in rest)
    indian = len(head) <= 2 and len(rest[-1]) == 3 and all(len(group) == 2 for group in rest[:-1])
    fours = all(len(group) == 4 for group in rest)
    return threes or indian or fours
