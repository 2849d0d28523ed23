"""Strengths: ``0,5 g``, ``160/4.5 mcg``, ``250 mg/5 ml``, ``١٠٠ ملغ`` read to one comparable form."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from classifier.identity.folded import Folded
from classifier.identity.units import Unit, Units, load_units

_NUMBER = r"(?:\d{1,3}(?: 000){1,2}|\d{1,3}(?:[.,]\d{3}){1,3}(?![\d])|\d{1,9}(?:[.,]\d{1,6})?)"
_MOST_PARTS = 5
_MOST = 40
"""Strengths read of one text; a price list of hundreds says no more about its product."""
_COUNTED = frozenset({"tablet", "vial"})
_LARGEST = Decimal(10) ** 12


@dataclass(frozen=True, slots=True, order=True)
class Strength:
    """Amounts of one dose, in the units of their families (mg, iu, percent...)."""

    parts: tuple[tuple[Decimal, str], ...]
    """``(amount, family)`` of each substance, as written: a combination has several."""
    per: str = ""
    """``ml | g | h | dose | tablet | vial``, empty for the dose itself."""

    def __str__(self) -> str:
        """Write the strength the one way it is compared by.

        >>> str(Strength(((Decimal("500"), "mg"), (Decimal("0.0045"), "mg"))))
        '500 mg + 4.5 ug'
        """
        text = " + ".join(_amount(amount, family) for amount, family in self.parts)
        return f"{text}/{self.per}" if self.per else text


def _amount(amount: Decimal, family: str) -> str:
    if family == "mg" and amount < 1:
        return f"{_plain(amount * 1000)} ug"
    return f"{_plain(amount)} {'%' if family == 'percent' else family}"


def _plain(number: Decimal) -> str:
    text = format(number.quantize(Decimal("0.000001")), "f")
    return text.rstrip("0").rstrip(".") or "0"


@dataclass(frozen=True, slots=True)
class FoundStrength:
    """A strength and where it stands in the folded text."""

    strength: Strength
    start: int
    end: int


@cache
def _pattern() -> re.Pattern[str]:
    units = load_units()
    unit = units.strength_pattern
    more = rf"(?:\s?[/+]\s?{_NUMBER}\s?-?(?:{unit})?)"
    # Either the first number has its unit, or a number after a slash has.
    return re.compile(
        rf"(?<![\d.,])(?P<first>{_NUMBER}\s?-?{unit}{more}{{0,{_MOST_PARTS - 1}}}"
        rf"|{_NUMBER}(?:\s?[/+]\s?{_NUMBER}){{1,{_MOST_PARTS - 1}}}\s?-?{unit})"
        rf"(?:\s?(?:/|per\b|pour\b|pro\b|por\b|je\b|in\b|na\b|в\b)\s?(?P<count>{_NUMBER})?\s?"
        rf"(?P<whole>{units.whole_pattern}))?"
    )


@cache
def _part() -> re.Pattern[str]:
    return re.compile(rf"({_NUMBER})\s?-?({load_units().strength_pattern})?")


def read_strengths(text: Folded) -> list[FoundStrength]:
    """Return the strengths in reading order, at most 40."""
    units = load_units()
    found: list[FoundStrength] = []
    if not any(char.isdigit() for char in text.text):
        return found
    for match in _pattern().finditer(text.text):
        strength, end = _strength(match, units)
        if strength is not None:
            found.append(FoundStrength(strength, match.start(), end))
            if len(found) == _MOST:
                break
    return found


def _strength(match: re.Match[str], units: Units) -> tuple[Strength | None, int]:
    pieces = [(m[1], units.of_strength.get(m[2]) if m[2] else None) for m in _part().finditer(match["first"])]
    whole = units.of_whole.get(match["whole"]) if match["whole"] else None
    end, count = match.end(), match["count"]
    if len(pieces) > 1 and pieces[-1][1] is None and whole is not None and count is None:
        # "250 mg/5 ml": the last number belongs to the unit after it... unless it is a part without a unit of its own.
        count = pieces.pop()[0]
    if len(pieces) > 1 and pieces[-1][1] is None and pieces[0][1] is not None and whole is None:
        # "250 mg/5 ml" where "5" was read as a part, or "500 mg/30": what has no unit is no amount.
        return _with_trailing(match, pieces, units)
    parts = _parts(pieces)
    if parts is None:
        return None, end
    if whole is not None and count and whole.family in _COUNTED:
        # "600 mg/30 tabs" is a pack of thirty, not twenty milligrams a tablet.
        return Strength(parts), match.end("first")
    if whole is not None:
        share = whole.scale * (_number(count, whole) if count else Decimal(1))
        if share <= 0 or whole.family == parts[0][1]:
            return None, end
        parts = tuple((amount / share, family) for amount, family in parts)
        return Strength(parts, whole.family), end
    return Strength(parts), end


def _with_trailing(
    match: re.Match[str], pieces: list[tuple[str, Unit | None]], units: Units
) -> tuple[Strength | None, int]:
    """Read ``250 mg/5 ml`` and ``500 mg/30``: the number without a unit is a volume, or nothing of the strength."""
    last = list(_part().finditer(match["first"]))[-1]
    parts = _parts(pieces[:-1])
    if parts is None:
        return None, match.end()
    at = match.start("first") + last.start()
    whole_after = re.compile(rf"\s?(?P<whole>{units.whole_pattern})").match(
        match.string, match.start("first") + last.end()
    )
    if whole_after:
        whole = units.of_whole[whole_after["whole"]]
        share = whole.scale * _number(last[1], whole)
        if share > 0 and whole.family not in _COUNTED:
            return Strength(tuple((a / share, f) for a, f in parts), whole.family), whole_after.end()
    return Strength(parts), at


def _parts(pieces: list[tuple[str, Unit | None]]) -> tuple[tuple[Decimal, str], ...] | None:
    """Give each number its unit; one without takes that of the next with one (``160/4.5 mcg``)."""
    unit: Unit | None = None
    parts: list[tuple[Decimal, str]] = []
    for written, own in reversed(pieces):
        unit = own or unit
        if unit is None:
            return None
        amount = _number(written, unit) * unit.scale
        if not 0 < amount < _LARGEST:
            return None
        parts.append((amount, unit.family))
    return tuple(reversed(parts))


def _number(written: str, unit: Unit) -> Decimal:
    """Read a number as packs write it: ``0,5`` and ``0.5`` are a half, ``1.000 mg`` and ``200 000 UI`` are thousands.

    Three digits after one separator are thousands except after a nought and except in grams, where nobody gives a
    thousand of them and many give a quarter (``1.250 g``).
    """
    written = written.replace(" ", "")
    groups = re.split(r"[.,]", written)
    if len(groups) == 1:
        return Decimal(written)
    thousands = all(len(g) == 3 for g in groups[1:]) and groups[0].strip("0") != ""
    if thousands and (len(groups) > 2 or unit.scale < 1000 or unit.family == "iu"):
        return Decimal("".join(groups))
    if len(groups) > 2:
        return Decimal(0)
    return Decimal(f"{groups[0]}.{groups[1]}")
