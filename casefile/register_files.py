"""Rows of an agency's file, whatever its format, within bounds that no honest register reaches."""

import contextlib
import csv
import gzip
import hashlib
import io
import itertools
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast
from xml.etree.ElementTree import ParseError

from casefile.register_mapping import RegisterMapping, candidates

MAX_FILE: Final = 512 * 1024 * 1024
"""Bytes of a file, and of what it unpacks to."""
MAX_WORKBOOK: Final = 192 * 1024 * 1024
"""Bytes a workbook unpacks to; its texts are held in memory."""
MAX_ROWS: Final = 2_000_000
MAX_COLUMNS: Final = 200
MAX_CELL: Final = 2_000
"""Code points of a cell; a list of pack sizes is cut, no name is that long."""
MAX_LINE: Final = 1024 * 1024
HEADER_WITHIN: Final = 40
"""Rows among which the row of names stands; agencies put notes above it."""
_MEMBERS = 5_000
_RATIO = 200
"""A spreadsheet packs to about a tenth; a member that unpacks to 200 times its size was made to fill memory."""
_BIG_ENOUGH_TO_JUDGE = 1024 * 1024


class RegisterFileError(Exception):
    """A register file was refused; the message says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """The mapped cells of one row."""

    line: int
    """Number of the row in the file, from 1."""
    cells: dict[str, str]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file; raises :class:`RegisterFileError`."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise RegisterFileError(f"{path} is larger than {MAX_FILE // 2**20} MB: split it, or is it the right file?")
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise RegisterFileError(f"{path} cannot be read: {error.strerror}") from error


def read_rows(path: Path, mapping: RegisterMapping) -> Iterator[RegisterRow]:
    """Yield the rows of ``path`` with the mapped fields; raises :class:`RegisterFileError`."""
    try:
        if mapping.format == "jsonl":
            yield from _objects(path, mapping)
        else:
            rows = _sheet(path) if mapping.format == "xlsx" else _table(path, mapping)
            yield from _mapped(path, rows, mapping)
    except UnicodeDecodeError as error:
        raise RegisterFileError(
            f"{path} is not {mapping.encoding} at byte {error.start}: set 'encoding' in the mapping"
        ) from error
    except LookupError as error:
        raise RegisterFileError(f"{path}: encoding '{mapping.encoding}' of the mapping is unknown") from error
    except (zlib.error, gzip.BadGzipFile, EOFError, zipfile.BadZipFile, ParseError, csv.Error) as error:
        raise RegisterFileError(f"{path} is damaged or not a {mapping.format} file ({error})") from error
    except OSError as error:
        raise RegisterFileError(f"{path} cannot be read: {error}") from error


class _Bounded(io.RawIOBase):
    """Bytes of a file, refused once more than :data:`MAX_FILE` of them came out."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream, self._path, self._left = stream, path, MAX_FILE

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a writable buffer, which typing cannot say before 3.12
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise RegisterFileError(f"{self._path} unpacks to more than {MAX_FILE // 2**20} MB: that is no register")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _text(path: Path, mapping: RegisterMapping) -> io.TextIOWrapper:
    with path.open("rb") as head:
        packed = head.read(2) == b"\x1f\x8b"
    stream = cast(IO[bytes], gzip.open(path, "rb") if packed else path.open("rb"))
    encoding = "utf-8-sig" if mapping.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else mapping.encoding
    return io.TextIOWrapper(io.BufferedReader(_Bounded(stream, path)), encoding=encoding, newline="")


def _table(path: Path, mapping: RegisterMapping) -> Iterator[list[str]]:
    with _text(path, mapping) as lines:
        if mapping.format == "tsv":
            # Agencies' tab files carry bare quotation marks inside cells.
            yield from (line.rstrip("\r\n").split("\t")[:MAX_COLUMNS] for line in _lines(path, lines))
            return
        sample = lines.readline(MAX_LINE)
        delimiter = max(",;|\t", key=sample.count)
        reader = csv.reader(itertools.chain([sample], _lines(path, lines)), delimiter=delimiter)
        yield from (row[:MAX_COLUMNS] for row in reader)


def _lines(path: Path, stream: io.TextIOWrapper) -> Iterator[str]:
    for number in itertools.count(1):
        line = stream.readline(MAX_LINE)
        if not line:
            return
        if len(line) == MAX_LINE:
            raise RegisterFileError(f"{path}, line {number} is longer than {MAX_LINE} characters: that is no table")
        yield line


