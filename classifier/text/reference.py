"""Reading the reference data that is written as YAML, and naming its state."""

import gc
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C loader is ten times as fast; both build plain data only."""


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds; the caller checks it
    """Return what a YAML file holds; raises ``OSError`` and ``yaml.YAMLError``."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader either way


def digest_of(name: str, files: Iterable[Path]) -> str:
    """Return ``name-`` and 16 hex digits that stand for names and content of ``files``: the same data, the same id."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"{name}-{total.hexdigest()[:16]}"


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Let the garbage collector rest while reference data is loaded.

    Hundreds of thousands of small objects come into being and all of them stay: looking for garbage among them again
    and again doubled the time of loading.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
