"""How a file of an agency is read as a register: ``data/registers/*.yaml``.

    name: bdpm                  # editions of the same name supersede each other
    kind: products              # products | sellers | batches
    country: FR                 # ISO 3166-1 alpha-2; EU for what is valid in all of the European Economic Area
    covers: all                 # all: what is not in it is not authorised there; some: it lists a part (EMA, alerts)
    source: https://...         # where the agency publishes it
    format: tsv                 # csv | tsv | jsonl | xlsx; any of them may be gzipped, save xlsx
    encoding: latin-1           # utf-8 unless said otherwise; ignored for xlsx
    header: none                # row | none; with `row` it is the first row that holds the mapped names
    columns:                    # field: column name, number from 0, or a list of either: the first that is there
      name: 1
      holder: [10, Titulaire]
    separator: ";"              # between the substances of one cell
    statuses:                   # beginnings of a status; a row of another status is set aside
      authorised: [Autorisation active]
      withdrawn: [Autorisation abrogée]
    status: authorised          # for files without a status column

A mapping of yours may stand anywhere; those shipped are found by their name alone.
"""

import hashlib
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from casefile.records import Record
from casefile.records.register import RegisterKind

FOLDER: Final = Path(__file__).resolve().parents[1] / "data" / "registers"
MAX_BYTES: Final = 256 * 1024

RegisterField = Literal[
    "name", "substances", "strength", "form", "holder", "number", "status", "host", "batch"
]  # fmt: skip
Column = int | str | list[int | str]

NEEDED: Final[dict[RegisterKind, tuple[RegisterField, ...]]] = {
    "products": ("name", "substances"),
    "sellers": ("host", "number"),
    "batches": ("batch",),
}
"""Of these fields a mapping must name at least one, or nothing could be found."""


class MappingError(Exception):
    """A mapping was refused; the message names the file and the field."""


class RegisterMapping(Record):
    """One mapping file."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,60}$")
    kind: RegisterKind
    country: str = Field(pattern=r"^[A-Z]{2}$")
    covers: Literal["all", "some"] = "all"
    source: str = Field(min_length=1, max_length=500)
    licence: str | None = Field(default=None, max_length=500)
    format: Literal["csv", "tsv", "jsonl", "xlsx"]
    encoding: str = Field(default="utf-8", max_length=40)
    header: Literal["row", "none"] = "row"
    columns: dict[RegisterField, Column]
    separator: str = Field(default=";", min_length=1, max_length=5)
    statuses: dict[Literal["authorised", "withdrawn"], list[str]] = Field(default_factory=dict)
    status: Literal["authorised", "withdrawn"] = "authorised"
    digest: str = ""
    """SHA-256 of the mapping file."""

    @model_validator(mode="after")
    def _can_find_something(self) -> "RegisterMapping":
        if not set(NEEDED[self.kind]) & self.columns.keys():
            raise ValueError(f"kind {self.kind} needs one of the columns {', '.join(NEEDED[self.kind])}")
        if self.header == "none" and any(isinstance(c, str) for v in self.columns.values() for c in _listed(v)):
            raise ValueError("with 'header: none' columns are numbers, counted from 0")
        return self


def _listed(column: Column) -> list[int | str]:
    return column if isinstance(column, list) else [column]


def candidates(column: Column) -> list[int | str]:
    """Return the columns a field may stand in, the preferred first."""
    return _listed(column)


def load_mapping(where: str) -> RegisterMapping:
    """Read a mapping by path, or one that is shipped by its name (``bdpm``); raises :class:`MappingError`."""
    path = Path(where)
    shipped = FOLDER / f"{where}.yaml"
    if not path.exists() and "/" not in where and shipped.exists():
        path = shipped
    try:
        if path.stat().st_size > MAX_BYTES:
            raise MappingError(f"{path} is larger than {MAX_BYTES} bytes: that is no mapping")
        raw = path.read_bytes()
        data: Any = yaml.safe_load(raw.decode("utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.yaml")))
        raise MappingError(f"{where}: there is no such mapping; shipped are {known}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path} cannot be read: {error}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise MappingError(f"{path} is not valid YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(data, dict):
        raise MappingError(f"{path} must hold fields such as 'name: bdpm', see data/registers")
    data["digest"] = hashlib.sha256(raw).hexdigest()
    try:
        return RegisterMapping.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where_in = ".".join(map(str, first["loc"])) or "columns"
        raise MappingError(f"{path}, field '{where_in}': {first['msg']}") from error
