"""Writing WARC 1.1: one gzip member a record, ``sha256:`` digests, and the place of each record.

Bodies are written as they were received (before content decoding). The reason phrase, the case of header names and
the chunking are lost in the HTTP client below us; the ``warcinfo`` record of every file says so.
"""

import gzip
import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, Literal
from urllib.parse import urlsplit

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from casefile.records import utc_text

Headers = Iterable[tuple[bytes, bytes]]
Truncation = Literal["length", "time", "disconnect", "unspecified"]
"""Why a body is not complete, in the words of WARC 1.1 section 5.13."""

GZIP_LEVEL: Final = 2
"""Level 9 costs several times the time of level 2 for a few per cent of space."""
ROLL_OVER_BYTES: Final = 1 << 30
"""A file that has grown beyond this is closed and the next one begun (WARC 1.1 annex C recommends 1 GB)."""

LOSSES: Final = (
    "the reason phrase of a response is the standard one for its status; the case of header names and the chunked "
    "transfer coding are not preserved; bodies are as received, before content decoding"
)


@dataclass(frozen=True)
class WarcPlace:
    """Where a record is kept."""

    file: str
    """Path inside the bundle."""
    offset: int
    length: int
    """Bytes of the gzip member, so ``offset + length`` is where the next record begins."""


@dataclass(frozen=True)
class Exchange:
    """One request and the response to it, as they went over the wire."""

    url: str
    fetched_at: datetime
    status: int
    response_headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    """As received, before content decoding."""
    method: str = "GET"
    request_headers: tuple[tuple[bytes, bytes], ...] = ()
    request_body: bytes = b""
    protocol: str = "HTTP/1.1"
    peer_ip: str | None = None
    truncated: Truncation | None = None


def new_record_id() -> str:
    """Return a fresh ``urn:uuid:`` record id."""
    return f"<urn:uuid:{uuid.uuid4()}>"


class _RecordWriter(WARCWriter):  # type: ignore[misc] # warcio ships no types
    """warcio's writer with SHA-256 instead of its built-in SHA-1."""

    @staticmethod
    def _create_digester() -> Digester:
        return _HexDigester()

    def ensure_digest(self, record: ArcWarcRecord, block: bool = True, payload: bool = True) -> None:
        """Add the block digest only: the payload digest is set by those who know where the payload begins."""
        super().ensure_digest(record, block=block, payload=False)


class _HexDigester(Digester):  # type: ignore[misc] # warcio ships no types
    """``sha256:`` with hexadecimal digits, the form used for hashes everywhere else in a bundle."""

    def __init__(self) -> None:
        super().__init__("sha256")

    def __str__(self) -> str:
        return f"sha256:{self.digester.hexdigest()}"