def _sheet(path: Path) -> Iterator[list[str]]:
    """Yield the rows of the first sheet of a workbook."""
    _check_archive(path)
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        with contextlib.closing(book):
            for sheet in book.worksheets[:1]:
                for row in sheet.iter_rows(max_col=MAX_COLUMNS, max_row=MAX_ROWS + 1, values_only=True):
                    yield ["" if cell is None else str(cell) for cell in row]
    except (InvalidFileException, KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        # What a workbook with a part missing, or with entities in its XML, makes the reader raise.
        raise RegisterFileError(f"{path} is damaged or not an XLSX file ({error})") from error


def _check_archive(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    if len(members) > _MEMBERS:
        raise RegisterFileError(f"{path} holds {len(members)} files: that is no workbook")
    if sum(member.file_size for member in members) > MAX_WORKBOOK:
        raise RegisterFileError(
            f"{path} unpacks to more than {MAX_WORKBOOK // 2**20} MB, which is held in memory: save it as CSV"
        )
    for member in members:
        if member.file_size > _BIG_ENOUGH_TO_JUDGE and member.file_size > _RATIO * max(1, member.compress_size):
            raise RegisterFileError(
                f"{path}: '{member.filename[:80]}' unpacks to {member.file_size:,} bytes from "
                f"{member.compress_size:,}: it was made to fill memory; save the workbook again as CSV"
            )


def _mapped(path: Path, rows: Iterator[list[str]], mapping: RegisterMapping) -> Iterator[RegisterRow]:
    places: dict[str, int] | None = None
    if mapping.header == "none":
        places = {field: int(candidates(column)[0]) for field, column in mapping.columns.items()}
    for line, row in enumerate(rows, 1):
        if line > MAX_ROWS:
            raise RegisterFileError(f"{path} has more than {MAX_ROWS:,} rows: that is no register")
        if places is None:
            places = _header(row, mapping)
            if places is None and line >= HEADER_WITHIN:
                break
            continue
        if any(cell.strip() for cell in row):
            cells = {field: row[at].strip()[:MAX_CELL] for field, at in places.items() if at < len(row)}
            yield RegisterRow(line, cells)
    if places is None:
        wanted = ", ".join(str(candidates(column)[0]) for column in mapping.columns.values())
        raise RegisterFileError(f"{path}: no row of the first {HEADER_WITHIN} names the mapped columns ({wanted})")


def _header(row: list[str], mapping: RegisterMapping) -> dict[str, int] | None:
    """Return where each field stands, or None when ``row`` is not the row of names."""
    names = [" ".join(cell.split()).casefold() for cell in row]
    places: dict[str, int] = {}
    for field, column in mapping.columns.items():
        for wanted in candidates(column):
            if isinstance(wanted, int):
                places.setdefault(field, wanted)
            elif wanted.casefold() in names:
                places.setdefault(field, names.index(wanted.casefold()))
    named = [f for f, c in mapping.columns.items() if any(isinstance(w, str) for w in candidates(c))]
    found = [f for f in named if f in places]
    return places if found and len(found) * 2 >= len(named) else None


def _objects(path: Path, mapping: RegisterMapping) -> Iterator[RegisterRow]:
    with _text(path, mapping) as stream:
        for line, text in enumerate(_lines(path, stream), 1):
            if line > MAX_ROWS:
                raise RegisterFileError(f"{path} has more than {MAX_ROWS:,} rows: that is no register")
            if not text.strip():
                continue
            try:
                row = json.loads(text)
            except (json.JSONDecodeError, RecursionError) as error:
                raise RegisterFileError(f"{path}, line {line} is not JSON ({error})") from error
            if not isinstance(row, dict):
                raise RegisterFileError(f"{path}, line {line} must be a JSON object")
            yield RegisterRow(line, _cells(row, mapping))


def _cells(row: dict[str, Any], mapping: RegisterMapping) -> dict[str, str]:
    cells: dict[str, str] = {}
    for field, column in mapping.columns.items():
        for name in candidates(column):
            value = row.get(str(name))
            if value not in (None, "", []):
                listed = value if isinstance(value, list) else [value]
                cells[field] = mapping.separator.join(str(each) for each in listed).strip()[:MAX_CELL]
                break
    return cells
