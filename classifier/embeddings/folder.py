"""The folder of an exported encoder: where it lies, what it must hold, and whether it is still what was written.

A folder holds ``encoder.json`` (the manifest), ``model.onnx`` and ``tokenizer.json``. Folders are found by content: the
digest of an encoder covers the source weights, its settings and the recipe of the export, and names its folder below
:func:`embeddings_root`. They are made on each machine from the packaged weights and not kept in the repository: 23 MB
for a stage that earns little (see the model card), made again in seconds.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.persist import ModelError

FORMAT = "pharmakon-encoder/1"
RECIPE = "onnx opset 17, batch of one, int8 per channel, 7-bit range/1"
"""How the export computes; a change of it makes another encoder.

Weights use 7 of 8 bits: processors without VNNI add products of full 8 bits with saturation, so they would give other
numbers than those with it.
"""

MANIFEST, MODEL, TOKENIZER = "encoder.json", "model.onnx", "tokenizer.json"
CACHE = "cache"
"""Folder beside the files in which embeddings are kept."""

_LARGEST = {MANIFEST: 1 << 20, MODEL: 2 << 30, TOKENIZER: 64 << 20}
_WIDEST = 4096
_LONGEST_TOKENS = 512
_CHECKOUT = Path(__file__).resolve().parents[2]


class EncoderError(ModelError):
    """An encoder cannot be used; the message says what is wrong, where, and what to do."""


ADVICE = "delete the folder and run `pharmakon embeddings export`"


def embeddings_root() -> Path:
    """Return the folder that holds exported encoders and their caches.

    ``PHARMAKON_EMBEDDINGS`` if set; else ``data/workspace/embeddings`` of a checkout, or the user's cache folder.
    """
    stated = os.environ.get("PHARMAKON_EMBEDDINGS")
    if stated:
        return Path(stated)
    if (_CHECKOUT / "pyproject.toml").is_file():
        return _CHECKOUT / "data" / "workspace" / "embeddings"
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "pharmakon" / "embeddings"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderManifest:
    """What an encoder is: everything its embeddings depend on, and the digests of its files."""

    name: str
    """As configured: ``minilm``, a name, or a path; only for people."""
    width: int
    """Numbers in one embedding."""
    longest_tokens: int
    """Tokens of a text that are read; the rest is cut."""
    source: dict[str, str]
    """SHA-256 of each file of the source model."""
    files: dict[str, str]
    """SHA-256 of ``model.onnx`` and ``tokenizer.json``."""
    checked: dict[str, float]
    """Cosines between the embeddings of this export and of the source, by ``mean`` and ``least``."""

    @property
    def digest(self) -> str:
        """Return what identifies the encoder: the source weights, the settings and the recipe."""
        said = {"format": FORMAT, "recipe": RECIPE, "tokens": self.longest_tokens, "source": self.source}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def folder(self, root: Path) -> Path:
        """Return where this encoder lies below ``root``."""
        return folder_of(self.digest, root)

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``encoder.json``."""
        return {
            "format": FORMAT, "recipe": RECIPE, "digest": self.digest, "name": self.name, "width": self.width,
            "longest_tokens": self.longest_tokens, "source": self.source, "files": self.files,
            "checked": self.checked,
        }  # fmt: skip


def folder_of(digest: str, root: Path) -> Path:
    """Return where the encoder with ``digest`` (64 hexadecimal digits) lies below ``root``."""
    return root / digest[:16]


def read_manifest(folder: Path) -> EncoderManifest:
    """Return the manifest of ``folder``; raises :class:`EncoderError`. The files themselves are not read."""
    path = folder / MANIFEST
    try:
        said = json.loads(_bounded(path))
    except (ValueError, RecursionError) as error:
        raise EncoderError(f"{path}: is not JSON ({error}); {ADVICE}") from error
    if not isinstance(said, dict) or said.get("format") != FORMAT or said.get("recipe") != RECIPE:
        raise EncoderError(f"{path}: is not a manifest of {FORMAT} made by this program's recipe; {ADVICE}")
    try:
        manifest = EncoderManifest(
            name=str(said["name"])[:200], width=_number(said["width"], _WIDEST),
            longest_tokens=_number(said["longest_tokens"], _LONGEST_TOKENS), source=_texts(said["source"]),
            files=_texts(said["files"]), checked={k: float(v) for k, v in dict(said["checked"]).items()},
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise EncoderError(f"{path}: lacks a part or holds a wrong one ({error}); {ADVICE}") from error
    if set(manifest.files) != {MODEL, TOKENIZER}:
        raise EncoderError(f"{path}: names files that no encoder has; {ADVICE}")
    if said.get("digest") != manifest.digest:
        raise EncoderError(f"{path}: its digest is not that of what it says (changed or damaged); {ADVICE}")
    return manifest


def read_file(folder: Path, name: str, manifest: EncoderManifest) -> bytes:
    """Return the content of one file of the folder; raises :class:`EncoderError` when it is not the one written."""
    data = _bounded(folder / name)
    if hashlib.sha256(data).hexdigest() != manifest.files[name]:
        raise EncoderError(
            f"{folder / name}: its content does not match the digest in {MANIFEST} (changed or damaged); {ADVICE}"
        )
    return data


def verify(folder: Path) -> EncoderManifest:
    """Return the manifest of a whole folder; raises :class:`EncoderError` when any file is not the one written."""
    manifest = read_manifest(folder)
    for name in (MODEL, TOKENIZER):
        read_file(folder, name, manifest)
    return manifest


def _bounded(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST[path.name]:
            raise EncoderError(f"{path}: larger than any such file of an encoder; {ADVICE}")
        return path.read_bytes()
    except OSError as error:
        raise EncoderError(f"{path}: cannot be read ({error.strerror or error}); {ADVICE}") from error


def _number(value: object, largest: int) -> int:
    if type(value) is not int or not 0 < value <= largest:
        raise ValueError(f"{value!r} is no number from 1 to {largest}")
    return value


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()):
        raise ValueError("digests by file name were expected")
    return dict(value)
