"""Entries of ``data/lexicon``: what is known of each substance, brand and class."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from classifier.text.kept import kept
from classifier.text.places import LEXICON_FOLDER
from classifier.text.reference import read_yaml


class LexiconError(Exception):
    """A file of ``data/lexicon`` cannot be used; says which, where, and what to do."""


@dataclass(frozen=True, slots=True)
class MedicineClass:
    """A class of medicines or goods, with what follows from belonging to it."""

    name: str
    harm: float
    """How much harm a bad product of the class can do, 0 low to 1 high (project's judgement, stated in the data)."""
    prescription: bool = False
    controlled: bool = False
    """Controlled in the sense of the codebook."""
    unapproved: bool = False
    """Not authorised as a medicine anywhere that matters."""
    never_retail: bool = False
    """Never sold to the public (COVID-19 vaccines...)."""
    kind: str = "medicine"


@dataclass(frozen=True, slots=True)
class Entry:
    """One substance with all its names."""

    name: str
    classes: tuple[str, ...]
    brands: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every spelling that stands for the substance."""
        return (self.name, *self.names, *self.brands)


def _words(value: object) -> tuple[str, ...]:
    """Split a list of names at ``, `` (a name may hold a comma: ``2,4-dinitrophenol``)."""
    return tuple(part.strip() for part in str(value).split(", ") if part.strip(" ,")) if value else ()


def _load_yaml(path: Path) -> dict[str, Any]:
    try:
        data = read_yaml(path)
    except (OSError, yaml.YAMLError) as error:
        raise LexiconError(f"{path.name}: cannot be read ({error}); restore it from the repository") from error
    if not isinstance(data, dict) or not {"source", "licence", "classes"} <= data.keys():
        raise LexiconError(f"{path.name}: 'source', 'licence' and 'classes' are needed at the top")
    return data


Files = Sequence[tuple[str, dict[str, Any]]]
"""Name and content of each file."""


def _files(folder: Path) -> Files:
    return tuple((path.name, _load_yaml(path)) for path in sorted(folder.glob("*.yaml")))


def load_classes(folder: Path = LEXICON_FOLDER) -> dict[str, MedicineClass]:
    """Return every class by name; raises :class:`LexiconError`."""
    return {name: MedicineClass(name=name, **flags) for name, flags in _rows(folder)["classes"].items()}


def load_entries(folder: Path = LEXICON_FOLDER) -> list[Entry]:
    """Return every substance; one named in two classes comes once with both. Raises :class:`LexiconError`."""
    return [Entry(name, *map(tuple, lists)) for name, *lists in _rows(folder)["entries"]]


@cache
def _rows(folder: Path) -> dict[str, Any]:
    """Return classes and entries as plain data, those of the packaged lexicon as kept from the last start."""
    if folder != LEXICON_FOLDER:
        return _read(folder)
    return dict(kept("lexicon", folder.glob("*.yaml"), lambda: _read(folder)))


def _read(folder: Path) -> dict[str, Any]:
    files = _files(folder)
    entries = [[each.name, each.classes, each.brands, each.names] for each in _entries(files)]
    return {"classes": _classes(files), "entries": entries}


def _classes(files: Files) -> dict[str, dict[str, Any]]:
    """Return the fields of every class but its name; raises :class:`LexiconError` for unknown ones."""
    classes: dict[str, dict[str, Any]] = {}
    for file, data in files:
        for name, body in data["classes"].items():
            classes[name] = {k: v for k, v in body.items() if k != "substances"}
            try:
                MedicineClass(name=name, **classes[name])
            except TypeError as error:
                raise LexiconError(f"{file}: class '{name}': {error}") from None
    return classes


def _entries(files: Files) -> Iterable[Entry]:
    merged: dict[str, Entry] = {}
    for file, data in files:
        for class_name, body in data["classes"].items():
            for name, fields in _substances(file, class_name, body):
                entry = Entry(name, (class_name,), _words(fields.get("brands")), _words(fields.get("names")))
                known = merged.get(name)
                merged[name] = entry if known is None else _joined(known, entry)
    return merged.values()


def _substances(file: str, class_name: str, body: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    for name, fields in (body.get("substances") or {}).items():
        if isinstance(fields, str):
            yield str(name), {"brands": fields}
        elif fields is None or isinstance(fields, dict):
            yield str(name), fields or {}
        else:
            raise LexiconError(f"{file}: class '{class_name}', '{name}': expected brands and names")


def load_dodged(folder: Path = LEXICON_FOLDER) -> list[str]:
    """Return the names that sellers misspell."""
    lines = (folder / "dodged.txt").read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def load_everyday(folder: Path = LEXICON_FOLDER) -> list[str]:
    """Return the everyday words that begin like a name of the lexicon; a folder without the file has none."""
    path = folder / "everyday.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def load_stems(folder: Path = LEXICON_FOLDER) -> dict[str, str]:
    """Return ``ending -> class`` of the INN stems; raises :class:`LexiconError` for a line that is not a pair."""
    stems: dict[str, str] = {}
    for number, line in enumerate((folder / "stems.txt").read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        parts = line.split()
        if len(parts) != 2 or not parts[0].startswith("-"):
            raise LexiconError(f"stems.txt line {number}: expected '-ending class'")
        stems[parts[0][1:]] = parts[1]
    return stems


def _joined(one: Entry, two: Entry) -> Entry:
    def both(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*a, *b)))

    return Entry(one.name, both(one.classes, two.classes), both(one.brands, two.brands), both(one.names, two.names))
