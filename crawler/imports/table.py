"""CSV and other delimited tables to a bundle: encoding, delimiter and the meaning of each column are found and shown.

A cell is text and nothing else: what looks like a spreadsheet formula (``=HYPERLINK(...)``) is kept as written and
never evaluated.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import yaml

from casefile.records import Listing
from crawler.extract.currencies import DATA
from crawler.extract.labelled import field_of
from crawler.extract.words import word_list
from crawler.imports.bundling import ImportBundle
from crawler.imports.jsonl import Progress
from crawler.imports.rows import listing_of_row
from crawler.imports.source import MAX_LINE, ImportFault, Reject, bounded_lines, first_bytes

MAX_CELL: Final = 1_000_000
MAX_COLUMNS: Final = 500
_SAMPLE: Final = 256 * 1024
_DELIMITERS: Final = (",", ";", "\t", "|")
_CONTACT_COLUMNS: Final = ("whatsapp", "telegram", "email", "phone")
_NOT_FOR_CELLS: Final = frozenset({"version", "capture", "sources", "extra", "offers", "images"})
FIELDS: Final = (frozenset(Listing.model_fields) - _NOT_FOR_CELLS) | {"currency", *_CONTACT_COLUMNS}
"""Fields a column may be mapped to (``--map column=field``)."""


def import_table(
    path: Path, bundle: ImportBundle, *, columns: Mapping[str, str], encoding: str | None, progress: Progress
) -> None:
    """Read every row of the table into ``bundle``.

    Args:
        path: the table, also gzip.
        bundle: where listings and set-aside rows go.
        columns: column name to field, over what is guessed; an empty field leaves the column aside.
        encoding: of the file; found out when None.
        progress: called with rows done.

    Raises:
        ImportFault: no header, no column for a title or description, or bytes that are no text.
    """
    sample = first_bytes(path, _SAMPLE)
    bundle.report.encoding = encoding = encoding or sniff_encoding(path, sample)
    delimiter = sniff_delimiter(sample.decode(encoding, "replace"))
    rows = _rows(path, encoding, delimiter, bundle)
    try:
        _, header = next(rows)
    except StopIteration:
        raise ImportFault(f"{path} is empty: a table needs a first line with the names of its columns") from None
    mapping = map_columns(header, columns, path)
    bundle.report.columns = mapping
    bundle.keep_original(path)
    stem = path.name.partition(".")[0]
    try:
        for number, cells in rows:
            _import_row(header, cells, mapping, number, path, stem, bundle)
            if number % 500 == 0:
                progress(number, 0)
    except ImportFault as fault:
        bundle.report.cut = str(fault)


def sniff_encoding(path: Path, sample: bytes) -> str:
    """Return the encoding of a table: by its byte order mark, else UTF-8 where it fits, else Windows-1252 or -1251.

    Raises :class:`ImportFault` for bytes that are no text in any of them.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if sample.startswith(mark):
            return name
    if b"\x00" in sample:
        raise ImportFault(f"{path} holds zero bytes, so it is no table of text: save it as CSV in UTF-8")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        high = [byte for byte in sample if byte >= 0x80]
        # In Windows-1251 nearly every letter of a Russian word is 0xC0-0xFF; in Western text such bytes stand alone.
        runs = sum(1 for one, two in pairwise(sample) if one >= 0xC0 and two >= 0xC0)
        return "cp1251" if high and runs * 2 > len(high) else "cp1252"
    return "utf-8"


def sniff_delimiter(sample: str) -> str:
    """Return the delimiter that parts the first lines into equally many cells, the most of them."""
    lines = [line for line in sample.splitlines()[:20] if line.strip()] or [""]
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        score = (widths[0] - 1) * (widths.count(widths[0]) / len(widths))
        if score > best_score:
            best, best_score = delimiter, score
    return best


