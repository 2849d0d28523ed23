"""Reference data kept in the form it is read in: what takes a second to build from its sources opens in a moment.

A kept file is named by a digest of everything it was made from: the data, and the code that read it. It holds plain
JSON under the digest of its own bytes. A file that is absent, stale, damaged or cannot be written changes nothing but
the time of the start: the data is built from the sources, as if nothing had been kept.
"""

import hashlib
import json
import os
import tempfile
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from casefile import records
from classifier.text.places import kept_folder

_LARGEST = 64 << 20
_HERE = Path(__file__).resolve().parent
_READERS = (_HERE, _HERE.parent / "cues", Path(records.__file__).resolve().parent)
"""Folders of the code that decides what is built from the data, the codebook's words among it."""


def kept(name: str, sources: Iterable[Path], build: Callable[[], Any]) -> Any:  # noqa: ANN401 - plain JSON data
    """Return what ``build`` makes of ``sources`` (lists, string-keyed dicts, strings, numbers), kept from last time.

    Raises what ``build`` and reading the sources raise, and nothing of its own.
    """
    path = kept_folder() / f"{name}-{_state_of(sources)}.json"
    found = _read(path)
    if found is None:
        found = build()
        with suppress(OSError):
            _write(path, found)
    return found


def plain(data: Any) -> str:  # noqa: ANN401 - plain JSON data
    """Return ``data`` as JSON in the fewest characters."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _state_of(sources: Iterable[Path]) -> str:
    """Return 32 hex digits that stand for the data, the code and the Unicode tables a kept file rests on."""
    total = hashlib.sha256(unicodedata.unidata_version.encode())
    code = (path for folder in _READERS for path in folder.glob("*.py"))
    for path in (*sorted(sources), *sorted(code)):
        content = path.read_bytes()
        total.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()[:32]


def _read(path: Path) -> Any:  # noqa: ANN401 - plain JSON data
    """Return what the file holds, None unless it is there and whole."""
    try:
        if path.stat().st_size > _LARGEST:
            return None
        digest, _, body = path.read_bytes().partition(b"\n")
        return json.loads(body) if hashlib.sha256(body).hexdigest().encode() == digest else None
    except (OSError, ValueError, RecursionError):
        return None


def _write(path: Path, data: Any) -> None:  # noqa: ANN401 - plain JSON data
    """Put the whole file in place at once, and take away those of other states; raises ``OSError``."""
    body = plain(data).encode()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        Path(scratch).replace(path)
    except OSError:
        Path(scratch).unlink(missing_ok=True)
        raise
    name = path.stem.rpartition("-")[0]
    for other in path.parent.glob(f"{name}-*.json"):
        if other != path:
            other.unlink(missing_ok=True)
