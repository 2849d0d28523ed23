"""Units of strength: how they are written in many languages (``data/identity/units.yaml``), as regular expressions."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from classifier.text.glyphs import fold
from classifier.text.reference import read_yaml

FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "identity"


class IdentityDataError(Exception):
    """A file of ``data/identity`` cannot be used; says which, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: ``scale`` of the unit its family is counted in."""

    family: str
    """``mg | iu | percent | mmol | meq | mbq | ppm``, or the unit after a slash: ``ml | g | h | dose | tablet...``."""
    scale: Decimal


@dataclass(frozen=True, slots=True)
class Units:
    """All units by their folded spelling, and the alternations that find them."""

    of_strength: dict[str, Unit]
    of_whole: dict[str, Unit]
    strength_pattern: str
    whole_pattern: str


def load_file(name: str, *needed: str) -> dict[str, Any]:
    """Read a file of ``data/identity``; raises :class:`IdentityDataError`."""
    try:
        data = read_yaml(FOLDER / name)
    except (OSError, yaml.YAMLError) as error:
        raise IdentityDataError(f"{name}: cannot be read ({error}); restore it from the repository") from error
    missing = [key for key in ("source", "licence", *needed) if not isinstance(data, dict) or key not in data]
    if missing:
        raise IdentityDataError(f"{name}: '{missing[0]}' is needed at the top")
    return dict(data)


def words_of(value: object) -> list[str]:
    """Split a list of words at ``, `` and fold them."""
    return [folded for part in str(value).split(", ") if (folded := fold(part).strip())]


@cache
def load_units() -> Units:
    """Load the units; raises :class:`IdentityDataError`."""
    data = load_file("units.yaml", "units", "per")
    strength = {w: Unit(u["family"], Decimal(u["scale"])) for u in data["units"].values() for w in words_of(u["words"])}
    whole = {w: Unit(name, Decimal(u["scale"])) for name, u in data["per"].items() for w in words_of(u["words"])}
    litre = whole.get("l")
    if litre:
        whole |= {w: Unit("ml", unit.scale) for w, unit in whole.items() if unit.family == "l"}
    return Units(strength, whole, _alternation(strength), _alternation(whole))


def _alternation(words: dict[str, Unit]) -> str:
    """Return a pattern for the words, longest first; one of Latin letters ends where no letter follows (``mgx30``)."""
    ordered = sorted(words, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(w) + _end(w) for w in ordered) + ")"


def _end(word: str) -> str:
    last = word[-1]
    if last.isascii() and last.isalpha():
        return r"(?![a-wyz]|x[a-z])"
    if "\u0370" <= last <= "\u052f":
        return r"(?![\u0370-\u052f])"
    return r"(?![\u0620-\u064a])" if "\u0600" <= last <= "\u06ff" else ""
