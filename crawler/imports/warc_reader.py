"""Reading WARC files of other tools record by record, bounded, and telling exactly where a cut file ends.

Streaming and small on purpose: warcio reads a truncated file to its end without a word.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import brotli  # type: ignore[import-untyped,unused-ignore] # ships no types

MAX_HEADER: Final = 64 * 1024
MAX_BLOCK: Final = 64 * 1024 * 1024
"""Bytes of one record that are kept; the rest of a larger record is skipped."""
MAX_BODY: Final = 16 * 1024 * 1024
"""Bytes of one body after content decoding."""
_COPY: Final = 1 << 16


class WarcCut(Exception):
    """The archive ends, or stops making sense, inside a record; the message says where."""


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """One record: its header fields in lower case, and its block."""

    number: int
    headers: dict[str, str]
    block: bytes
    whole: bool
    """False when the block was larger than :data:`MAX_BLOCK` and is kept in part."""

    @property
    def kind(self) -> str:
        """``response``, ``resource``, ``request``..."""
        return self.headers.get("warc-type", "").lower()


def read_records(stream: BinaryIO) -> Iterator[WarcRecord]:
    """Yield the records of an unpacked WARC stream. Raises :class:`WarcCut` where it ends inside one."""
    number = 0
    while True:
        number += 1
        try:
            headers = _read_head(stream, number)
            if headers is None:
                return
            length = _length(headers, number)
            block = _read_exactly(stream, min(length, MAX_BLOCK), number)
            _skip(stream, length - len(block), number)
        except (EOFError, OSError, zlib.error) as error:
            raise WarcCut(f"record {number} is cut or damaged ({error})") from error
        yield WarcRecord(number, headers, block, len(block) == length)


def _read_head(stream: BinaryIO, number: int) -> dict[str, str] | None:
    line = b"\n"
    while line in (b"\r\n", b"\n"):
        line = stream.readline(MAX_HEADER)
    if not line:
        return None
    if not line.startswith(b"WARC/"):
        raise WarcCut(f"record {number} does not begin with WARC/ but with {line[:20]!r}")
    headers: dict[str, str] = {}
    size = last = 0
    name = ""
    while True:
        line = stream.readline(MAX_HEADER)
        size += len(line)
        if not line.endswith(b"\n") or size > MAX_HEADER:
            raise WarcCut(f"the header of record {number} is cut or too long")
        if line in (b"\r\n", b"\n"):
            return headers
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if text[0] in " \t" and last:
            headers[name] += " " + text.strip()
            continue
        name, _, value = text.partition(":")
        name = name.strip().lower()
        last = 1
        headers.setdefault(name, value.strip())


def _length(headers: dict[str, str], number: int) -> int:
    stated = headers.get("content-length", "")
    if not stated.isascii() or not stated.isdigit() or len(stated) > 15:
        raise WarcCut(f"record {number} states no length that can be read ({stated[:40]!r})")
    return int(stated)


def _read_exactly(stream: BinaryIO, size: int, number: int) -> bytes:
    parts = []
    left = size
    while left:
        part = stream.read(min(left, _COPY))
        if not part:
            raise WarcCut(f"record {number} ends {left} bytes early")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _skip(stream: BinaryIO, size: int, number: int) -> None:
    while size > 0:
        part = stream.read(min(size, _COPY))
        if not part:
            raise WarcCut(f"record {number} ends {size} bytes early")
        size -= len(part)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response as a WARC block holds it."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    """As it went over the wire, before content decoding."""

    def header(self, name: str) -> str | None:
        """Return the first value of a header."""
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), None)


def parse_response(block: bytes) -> HttpResponse | None:
    """Split the block of a ``response`` record, None when it is no HTTP response."""
    head, separator, body = block.partition(b"\r\n\r\n")
    if not separator:
        head, separator, body = block.partition(b"\n\n")
    lines = head.replace(b"\r\n", b"\n").split(b"\n")
    parts = lines[0].split(None, 2)
    if not separator or len(parts) < 2 or not parts[0].startswith(b"HTTP/") or not parts[1][:3].isdigit():
        return None
    headers = []
    for line in lines[1:200]:
        name, found, value = line.partition(b":")
        if found:
            headers.append((name.strip(), value.strip()))
    return HttpResponse(int(parts[1][:3]), tuple(headers), body)


def decoded_body(response: HttpResponse) -> bytes:
    """Return the body after transfer and content decoding, at most :data:`MAX_BODY` + 1 bytes.

    A coding that does not fit the bytes leaves them as they are: crawlers write decoded bodies under old headers.
    """
    body = response.body
    if "chunked" in (response.header("transfer-encoding") or "").lower():
        body = _unchunked(body)
    coding = (response.header("content-encoding") or "").lower().strip()
    try:
        if coding in ("gzip", "x-gzip", "deflate"):
            window = 16 + zlib.MAX_WBITS if coding != "deflate" or body[:2] == b"\x1f\x8b" else zlib.MAX_WBITS
            return zlib.decompressobj(window).decompress(body, MAX_BODY + 1)
        if coding == "br":
            return _unbrotli(body)
    except (zlib.error, brotli.error):
        return body[: MAX_BODY + 1]
    return body[: MAX_BODY + 1]


def _unbrotli(body: bytes) -> bytes:
    unpacker = brotli.Decompressor()
    parts: list[bytes] = []
    size = 0
    part = unpacker.process(body, output_buffer_limit=_COPY)
    while part:
        parts.append(part)
        size += len(part)
        if size > MAX_BODY or unpacker.is_finished():
            break
        part = unpacker.process(b"", output_buffer_limit=_COPY)
    return b"".join(parts)


def _unchunked(body: bytes) -> bytes:
    parts: list[bytes] = []
    position = 0
    while True:
        end = body.find(b"\r\n", position)
        size_text = body[position:end].partition(b";")[0].strip() if end >= 0 else b""
        try:
            size = int(size_text, 16)
        except ValueError:
            # No chunk head: the writer had already taken the chunks away.
            return b"".join(parts) or body
        if size <= 0:
            return b"".join(parts)
        parts.append(body[end + 2 : end + 2 + size])
        position = end + 2 + size + 2
