"""Checking a bundle before anything of it is believed: names, sizes, digests, the custody chain and every record.

A bundle comes from another machine or another person, so its manifest is hostile until checked: a path may leave the
folder, a symbolic link may point at a secret, a size may be a lie.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeVar

from pydantic import ValidationError

from casefile.records import FIRST_LINK, BundleFile, BundleManifest, Capture, CustodyEntry, Record, RunReport
from casefile.records.bundle import CAPTURES_NAME, CUSTODY_NAME, LISTINGS_NAME, MANIFEST_NAME, RUN_NAME

MAX_MANIFEST_BYTES = 64 * 1024 * 1024
MAX_FILES = 200_000
MAX_BUNDLE_BYTES = 256 * 1024**3
MAX_LINE_BYTES = 16 * 1024 * 1024
"""One record; a page is at most 16 MiB and a listing is less than its page."""
MAX_RUN_BYTES = 256 * 1024 * 1024
READ_BYTES = 1024 * 1024

R = TypeVar("R", bound=Record)


class BundleError(Exception):
    """A bundle was refused; the message names the first fault. Nothing of it was taken in."""


@dataclass(frozen=True)
class CheckedBundle:
    """A bundle whose every digest was checked."""

    folder: Path
    hash: str
    manifest: BundleManifest
    manifest_bytes: bytes
    run: RunReport
    custody: tuple[CustodyEntry, ...]

    @property
    def bytes(self) -> int:
        """Return the size of all files but the manifest."""
        return sum(file.bytes for file in self.manifest.files)

    def has(self, name: str) -> bool:
        """Return whether the manifest lists a file."""
        return any(file.path == name for file in self.manifest.files)


def load_manifest(folder: Path) -> tuple[BundleManifest, bytes]:
    """Return the manifest of a bundle and its bytes, with every path in it checked; raises :class:`BundleError`."""
    path = folder / MANIFEST_NAME
    if not folder.is_dir():
        raise BundleError(f"{folder} is not a folder: give the folder that `pharmakon crawl --out` wrote")
    if not path.exists() and not path.is_symlink():
        raise BundleError(
            f"{folder} is not sealed (it has no {MANIFEST_NAME}): the run that wrote it was stopped. "
            f"Seal what it holds with `pharmakon crawl --recover {folder}`, then ingest it again"
        )
    with open_regular(folder, MANIFEST_NAME) as stream:
        data = stream.read(MAX_MANIFEST_BYTES + 1)
    if len(data) > MAX_MANIFEST_BYTES:
        raise BundleError(f"{path} is larger than {MAX_MANIFEST_BYTES} bytes")
    try:
        manifest = BundleManifest.model_validate_json(data)
    except ValidationError as error:
        raise BundleError(f"{path} is no manifest: {_first(error)}") from error
    check_paths(path, manifest.files)
    return manifest, data


def check_bundle(folder: Path, *, progress: Callable[[int, int], None] | None = None) -> CheckedBundle:
    """Check digests, custody chain and run report of a bundle; ``progress`` gets bytes done and bytes in all.

    Raises :class:`BundleError` that names the first file at fault.
    """
    manifest, data = load_manifest(folder)
    done, total = 0, sum(file.bytes for file in manifest.files)
    for file in manifest.files:
        with open_regular(folder, file.path) as stream:
            for block in checked_blocks(folder, file, stream):
                done += len(block)
                if progress is not None:
                    progress(done, total)
    for name in (RUN_NAME, CUSTODY_NAME, LISTINGS_NAME, CAPTURES_NAME):
        if all(file.path != name for file in manifest.files):
            raise BundleError(f"{folder}: the manifest lists no {name}: this is no whole bundle")
    return CheckedBundle(folder, manifest.bundle_hash(), manifest, data, _run(folder), _custody(folder))


def checked_blocks(folder: Path, file: BundleFile, stream: BinaryIO) -> Iterator[bytes]:
    """Yield the blocks of a file; raises :class:`BundleError` at its end when size or digest is not the manifest's."""
    digest, size = hashlib.sha256(), 0
    while block := stream.read(READ_BYTES):
        size += len(block)
        if size > file.bytes:
            break
        digest.update(block)
        yield block
    if size != file.bytes or digest.hexdigest() != file.sha256:
        what = "its size" if size != file.bytes else "its sha256"
        raise BundleError(f"{folder / file.path} was changed since the bundle was sealed: {what} is not the manifest's")


