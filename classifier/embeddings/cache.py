"""Embeddings kept by the hash of their text, as plain files that several processes may read and write at once.

The folder holds vectors, not texts; still a vector tells what a text was about, so it is readable by its owner only and
lies with the workspace. Deleting it loses nothing but time.
"""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifier.embeddings.encoder import Embeddings, Encoder, bounded

MOST_FILES = 200_000
"""Vectors kept at most: 0.3 GB of numbers for a width of 384."""

_DRAWERS = 256
_SEAL = 32
_UNFINISHED = ".part"


class EmbeddingCache:
    """One file a vector: its SHA-256, then its numbers (little-endian float32), below a drawer of two digits.

    A file appears under its name only when whole, and one whose seal is broken counts as missing, so neither a killed
    nor a second process can leave a wrong vector. A drawer that is full loses its oldest half.
    """

    def __init__(self, folder: Path, *, digest: str, width: int, most_files: int = MOST_FILES) -> None:
        self._folder = folder
        self._digest = digest.encode()
        self._width = width
        self._drawer_holds = max(2, most_files // _DRAWERS)
        self._counts: dict[str, int] = {}

    def get(self, text: str) -> Embeddings | None:
        """Return the vector of ``text``, or None."""
        try:
            data = self._path(text).read_bytes()
        except OSError:
            return None
        seal, numbers = data[:_SEAL], data[_SEAL:]
        if len(numbers) != 4 * self._width or hashlib.sha256(numbers).digest() != seal:
            return None
        return np.frombuffer(numbers, dtype="<f4").astype(np.float32)

    def put(self, text: str, vector: Embeddings) -> None:
        """Keep the vector of ``text``; raises ``OSError``."""
        path = self._path(text)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_room(path.parent)
        numbers = vector.astype("<f4").tobytes()
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=_UNFINISHED)  # readable by its owner only
        with os.fdopen(handle, "wb") as out:
            out.write(hashlib.sha256(numbers).digest() + numbers)
        os.replace(temporary, path)

    def _path(self, text: str) -> Path:
        key = hashlib.sha256(self._digest + b"\n" + bounded(text).encode()).hexdigest()
        return self._folder / key[:2] / key[2:]

    def _make_room(self, drawer: Path) -> None:
        held = self._counts.get(drawer.name)
        if held is None or held >= self._drawer_holds:
            files = sorted((p for p in drawer.iterdir() if p.suffix != _UNFINISHED), key=_age)
            if len(files) >= self._drawer_holds:
                for old in files[: len(files) - self._drawer_holds // 2]:
                    old.unlink(missing_ok=True)
                    files = files[1:]
            held = len(files)
        self._counts[drawer.name] = held + 1


def _age(path: Path) -> tuple[int, str]:
    try:
        return path.stat().st_mtime_ns, path.name
    except FileNotFoundError:  # another process made room
        return 0, path.name


class CachedEncoder:
    """An encoder that looks into the cache first; the numbers are the same either way."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self._encoder = encoder
        self._cache = EmbeddingCache(folder, digest=encoder.digest, width=encoder.width)

    @property
    def digest(self) -> str:
        """The digest of the encoder behind."""
        return self._encoder.digest

    @property
    def width(self) -> int:
        """Numbers in one vector."""
        return self._encoder.width

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return texts x width; a cache that cannot be written to costs time and nothing else."""
        out = np.zeros((len(texts), self.width), dtype=np.float32)
        for row, text in enumerate(texts):
            kept = self._cache.get(text)
            if kept is None:
                kept = self._encoder.encode([text])[0]
                try:
                    self._cache.put(text, kept)
                except OSError:
                    pass  # a full or read-only disk must not stop an assessment
            out[row] = kept
        return out
