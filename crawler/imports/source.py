"""What every import shares: the kind of a file, its digest, what was set aside, and what came of it."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Literal, cast

SourceKind = Literal["jsonl", "table", "warc", "wacz", "pages"]

MAX_LINE: Final = 4 * 1024 * 1024
"""Bytes of one line of a table or JSON-lines file; a longer one is set aside."""
MAX_UNPACKED: Final = 8 * 1024**3
"""Bytes that one packed file may unpack to."""
MAX_RATIO: Final = 1_000
"""Unpacked bytes per packed byte beyond which a file is taken for a bomb (text packs 5- to 20-fold)."""
RATIO_COUNTS_FROM: Final = 64 * 1024 * 1024
"""Below this size nothing is a bomb."""
_BLOCK: Final = 1 << 16


class ImportFault(Exception):
    """A source cannot be imported, or not further; the message says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One row or page that was set aside."""

    file: str
    place: str
    """``line 17`` or a record's address."""
    error: str
    text: str = ""
    """The beginning of what was set aside."""


@dataclass(slots=True)
class ImportReport:
    """What came of one source."""

    source: str
    kind: SourceKind
    run_id: str
    listings: int = 0
    pages: int = 0
    pages_with_listing: int = 0
    without_listing: list[str] = field(default_factory=list)
    rejects: int = 0
    first_rejects: list[Reject] = field(default_factory=list)
    """The first twenty, for the screen; all of them are in ``rejects.jsonl`` of the bundle."""
    columns: dict[str, str] = field(default_factory=dict)
    """Column of a table to the field it was read as."""
    encoding: str | None = None
    cut: str | None = None
    """Where and why the source ended before its end; what stood before was imported."""

    @property
    def is_whole(self) -> bool:
        """Whether all of the source was imported."""
        return self.rejects == 0 and self.cut is None


def kind_of(path: Path) -> SourceKind:
    """Tell the kind of a source by its first bytes, with its name as a hint. Raises :class:`ImportFault`."""
    if path.is_dir():
        return "pages"
    try:
        head = first_bytes(path, 4_096)
    except (OSError, EOFError, zlib.error) as error:
        raise ImportFault(f"{path} cannot be read: {error}") from error
    name = path.name.lower().removesuffix(".gz")
    with path.open("rb") as stream:
        if stream.read(4) == b"PK\x03\x04":
            return "wacz"
    if head.startswith(b"WARC/"):
        return "warc"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{") or name.endswith((".jsonl", ".ndjson", ".jsonlines")):
        return "jsonl"
    if looks_like_html(head):
        return "pages"
    if name.endswith((".csv", ".tsv", ".tab", ".txt")):
        return "table"
    raise ImportFault(
        f"{path} is of no kind that can be imported: give CSV, JSON lines, WARC, WACZ or saved HTML pages (also .gz)"
    )


def looks_like_html(head: bytes) -> bool:
    """Whether a file begins as a web page does."""
    start = head[:4_096].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<!--", b"<meta")) or (
        start.startswith(b"<") and (b"<html" in start or b"<body" in start or b"<div" in start)
    )


def first_bytes(path: Path, size: int) -> bytes:
    """Return the first bytes of a file, unpacked when it is gzip; of a damaged file what can be read."""
    parts: list[bytes] = []
    with open_unpacked(path) as stream:
        while size > 0:
            try:
                part = stream.read(min(size, 512))
            except (EOFError, OSError, zlib.error):
                if not parts:
                    raise
                break
            if not part:
                break
            parts.append(part)
            size -= len(part)
    return b"".join(parts)


def open_unpacked(path: Path) -> BinaryIO:
    """Open a file for reading, through gzip when its first bytes say so."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    return cast("BinaryIO", gzip.open(path, "rb")) if packed else path.open("rb")


def bounded_lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """Yield number and bytes of each line of a file (also gzip); None for a line over :data:`MAX_LINE`.

    Raises :class:`ImportFault` when a packed file is cut, damaged or unpacks beyond all measure; the lines before
    have then been yielded.
    """
    packed = path.stat().st_size
    number = total = 0
    with open_unpacked(path) as stream:
        while True:
            try:
                line = stream.readline(MAX_LINE + 1)
            except (EOFError, OSError, zlib.error) as error:
                raise ImportFault(
                    f"{path}: damaged after line {number} ({error}); what stood before was read"
                ) from error
            if not line:
                return
            number += 1
            total += len(line)
            if len(line) > MAX_LINE and not line.endswith(b"\n"):
                total += _skip_line(stream, path, packed, total)
                yield number, None
            else:
                yield number, line
            refuse_bomb(path, packed, total)


def _skip_line(stream: BinaryIO, path: Path, packed: int, total: int) -> int:
    skipped = 0
    while True:
        rest = stream.readline(_BLOCK)
        skipped += len(rest)
        refuse_bomb(path, packed, total + skipped)
        if not rest or rest.endswith(b"\n"):
            return skipped


def refuse_bomb(path: Path, packed: int, unpacked: int) -> None:
    """Raise :class:`ImportFault` when a file unpacks beyond the bounds."""
    if unpacked > MAX_UNPACKED:
        raise ImportFault(f"{path} unpacks to more than {MAX_UNPACKED} bytes: split it, and import the parts")
    if unpacked > RATIO_COUNTS_FROM and unpacked > packed * MAX_RATIO:
        raise ImportFault(f"{path} unpacks to more than {MAX_RATIO} times its size: refused as a bomb")


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
