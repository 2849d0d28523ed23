"""How the law treats a substance in a country: prescription and control, as far as ``data/status`` knows public facts.

It is information for the reader, never evidence: a prescription-only medicine may be sold lawfully by who is licensed.
What is not in the data is unknown; nothing is concluded from silence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from classifier.text.lexicon import Lexicon
from classifier.text.reference import read_yaml

FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "status"
_CLASS: Final = "class:"

Prescription = Literal["yes", "no", "varies", "unknown"]
"""``varies``: by strength, pack size or form."""


class StatusDataError(Exception):
    """A file of ``data/status`` cannot be used; says which, where, and what to do."""


@dataclass(frozen=True, slots=True)
class LegalStatus:
    """What is known of one substance in one country."""

    substance: str
    country: str
    """ISO 3166-1 alpha-2."""
    prescription: Prescription
    controlled: str | None
    """The country's own schedule (``Schedule IV``, ``Class C``); None when unknown or not controlled there."""
    international: str | None
    """Schedule of the UN conventions, which nearly every country follows."""
    source: str | None
    """The law or list of the country the facts are from; None when nothing is known of it."""

    def __str__(self) -> str:
        """Say it in words.

        >>> str(status_of("alprazolam", "US"))
        'prescription-only, controlled (Schedule IV)'
        >>> str(status_of("alprazolam", "KE"))
        'prescription unknown, controlled internationally (1971 Schedule IV)'
        """
        words = {"yes": "prescription-only", "no": "no prescription needed", "unknown": "prescription unknown",
                 "varies": "prescription by strength or pack"}[self.prescription]  # fmt: skip
        if self.controlled:
            return f"{words}, controlled ({self.controlled})"
        return f"{words}, controlled internationally ({self.international})" if self.international else words


def status_of(substance: str, country: str) -> LegalStatus:
    """Return what is known of a substance (INN, lower case, as the lexicon names it) in a country."""
    international = _schedules().get(substance)
    national = _countries().get(country)
    if national is None:
        return LegalStatus(substance, country, "unknown", None, international, None)
    prescription = _found(national.prescription, substance) or "unknown"
    controlled = _found(national.controlled, substance)
    return LegalStatus(substance, country, prescription, controlled, international, national.source)  # type: ignore[arg-type] # checked on loading


def statuses(substances: Iterable[str], countries: Sequence[str]) -> list[LegalStatus]:
    """Return the status of each substance in each country, leaving out those of which nothing at all is known."""
    found = [status_of(substance, country) for substance in substances for country in countries]
    return [one for one in found if one.prescription != "unknown" or one.controlled or one.international]


def in_words(substance: str, countries: Sequence[str]) -> str:
    """Return one line on a substance in these countries, "" where nothing is known.

    >>> in_words("alprazolam", ["FR", "US", "KE"])
    'alprazolam: prescription-only in FR, US; controlled: psychotrope FR, Schedule IV US, 1971 Schedule IV (UN)'
    """
    found = statuses([substance], countries)
    parts = []
    for meaning, said in _SAID.items():
        places = [one.country for one in found if one.prescription == meaning]
        if places:
            parts.append(f"{said} {', '.join(places)}")
    controls = [f"{one.controlled} {one.country}" for one in found if one.controlled]
    controls += dict.fromkeys(f"{one.international} (UN)" for one in found if one.international)
    if controls:
        parts.append(f"controlled: {', '.join(controls)}")
    return f"{substance}: {'; '.join(parts)}" if parts else ""


_SAID: Final = {
    "yes": "prescription-only in",
    "varies": "prescription by strength or pack in",
    "no": "without prescription in",
}


def known_countries() -> tuple[str, ...]:
    """Return the countries of which something is known."""
    return tuple(_countries())


@dataclass(frozen=True, slots=True)
class _National:
    source: str
    controlled: dict[str, str]
    """Substance, or ``class:name``, to schedule."""
    prescription: dict[str, str]


def _found(table: dict[str, str], substance: str) -> str | None:
    if substance in table:
        return table[substance]
    entry = Lexicon.load().entries.get(substance)
    return next((table[_CLASS + c] for c in entry.classes if _CLASS + c in table), None) if entry else None


def _load(name: str, *needed: str) -> dict[str, Any]:
    try:
        data = read_yaml(FOLDER / name)
    except (OSError, yaml.YAMLError) as error:
        raise StatusDataError(f"{name}: cannot be read ({error}); restore it from the repository") from error
    missing = [key for key in ("source", "licence", *needed) if not isinstance(data, dict) or key not in data]
    if missing:
        raise StatusDataError(f"{name}: '{missing[0]}' is needed at the top")
    return dict(data)


def _table(body: dict[str, str]) -> dict[str, str]:
    """Turn ``schedule: names`` around; of two schedules that name a substance the first, which is the stricter."""
    table: dict[str, str] = {}
    for schedule, names in body.items():
        for name in str(names).split(", "):
            table.setdefault(name.strip(), str(schedule))
    return table


@cache
def _schedules() -> dict[str, str]:
    return _table(_load("international.yaml", "schedules")["schedules"])


@cache
def _countries() -> dict[str, _National]:
    found = {}
    for country, body in _load("national.yaml", "countries")["countries"].items():
        prescription = dict(body.get("prescription") or {})
        unknown = prescription.keys() - {"yes", "no", "varies"}
        if unknown:
            raise StatusDataError(
                f"national.yaml: {country}: prescription is yes, no or varies, not {sorted(unknown)[0]}"
            )
        # What varies or needs none is named one by one, against whole classes that need one.
        ordered = {key: prescription[key] for key in ("varies", "no", "yes") if key in prescription}
        found[str(country)] = _National(str(body["source"]), _table(body.get("controlled") or {}), _table(ordered))
    return found
