"""Taking up a stopped run: which of the lines already written belong to the first lines of the input."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from classifier.lines import LineError, parse_line


class ResumeError(Exception):
    """What is already written is not the beginning of this run; the message says where they part and what to do."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a stopped run had finished: whole output lines, how many of them are errors, and their bytes."""

    rows: int
    errors: int
    size: int


_ADVICE = "run without --resume to begin again"


def done_already(written: BinaryIO, lines: Iterator[bytes | None], *, model: str, lexicon: str) -> Done:
    """Return how far ``written`` (output lines) has come with ``lines`` (input), which is left at the next line to do.

    A last line without its end is not counted. Each whole line must name the listing of its input line and be made by
    ``model`` and ``lexicon``; otherwise :class:`ResumeError`, since the rest would not fit what is there.
    """
    rows = errors = size = 0
    for line in written:
        if not line.endswith(b"\n"):
            break
        where = f"line {rows + 1} of what is already written"
        row = _row(line, where)
        try:
            asked = _id_of(next(lines))
        except StopIteration:
            raise ResumeError(f"{where}: the input has only {rows} lines; {_ADVICE}") from None
        if row.get("id") != asked:
            raise ResumeError(f"{where} is of listing {row.get('id')!r}, the input has {asked!r} there; {_ADVICE}")
        failed = "error" in row
        if not failed and (row.get("model"), row.get("lexicon")) != (model, lexicon):
            raise ResumeError(f"{where} was made by another model or lexicon; {_ADVICE}")
        rows, errors, size = rows + 1, errors + failed, size + len(line)
    return Done(rows, errors, size)


def _row(line: bytes, where: str) -> dict[str, object]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise ResumeError(f"{where} is no assessment; {_ADVICE}")
    return row


def _id_of(line: bytes | None) -> str | None:
    try:
        return parse_line(line).id
    except LineError as error:
        return error.row_id
