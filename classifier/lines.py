"""JSON lines in, JSON lines out: what `pharmakon assess` reads and writes, one bounded line at a time."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from casefile.records import Listing

if TYPE_CHECKING:
    from classifier.assess import Assessor

LONGEST_LINE = 64 << 20
"""Bytes of one line that are read; a longer one becomes an error line, whatever its length."""

_DEEPEST = 40
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_ID = 500


class LineError(ValueError):
    """A line is not a listing; ``row_id`` names it where that could be read."""

    def __init__(self, message: str, row_id: str | None = None) -> None:
        super().__init__(message)
        self.row_id = row_id


def split_lines(stream: BinaryIO, limit: int = LONGEST_LINE) -> Iterator[bytes | None]:
    """Yield each non-empty line of ``stream``, None for one longer than ``limit`` bytes (the rest is skipped)."""
    while line := stream.readline(limit + 1):
        if len(line) > limit:
            while line and not line.endswith(b"\n"):
                line = stream.readline(1 << 20)
            yield None
        elif line.strip():
            yield line


def parse_line(line: bytes | None) -> Listing:
    """Return the listing of one line; raises :class:`LineError` for everything that is none."""
    if line is None:
        raise LineError(f"the line is longer than {LONGEST_LINE >> 20} MiB")
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LineError(f"the line is not UTF-8 (byte {error.start})") from None
    try:
        row = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise LineError("the JSON is nested too deeply") from None
    except ValueError as error:
        raise LineError(f"the line is not JSON: {str(error)[:200]}") from None
    return _listing(row, "\\ud" in text or "\\uD" in text)


def _listing(row: object, surrogates: bool) -> Listing:
    row_id = row.get("id") if isinstance(row, dict) else None
    named = str(row_id)[:_LONGEST_ID] if isinstance(row_id, str | int) and not isinstance(row_id, bool) else None
    if surrogates:
        try:
            row = _mended(row, _DEEPEST)
            named = _SURROGATE.sub("\ufffd", named) if named else None
        except RecursionError:
            raise LineError("the JSON is nested too deeply", named) from None
    try:
        return Listing.from_row(row)
    except ValueError as error:
        raise LineError(str(error)[:500], named) from None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _mended(value: object, depth: int) -> object:
    """Replace lone surrogates by U+FFFD: same length, so that offsets stay true; a seller must not hide behind one."""
    if depth == 0:
        raise RecursionError
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mended(v, depth - 1) for v in value]
    if isinstance(value, dict):
        return {_mended(k, 1): _mended(v, depth - 1) for k, v in value.items()}
    return value


def assess_lines(assessor: "Assessor", lines: Sequence[bytes | None]) -> list[dict[str, Any]]:
    """Return one output object per line, same order: an assessment, or ``{"id", "error"}``."""
    out: list[dict[str, Any] | None] = []
    listings: list[Listing] = []
    for line in lines:
        try:
            listings.append(parse_line(line))
            out.append(None)
        except LineError as error:
            out.append({"id": error.row_id, "error": str(error)})
    found = iter(_assessed(assessor, listings))
    return [row if row is not None else next(found) for row in out]


def _assessed(assessor: "Assessor", listings: Sequence[Listing]) -> Iterator[dict[str, Any]]:
    """Assess ``listings`` together; when that fails, one by one, so that only the listing at fault is lost."""
    try:
        yield from [_plain(fields) for fields in assessor.fields(listings)]
        return
    except Exception:  # noqa: S110 - the fault is found and reported listing by listing below
        pass
    for listing in listings:
        try:
            yield _plain(next(assessor.fields([listing])))
        except Exception as error:
            yield {"id": listing.id, "error": f"could not be assessed ({type(error).__name__}: {str(error)[:200]})"}


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Drop what is missing (absent, never null or empty), but keep the keys that the contract promises."""
    keep = ("cues", "suspected", "language")
    return {k: v for k, v in fields.items() if k in keep or (v is not None and v not in ("", [], {}))}


def dump_line(row: dict[str, Any]) -> bytes:
    """Return the line of one output object."""
    return (
        json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace") + b"\n"
    )


def chunks(lines: Iterable[bytes | None], rows: int, size: int) -> Iterator[list[bytes | None]]:
    """Group ``lines`` into chunks of at most ``rows`` lines and, a longer line apart, ``size`` bytes."""
    chunk: list[bytes | None] = []
    held = 0
    for line in lines:
        chunk.append(line)
        held += len(line) if line is not None else 0
        if len(chunk) >= rows or held >= size:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk
