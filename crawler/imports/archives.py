"""WARC and WACZ files of other tools to a bundle: each page is read as if it were crawled, with its own date."""

import shutil
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from crawler.evidence.warc import Exchange, WarcPlace
from crawler.imports.bundling import ImportBundle
from crawler.imports.jsonl import Progress
from crawler.imports.pages import take_page
from crawler.imports.source import (
    MAX_RATIO,
    MAX_UNPACKED,
    RATIO_COUNTS_FROM,
    ImportFault,
    Reject,
    looks_like_html,
    open_unpacked,
    refuse_bomb,
)
from crawler.imports.warc_reader import (
    MAX_BLOCK,
    MAX_BODY,
    HttpResponse,
    WarcCut,
    WarcRecord,
    decoded_body,
    parse_response,
    read_records,
)
from crawler.pages import extract_page

MAX_ENTRIES: Final = 20_000
"""Files in one WACZ."""


def import_warc(path: Path, bundle: ImportBundle, *, progress: Progress) -> None:
    """Read every page of a WARC file into ``bundle``; what stands before a cut is kept."""
    bundle.keep_original(path)
    _read_archive(path, path.name, bundle, progress)


def import_wacz(path: Path, bundle: ImportBundle, *, progress: Progress) -> None:
    """Read every page of the WARC files in a WACZ. Raises :class:`ImportFault` for one that is unsafe or damaged."""
    try:
        with zipfile.ZipFile(path) as packed:
            entries = _checked_entries(packed, path)
            bundle.keep_original(path)
            for entry in entries:
                with tempfile.NamedTemporaryFile(suffix=".warc") as unpacked:
                    with packed.open(entry) as source:
                        shutil.copyfileobj(_Bounded(source, path, entry), unpacked)
                    unpacked.flush()
                    _read_archive(Path(unpacked.name), f"{path.name}/{entry.filename}", bundle, progress)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise ImportFault(f"{path} is no WACZ that can be read: {error}") from error


class _Bounded:
    """Reads one entry and refuses it once it gives more than its index says."""

    def __init__(self, source: object, path: Path, entry: zipfile.ZipInfo) -> None:
        self._source = source
        self._path = path
        self._entry = entry
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._source.read(size)  # type: ignore[attr-defined] # a ZipExtFile
        self._read += len(data)
        if self._read > self._entry.file_size:
            raise ImportFault(f"{self._path}: {self._entry.filename} is larger than its index says: refused")
        return data


def _checked_entries(packed: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    entries = packed.infolist()
    if len(entries) > MAX_ENTRIES:
        raise ImportFault(f"{path} holds more than {MAX_ENTRIES} files: refused")
    total = 0
    for entry in entries:
        parts = PurePosixPath(entry.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in entry.filename[:3] or "\x00" in entry.filename:
            raise ImportFault(f"{path} holds a file named {entry.filename[:100]!r}, which leaves its folder: refused")
        total += entry.file_size
        if entry.file_size > RATIO_COUNTS_FROM and entry.file_size > max(entry.compress_size, 1) * MAX_RATIO:
            raise ImportFault(f"{path}: {entry.filename} unpacks to more than {MAX_RATIO} times its size: refused")
    if total > MAX_UNPACKED:
        raise ImportFault(f"{path} unpacks to {total} bytes, more than {MAX_UNPACKED}: split it, and import the parts")
    archives = [entry for entry in entries if entry.filename.lower().endswith((".warc", ".warc.gz"))]
    if not archives:
        raise ImportFault(f"{path} holds no WARC file under archive/, so it is no WACZ")
    return archives


def _read_archive(place: Path, name: str, bundle: ImportBundle, progress: Progress) -> None:
    packed = place.stat().st_size
    with open_unpacked(place) as stream:
        counted = _Counted(stream, place, packed)
        count = 0
        try:
            for record in read_records(counted):  # type: ignore[arg-type] # has what the reader asks of a stream
                count = record.number
                _import_record(record, name, bundle)
                progress(count, 0)
        except WarcCut as cut:
            bundle.report.cut = f"{name}: {cut}; the {count} whole records before it were imported"


class _Counted:
    """A stream that refuses to unpack beyond the bounds."""

    def __init__(self, stream: BinaryIO, place: Path, packed: int) -> None:
        self._stream = stream
        self._place = place
        self._packed = packed
        self._total = 0

    def read(self, size: int) -> bytes:
        return self._count(self._stream.read(size))

    def readline(self, size: int) -> bytes:
        return self._count(self._stream.readline(size))

    def _count(self, data: bytes) -> bytes:
        self._total += len(data)
        refuse_bomb(self._place, self._packed, self._total)
        return data


def _import_record(record: WarcRecord, name: str, bundle: ImportBundle) -> None:
    url = record.headers.get("warc-target-uri", "").strip("<>")
    if record.kind not in ("response", "resource") or not url.startswith(("http://", "https://")):
        return
    if not record.whole:
        bundle.reject(Reject(name, url, f"the record is larger than {MAX_BLOCK} bytes"))
        return
    when = _date(record.headers.get("warc-date", ""))
    if when is None:
        bundle.reject(Reject(name, url, "the record has no date that can be read"))
        return
    if record.kind == "resource":
        _import_resource(record, url, when, name, bundle)
        return
    response = parse_response(record.block)
    if response is None:
        bundle.reject(Reject(name, url, "the record holds no HTTP response"))
        return
    media_type = response.header("content-type") or ""
    if response.status != 200 or not ("html" in media_type or (not media_type and looks_like_html(response.body))):
        return
    body = decoded_body(response)
    if len(body) > MAX_BODY:
        bundle.reject(Reject(name, url, f"the page unpacks to more than {MAX_BODY} bytes"))
        return
    _take(url, body, media_type, response.body, when, name, bundle, response)


def _import_resource(record: WarcRecord, url: str, when: datetime, name: str, bundle: ImportBundle) -> None:
    media_type = record.headers.get("content-type", "")
    if "html" in media_type or looks_like_html(record.block):
        _take(url, record.block, media_type or "text/html", record.block, when, name, bundle, None)


def _take(url: str, body: bytes, media_type: str, payload: bytes, when: datetime, name: str, bundle: ImportBundle,
          response: HttpResponse | None) -> None:  # fmt: skip
    page = extract_page(body, url, content_type=media_type)

    def write_response() -> WarcPlace:
        if response is None:
            return bundle.writer.archive.write_resource(url, payload, media_type, when)
        exchange = Exchange(url, when, response.status, response.headers, response.body)
        return bundle.writer.archive.write_exchange(exchange)

    capture = bundle.add_page(
        url, payload, media_type.partition(";")[0].strip() or "text/html", when,
        status=response.status if response else None, write=write_response,
    )  # fmt: skip
    if page.refused:
        bundle.reject(Reject(name, url, page.refused))
    elif capture is not None:
        take_page(bundle, page, capture.id, url, captured_at=when)


def _date(stated: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(stated)
    except ValueError:
        return None
    return when if when.tzinfo else None
