"""JSON lines (also gzip) to a bundle. A broken line is set aside with its number and never stops the run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crawler.imports.bundling import ImportBundle
from crawler.imports.rows import listing_of_row
from crawler.imports.source import MAX_LINE, ImportFault, Reject, bounded_lines

Progress = Callable[[int, int], None]


def import_jsonl(path: Path, bundle: ImportBundle, *, progress: Progress) -> None:
    """Read every line of ``path`` into ``bundle``."""
    bundle.keep_original(path)
    stem = path.name.partition(".")[0]
    try:
        for number, line in bounded_lines(path):
            if line is None:
                bundle.reject(Reject(path.name, f"line {number}", f"the line is longer than {MAX_LINE} bytes"))
            elif line.strip():
                _import_line(line, number, path, stem, bundle)
            if number % 500 == 0:
                progress(number, 0)
    except ImportFault as fault:
        bundle.report.cut = str(fault)


def _import_line(line: bytes, number: int, path: Path, stem: str, bundle: ImportBundle) -> None:
    try:
        bundle.add_listing(listing_of_row(read_object(line), file_stem=stem))
    except ValueError as error:
        bundle.reject(Reject(path.name, f"line {number}", str(error), line[:2_000].decode("utf-8", "replace")))


def read_object(line: bytes) -> dict[str, Any]:
    """Return the JSON object of one line. Raises ``ValueError`` that says what is wrong with it."""
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start + 1}") from None
    try:
        row = json.loads(text, parse_constant=_no_number, parse_int=_safe_integer, parse_float=_finite)
        if "\\u" in text:
            json.dumps(row, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deep") from None
    except UnicodeEncodeError:
        raise ValueError("half of a surrogate pair stands alone in a text") from None
    except ValueError as error:
        raise ValueError(f"no valid JSON: {error}") from None
    if not isinstance(row, dict):
        raise ValueError(f"expected a JSON object, found {type(row).__name__}")
    return row


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _safe_integer(digits: str) -> int | str:
    """Keep an integer beyond 2**53 as text: RFC 8785, the form every record is hashed in, cannot carry it."""
    return digits if len(digits) > 16 or abs(int(digits)) > 2**53 else int(digits)


def _finite(digits: str) -> float | str:
    number = float(digits)
    return number if abs(number) < 1e300 else digits
