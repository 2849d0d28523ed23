"""Reading any listings file (JSONL, also gzipped) for the sandbox to serve: bounded, and kind to bad rows.

A row is kept as its JSON bytes and read again when its page is asked, so that 49,000 rows stay small in memory.
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

from casefile.records import Listing
from crawler.sandbox.catalogue import SandboxError

MAX_ROWS: Final = 250_000
MAX_LINE: Final = 1_048_576
"""Longest line in bytes, after decompression."""
MAX_BYTES: Final = 1_073_741_824
"""Most bytes read from all files together, after decompression."""


@dataclass
class ListingsFile:
    """Rows to serve, and what was wrong with those that are not served."""

    rows: list[bytes] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    skipped: int = 0
    first_fault: str | None = None

    def listing(self, index: int) -> Listing | None:
        """Return the listing at ``index`` (from 0), or None."""
        if not 0 <= index < len(self.rows):
            return None
        return Listing.from_row(json.loads(self.rows[index]))

    def skip(self, where: str, reason: str) -> None:
        """Count a row that cannot be served and remember the first reason."""
        self.skipped += 1
        if self.first_fault is None:
            self.first_fault = f"{where}: {reason}"


def _lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """Yield the lines of ``stream``; None stands for one that is too long, which is passed over unread."""
    while line := stream.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE)
            yield None
        else:
            yield line


def load_listings(paths: Sequence[Path]) -> ListingsFile:
    """Read the rows of ``paths`` in order.

    Raises:
        SandboxError: a file cannot be read, is damaged, is too large, or no row of all files can be served.
    """
    held = ListingsFile()
    total = 0
    for path in paths:
        try:
            opened = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")
            with opened as raw:
                for number, line in enumerate(_lines(cast(BinaryIO, raw)), start=1):
                    total += len(line) if line is not None else MAX_LINE
                    if total > MAX_BYTES:
                        raise SandboxError(f"{path}: more than {MAX_BYTES} bytes of rows; serve fewer or smaller files")
                    _take(held, line, f"{path.name} line {number}")
                    if len(held.rows) > MAX_ROWS:
                        raise SandboxError(f"{path}: more than {MAX_ROWS} rows; serve fewer or smaller files")
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise SandboxError(
                f"cannot read the listings file {path}: {reason}; give a JSONL file, plain or .gz"
            ) from error
    if not held.rows:
        fault = f" (first fault: {held.first_fault})" if held.first_fault else " (no rows)"
        raise SandboxError(f"no listing to serve in {', '.join(map(str, paths))}{fault}")
    return held


def _take(held: ListingsFile, line: bytes | None, where: str) -> None:
    """Check one line and keep it, or count it as skipped."""
    if line is None:
        held.skip(where, f"longer than {MAX_LINE} bytes")
        return
    text = line.strip()
    if not text:
        return
    try:
        listing = Listing.from_row(json.loads(text))
    except (ValueError, RecursionError) as error:
        held.skip(where, str(error))
        return
    held.rows.append(text)
    held.titles.append((listing.title or listing.description or listing.id)[:120])