def open_regular(folder: Path, name: str) -> BinaryIO:
    """Open a regular file inside a folder without following a symbolic link at any step of its path."""
    path = folder
    for part in PurePosixPath(name).parts:
        path = path / part
        if path.is_symlink():
            raise BundleError(f"{path} is a symbolic link: a bundle holds plain files only")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise BundleError(f"{path} is missing although the manifest lists it") from None
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BundleError(f"{path} is not a plain file")
    return os.fdopen(descriptor, "rb")


def records(folder: Path, name: str, model: type[R]) -> Iterator[tuple[int, R]]:
    """Yield line number and record of a JSON-lines file; raises :class:`BundleError` naming file and line."""
    with open_regular(folder, name) as stream:
        number = 0
        while line := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise BundleError(f"{folder / name}, line {number}: longer than {MAX_LINE_BYTES} bytes")
            if not line.strip():
                continue
            try:
                yield number, model.model_validate_json(line)
            except ValidationError as error:
                raise BundleError(f"{folder / name}, line {number}: {_first(error)}") from error


def check_capture(bundle: CheckedBundle, sizes: dict[str, int], number: int, capture: Capture) -> None:
    """Raise :class:`BundleError` when a capture points at bytes that the bundle does not have."""
    where = f"{bundle.folder / CAPTURES_NAME}, line {number}: capture {capture.id}"
    if capture.warc_file not in sizes:
        raise BundleError(f"{where} names {capture.warc_file}, which the manifest does not list")
    start, length = capture.warc_offset, capture.warc_length
    if start < 0 or length < 0 or start + length > sizes[capture.warc_file]:
        raise BundleError(f"{where} points outside {capture.warc_file}")
    if capture.screenshot is not None and capture.screenshot not in sizes:
        raise BundleError(f"{where} names {capture.screenshot}, which the manifest does not list")


def check_paths(manifest: Path, files: tuple[BundleFile, ...]) -> None:
    """Raise :class:`BundleError` for a list of files with a path that leaves its folder, is odd or is there twice."""
    if len(files) > MAX_FILES:
        raise BundleError(f"{manifest} lists {len(files)} files; {MAX_FILES} is the most")
    seen: set[str] = set()
    for file in files:
        parts = file.path.split("/")
        plain = all(part not in ("", ".", "..") and part.isprintable() and len(part) <= 200 for part in parts)
        if not plain or "\\" in file.path or ":" in parts[0] or len(parts) > 8:
            raise BundleError(f"{manifest} lists {file.path!r}: a path must stay inside the bundle and be plain")
        # On a file system that ignores letter case two such files would be one.
        if file.path.casefold() in seen or file.path.casefold() == manifest.name:
            raise BundleError(f"{manifest} lists {file.path!r} twice, or lists itself")
        seen.add(file.path.casefold())
        if file.bytes < 0:
            raise BundleError(f"{manifest} gives {file.path!r} a negative size")
    if sum(file.bytes for file in files) > MAX_BUNDLE_BYTES:
        raise BundleError(f"{manifest} lists more than {MAX_BUNDLE_BYTES} bytes")


def _run(folder: Path) -> RunReport:
    with open_regular(folder, RUN_NAME) as stream:
        data = stream.read(MAX_RUN_BYTES + 1)
    if len(data) > MAX_RUN_BYTES:
        raise BundleError(f"{folder / RUN_NAME} is larger than {MAX_RUN_BYTES} bytes")
    try:
        return RunReport.model_validate_json(data)
    except ValidationError as error:
        raise BundleError(f"{folder / RUN_NAME}: {_first(error)}") from error


def _custody(folder: Path) -> tuple[CustodyEntry, ...]:
    previous, chain = FIRST_LINK, []
    for number, entry in records(folder, CUSTODY_NAME, CustodyEntry):
        if entry.previous != previous or entry.hash != entry.expected_hash():
            raise BundleError(f"{folder / CUSTODY_NAME}, line {number}: the custody chain is broken here")
        previous = entry.hash
        chain.append(entry)
    if not chain:
        raise BundleError(f"{folder / CUSTODY_NAME} is empty: nobody vouches for this bundle")
    return tuple(chain)


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return f"field '{where}': {first['msg']}" if where else first["msg"]


__all__ = [
    "BundleError", "CheckedBundle", "check_bundle", "check_capture", "check_paths", "checked_blocks", "load_manifest",
    "open_regular", "records",
]  # fmt: skip