def map_columns(header: Iterable[str], given: Mapping[str, str], path: Path) -> dict[str, str]:
    """Return the field of each column that has one. Raises :class:`ImportFault` for a mapping that cannot work."""
    names = [name.strip() for name in header]
    for column, field in given.items():
        if column not in names:
            raise ImportFault(f"{path} has no column {column!r} (--map {column}={field}); it has: {', '.join(names)}")
        if field and field not in FIELDS:
            raise ImportFault(
                f"{field!r} is no field (--map {column}={field}); fields are: {', '.join(sorted(FIELDS))}"
            )
    mapping = {column: field for column, field in given.items() if field}
    taken = set(mapping.values())
    for name in names:
        guessed = _guess(name)
        if name not in given and guessed and guessed not in taken:
            mapping[name] = guessed
            taken.add(guessed)
    if not taken & {"title", "description"}:
        raise ImportFault(
            f"{path}: no column was recognised as title or description; say which one it is with --map COLUMN=title. "
            f"The columns are: {', '.join(names)}"
        )
    return {name: mapping[name] for name in names if name in mapping}


@cache
def _column_names() -> dict[str, str]:
    data: dict[str, str] = yaml.load((DATA / "columns.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return {_fold(word): field for field, text in data.items() for word in word_list(text)}


def _fold(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").replace(".", " ").split())


def _guess(name: str) -> str | None:
    field = _column_names().get(_fold(name)) or (name.casefold() if name.casefold() in FIELDS else None)
    if field:
        return field
    labelled = field_of(name.replace("_", " "))
    return {"manufacturer": "brand", "strength": None, "form": None, "substances": None, "count": None}.get(
        labelled or "", labelled
    )


def _rows(path: Path, encoding: str, delimiter: str, bundle: ImportBundle) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells; lines that are too long or no text in the encoding are set aside."""
    position = [0]

    def lines() -> Iterator[str]:
        if encoding == "utf-16":
            yield from _utf16_lines(path, position)
            return
        decoder = "utf-8-sig" if encoding in ("utf-8", "utf-8-sig") else encoding
        for number, line in bounded_lines(path):
            position[0] = number
            if line is None:
                bundle.reject(Reject(path.name, f"line {number}", f"the line is longer than {MAX_LINE} bytes"))
                continue
            try:
                yield line.decode(decoder if number == 1 else decoder.removesuffix("-sig"))
            except UnicodeDecodeError as error:
                text = line[:2_000].decode(encoding, "replace")
                bundle.reject(Reject(path.name, f"line {number}", f"not {encoding} at byte {error.start + 1}", text))

    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(lines(), delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            bundle.reject(Reject(path.name, f"line {position[0]}", f"no row of a table: {error}"))
            continue
        if any(cell.strip() for cell in cells):
            yield position[0], cells[:MAX_COLUMNS]


def _utf16_lines(path: Path, position: list[int]) -> Iterator[str]:
    size = path.stat().st_size
    if size > 256 * 1024 * 1024:
        raise ImportFault(f"{path} is UTF-16 and larger than 256 MiB: save it as UTF-8")
    with io.TextIOWrapper(path.open("rb"), encoding="utf-16", errors="replace", newline="") as stream:
        while line := stream.readline(MAX_LINE):
            position[0] += 1
            yield line


def _import_row(
    header: list[str], cells: list[str], mapping: Mapping[str, str], number: int, path: Path, stem: str,
    bundle: ImportBundle,
) -> None:  # fmt: skip
    row: dict[str, Any] = {}
    for name, cell in zip((name.strip() for name in header), cells, strict=False):
        value = cell.strip()
        if value:
            row[mapping.get(name) or (name or "column")] = value
    if len(cells) > len(header):
        row["more_cells"] = cells[len(header) :]
    contacts = [{"kind": kind, "raw": row.pop(kind)} for kind in _CONTACT_COLUMNS if kind in row]
    if contacts:
        row["contacts"] = contacts
    try:
        bundle.add_listing(listing_of_row(_shaped(row), file_stem=stem))
    except ValueError as error:
        bundle.reject(Reject(path.name, f"line {number}", str(error), " | ".join(cells)[:2_000]))


def _shaped(row: dict[str, Any]) -> dict[str, Any]:
    """Bring the cells whose field is no plain text into its shape; a cell that cannot be is kept aside as it is."""
    if "availability" in row and row["availability"] not in ("in_stock", "out_of_stock", "unknown"):
        row["given_availability"] = row.pop("availability")
    if "captured_at" in row:
        row = {**row, "captured_at": row["captured_at"].replace(" ", "T", 1)}
        if row["captured_at"][-6:-5] not in "+-" and not row["captured_at"].endswith("Z"):
            row["given_captured_at"] = row.pop("captured_at")
    for name in ("prescription", "product"):
        if name in row:
            row[f"given_{name}"] = row.pop(name)
    return row