class Archive:
    """The WARC files of one bundle, written record by record.

    A record is composed in memory, compressed as one gzip member and appended with one write, so that a killed
    process leaves at most one torn record, the last. Use :meth:`close` at the end.
    """

    def __init__(
        self,
        folder: Path,
        *,
        prefix: str,
        info: Mapping[str, str],
        clock: Callable[[], datetime],
        new_id: Callable[[], str] = new_record_id,
        roll_over_bytes: int = ROLL_OVER_BYTES,
    ) -> None:
        self._folder = folder
        self._prefix = prefix
        self._info = {**info, "format": "WARC File Format 1.1", "description": LOSSES}
        self._clock = clock
        self._new_id = new_id
        self._roll_over_bytes = roll_over_bytes
        self._file: BinaryIO | None = None
        self._name = ""
        self._offset = 0
        self._number = 0
        self._warcinfo_id = ""

    def write_exchange(self, exchange: Exchange) -> WarcPlace:
        """Write the response and its request; return the place of the response."""
        date = utc_text(exchange.fetched_at)
        response_id = self._new_id()
        headers = {
            "WARC-Record-ID": response_id,
            "WARC-Date": date,
            "WARC-Target-URI": exchange.url,
            "WARC-Payload-Digest": f"sha256:{hashlib.sha256(exchange.body).hexdigest()}",
        }
        if exchange.peer_ip:
            headers["WARC-IP-Address"] = exchange.peer_ip
        if exchange.truncated:
            headers["WARC-Truncated"] = exchange.truncated
        place = self._write("response", headers, _response_block(exchange), "application/http; msgtype=response")
        self._write(
            "request",
            {
                "WARC-Record-ID": self._new_id(),
                "WARC-Date": date,
                "WARC-Target-URI": exchange.url,
                "WARC-Concurrent-To": response_id,
            },
            _request_block(exchange),
            "application/http; msgtype=request",
            same_file=True,
        )
        return place

    def write_resource(self, url: str, payload: bytes, media_type: str, fetched_at: datetime) -> WarcPlace:
        """Write bytes that did not come as an HTTP response (a file given to an import); return their place."""
        return self._write("resource", self._derived(url, payload, fetched_at), payload, media_type)

    def write_conversion(self, url: str, payload: bytes, media_type: str, fetched_at: datetime) -> WarcPlace:
        """Write what a browser made of a response (the rendered DOM); return its place."""
        return self._write("conversion", self._derived(url, payload, fetched_at), payload, media_type)

    def sync(self) -> None:
        """Hand what was written to the operating system."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the current file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def fileno(self) -> int | None:
        """Return the descriptor of the current file, for an ``fsync``."""
        return None if self._file is None else self._file.fileno()

    def _derived(self, url: str, payload: bytes, fetched_at: datetime) -> dict[str, str]:
        return {
            "WARC-Record-ID": self._new_id(),
            "WARC-Date": utc_text(fetched_at),
            "WARC-Target-URI": url,
            "WARC-Payload-Digest": f"sha256:{hashlib.sha256(payload).hexdigest()}",
        }

    def _write(
        self, kind: str, headers: dict[str, str], block: bytes, media_type: str, *, same_file: bool = False
    ) -> WarcPlace:
        if self._file is None or (self._offset >= self._roll_over_bytes and not same_file):
            self._begin_file()
        return self._append(kind, {**headers, "WARC-Warcinfo-ID": self._warcinfo_id}, block, media_type)

    def _begin_file(self) -> None:
        self.close()
        self._number += 1
        self._name = f"{self._prefix}-{self._number:05d}.warc.gz"
        # Unbuffered: each record reaches the operating system with its own write.
        self._file = (self._folder / self._name).open("xb", buffering=0)
        self._offset = 0
        self._warcinfo_id = self._new_id()
        fields = "".join(f"{name}: {value}\r\n" for name, value in self._info.items())
        self._append(
            "warcinfo",
            {
                "WARC-Record-ID": self._warcinfo_id,
                "WARC-Filename": self._name,
                "WARC-Date": utc_text(self._clock()),
            },
            fields.encode(),
            "application/warc-fields",
        )

    def _append(self, kind: str, headers: dict[str, str], block: bytes, media_type: str) -> WarcPlace:
        member = gzip.compress(_record_bytes(kind, headers, block, media_type), GZIP_LEVEL, mtime=0)
        if self._file is None:
            raise RuntimeError("a record was written before its file was begun")
        append_whole(self._file, member)
        place = WarcPlace(f"{self._folder.name}/{self._name}", self._offset, len(member))
        self._offset += len(member)
        return place


def append_whole(stream: BinaryIO, data: bytes) -> None:
    """Append ``data`` to an unbuffered file whole or, when the disk is full, not at all."""
    start = stream.tell()
    view = memoryview(data)
    try:
        while view:
            view = view[stream.write(view) :]
    except OSError:
        stream.truncate(start)
        stream.seek(start)
        raise


def _record_bytes(kind: str, headers: dict[str, str], block: bytes, media_type: str) -> bytes:
    """Return the uncompressed record; the block goes in untouched (warcio would re-encode HTTP headers)."""
    named = StatusAndHeaders("", [("WARC-Type", kind), *headers.items()], protocol="WARC/1.1")
    record = ArcWarcRecord("warc", kind, named, BytesIO(block), None, media_type, len(block))
    record.payload_length = len(block)
    out = BytesIO()
    _RecordWriter(out, gzip=False, warc_version="1.1").write_record(record)
    return out.getvalue()


def _response_block(exchange: Exchange) -> bytes:
    try:
        phrase = HTTPStatus(exchange.status).phrase
    except ValueError:
        phrase = ""
    head = f"{exchange.protocol} {exchange.status} {phrase}".encode("latin-1", "replace")
    return _http_block(head, exchange.response_headers, exchange.body)


def _request_block(exchange: Exchange) -> bytes:
    parts = urlsplit(exchange.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = f"{exchange.method} {target} HTTP/1.1".encode("ascii", "replace")
    headers = exchange.request_headers
    if not any(name.lower() == b"host" for name, _ in headers):
        headers = ((b"Host", parts.netloc.rpartition("@")[2].encode("ascii", "replace")), *headers)
    return _http_block(head, headers, exchange.request_body)


def _http_block(head: bytes, headers: Headers, body: bytes) -> bytes:
    lines = [head, *(name + b": " + value for name, value in headers)]
    return b"\r\n".join(line.replace(b"\r", b" ").replace(b"\n", b" ") for line in lines) + b"\r\n\r\n" + body
