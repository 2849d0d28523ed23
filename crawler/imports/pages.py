"""Saved web pages (a folder or one file, also gzip) to a bundle: evidence each, and read like crawled ones."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from casefile.records import Listing, listing_id
from crawler.extract.bounds import MAX_PAGE_BYTES
from crawler.extract.document import NOWHERE, web_url
from crawler.imports.bundling import ImportBundle
from crawler.imports.jsonl import Progress
from crawler.imports.source import ImportFault, Reject, looks_like_html
from crawler.pages import PageExtract, extract_page

MAX_FILES: Final = 200_000
MAX_INDEX: Final = 32 * 1024 * 1024
_SAVED_FROM = re.compile(
    rb"<!--\s*saved from url=\(\d+\)(\S+)\s|Page saved with SingleFile\s+url:\s*(\S+)"
    rb"|<!-- Mirrored from (\S+) by HTTrack",
    re.IGNORECASE,
)


def html_files(source: Path) -> Iterator[Path]:
    """Yield the saved pages of a folder in order of their paths: by suffix, or because they begin like a web page."""
    if source.is_file():
        yield source
        return
    found = 0
    for path in sorted(source.rglob("*")):
        if (
            path.is_symlink()
            or not path.is_file()
            or any(part.startswith(".") for part in path.relative_to(source).parts)
        ):
            continue
        name = path.name.lower().removesuffix(".gz")
        if name.endswith((".html", ".htm", ".xhtml", ".mhtml.html")) or ("." not in name and _sniffs_as_page(path)):
            found += 1
            if found > MAX_FILES:
                raise ImportFault(f"{source} holds more than {MAX_FILES} pages: import its folders one by one")
            yield path


def _sniffs_as_page(path: Path) -> bool:
    try:
        return looks_like_html(_unpacked(path, 4_096))
    except (OSError, EOFError, zlib.error):
        return False


def _unpacked(path: Path, limit: int) -> bytes:
    """Return at most ``limit`` bytes of a file, unpacked when it is gzip."""
    with path.open("rb") as stream:
        if stream.read(2) != b"\x1f\x8b":
            stream.seek(0)
            return stream.read(limit)
    with gzip.open(path, "rb") as packed:
        return packed.read(limit)


def import_pages(source: Path, bundle: ImportBundle, *, progress: Progress) -> None:
    """Read every saved page of ``source`` into ``bundle``; one that cannot be read is set aside by name."""
    files = list(html_files(source))
    if not files:
        raise ImportFault(f"{source} holds no saved web page (.html, .htm, also .gz, or a file that begins like one)")
    root = source if source.is_dir() else source.parent
    addresses = _AddressBook(root)
    for number, path in enumerate(files, 1):
        name = path.relative_to(root).as_posix()
        try:
            body = _unpacked(path, MAX_PAGE_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            bundle.reject(Reject(name, "whole file", f"cannot be read: {error}"))
            continue
        if len(body) > MAX_PAGE_BYTES:
            bundle.reject(Reject(name, "whole file", f"the page is larger than {MAX_PAGE_BYTES} bytes"))
            continue
        if path.suffix == ".gz":
            bundle.keep_original(path)
        _import_page(bundle, body, name, root.name, addresses.of(path, body))
        progress(number, len(files))


def _import_page(bundle: ImportBundle, body: bytes, name: str, folder: str, address: str | None) -> None:
    place = "file:///" + quote(f"{folder}/{name}")
    page = extract_page(body, address or place)
    url = web_url(page.url) or place
    capture = bundle.add_page(url, body, "text/html", bundle.clock())
    if page.refused:
        bundle.reject(Reject(name, "whole page", page.refused))
        return
    if capture is None:
        return
    take_page(bundle, page, capture.id, name, site=folder if url == place else None)


def take_page(bundle: ImportBundle, page: PageExtract, capture: str, name: str, *, site: str | None = None,
              captured_at: datetime | None = None) -> int:  # fmt: skip
    """Write what a page gives and return the number of its listings.

    A list page gives its entries, because the pages behind them may not be there. ``site`` is given for a page
    without a web address.
    """
    taken = 0
    for listing in page.listings or page.cards:
        changes: dict[str, Any] = {"capture": capture, "captured_at": captured_at or bundle.clock()}
        if site:
            changes |= _without_address(listing, site, name, single=bool(page.listings))
        taken += bundle.add_listing(listing.model_copy(update=changes))
    if taken:
        bundle.report.pages_with_listing += 1
    else:
        bundle.report.without_listing.append(name)
    return taken


def _without_address(listing: Listing, site: str, name: str, *, single: bool) -> dict[str, Any]:
    key = name if single else f"{name}\n{listing.url or listing.title}"
    images = tuple(image for image in listing.images if not image.url.startswith(NOWHERE))
    extra = {**listing.extra, "file": name}
    return {"id": listing_id(site, key), "site": site, "url": None, "images": images, "extra": extra}


class _AddressBook:
    """Finds the web address a page was saved from.

    Looked for in this order: a side file (``page.html.json`` or ``page.json`` with ``url``), an index (a JSON file of
    the folder or the one above that maps file names to ``url``), the note a browser leaves in a saved page. The page's
    own canonical address comes last and is found by the extraction.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._indexes: dict[Path, dict[str, str]] = {}

    def of(self, path: Path, body: bytes) -> str | None:
        """Return the address of a page, None when nothing tells it."""
        stem = path.name.removesuffix(".gz").rpartition(".")[0] or path.name
        for side in (path.with_name(path.name + ".json"), path.with_name(f"{stem}.json")):
            url = _address(_read_json(side))
            if url:
                return url
        folder = path.parent
        while True:
            index = self._index(folder)
            for key in (stem, path.name, path.name.removesuffix(".gz"), path.relative_to(folder).as_posix()):
                if key in index:
                    return index[key]
            if folder == self._root or self._root not in folder.parents:
                break
            folder = folder.parent
        note = _SAVED_FROM.search(body[:8_192])
        if note:
            stated = next(filter(None, note.groups())).decode("ascii", "replace")
            return web_url(stated if "://" in stated else f"http://{stated}")
        return None

    def _index(self, folder: Path) -> dict[str, str]:
        if folder not in self._indexes:
            found: dict[str, str] = {}
            for path in sorted(folder.glob("*.json"))[:20]:
                data = _read_json(path)
                for key, value in data.items() if isinstance(data, dict) else ():
                    url = value if isinstance(value, str) else _address(value)
                    if url and web_url(url):
                        found.setdefault(str(key), url)
            self._indexes[folder] = found
        return self._indexes[folder]


def _address(data: object) -> str | None:
    url = data.get("url") if isinstance(data, dict) else None
    return web_url(url) if isinstance(url, str) and urlsplit(url).scheme else None


def _read_json(path: Path) -> object:
    try:
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_INDEX:
            return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        pass
    return None
