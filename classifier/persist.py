"""Keeping a model as files: arrays in one skops file, a manifest with digests, and nothing that runs code on load.

A model folder holds ``model.json`` (the manifest), ``weights.skops`` (a plain dict of numpy arrays), ``metrics.json``
and ``MODEL_CARD.md``. The model id is the SHA-256 of the weights, so it names exactly one set of numbers. Loading
checks every digest first. A file that is exactly what :func:`save_model` writes (a dict of numeric arrays) is read
here, entry by entry and without pickle, which spares every start the two seconds that importing skops takes; any other
file goes to skops with a literal allow-list of types, and skops refuses all others before building anything.
"""

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FORMAT = "pharmakon-model/1"
CONTRACT = 2
"""Rises whenever features change meaning: weights of another contract would give wrong numbers without an error."""

MANIFEST = "model.json"
WEIGHTS = "weights.skops"
TRUSTED_TYPES: tuple[str, ...] = ()
"""Types beyond plain Python containers and numpy arrays that a model file may hold: none."""

_LARGEST_MANIFEST = 1 << 20
_LARGEST_WEIGHTS = 256 << 20
_LARGEST_UNPACKED = 1 << 30
_ARRAY_NODE = {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode", "type": "numpy"}

Arrays = dict[str, npt.NDArray[Any]]


class ModelError(Exception):
    """A model folder cannot be used; the message says what is wrong, where, and what to do."""


def save_model(folder: Path, arrays: Arrays, *, about: dict[str, Any]) -> str:
    """Write ``arrays`` and the manifest into ``folder`` and return the model id.

    ``about`` (JSON data: lexicon id, training data, settings) goes into the manifest as given.
    """
    from skops.io import dumps

    folder.mkdir(parents=True, exist_ok=True)
    data = dumps({name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())}, compression=8)
    digest = _arrays_digest(arrays)
    _write(folder / WEIGHTS, data)
    manifest = {
        "format": FORMAT, "contract": CONTRACT, "id": digest,
        "files": {WEIGHTS: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}}, "about": about,
    }  # fmt: skip
    _write(folder / MANIFEST, (json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())
    return digest


def load_model(folder: Path) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays and the manifest of a model folder.

    Raises :class:`ModelError` for a folder without a model, another format or contract, a changed file, or a file that
    holds anything but plain containers and arrays.
    """
    manifest = _manifest(folder)
    listed = manifest["files"][WEIGHTS]
    path = folder / WEIGHTS
    try:
        if path.stat().st_size > _LARGEST_WEIGHTS:
            raise ModelError(f"{path}: larger than any model of this program; {_ADVICE}")
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error}); {_ADVICE}") from error
    if hashlib.sha256(data).hexdigest() != listed["sha256"]:
        raise ModelError(f"{path}: its content does not match the digest in {MANIFEST} (changed or damaged); {_ADVICE}")
    arrays = _arrays(data, path)
    if _arrays_digest(arrays) != manifest["id"]:
        raise ModelError(f"{path}: the weights are not those of model {str(manifest['id'])[:12]}; {_ADVICE}")
    return arrays, manifest


_ADVICE = "restore the folder from the repository or run `pharmakon train`"


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        if path.stat().st_size > _LARGEST_MANIFEST:
            raise ModelError(f"{path}: too large for a manifest; {_ADVICE}")
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{folder}: holds no model ({MANIFEST}: {error.strerror or error}); {_ADVICE}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: is not JSON ({error}); {_ADVICE}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelError(f"{path}: is not a {FORMAT} manifest; {_ADVICE}")
    if manifest.get("contract") != CONTRACT:
        raise ModelError(
            f"{path}: made for feature contract {manifest.get('contract')}, this program has {CONTRACT}; "
            "run `pharmakon train`"
        )
    files, about = manifest.get("files"), manifest.get("about")
    entry = files.get(WEIGHTS) if isinstance(files, dict) else None
    if not (isinstance(entry, dict) and isinstance(entry.get("sha256"), str) and isinstance(about, dict)):
        raise ModelError(f"{path}: names no digest for {WEIGHTS}; {_ADVICE}")
    return manifest


def _plain_arrays(data: bytes) -> Arrays | None:
    """Return the arrays of a skops file that is a plain dict of numeric arrays, None for every other file.

    Reads the subset of the skops format that such a file uses: ``schema.json`` naming one ``.npy`` entry per array.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _LARGEST_UNPACKED:
                return None
            root = json.loads(archive.read("schema.json"))
            if (root["__class__"], root["__module__"], root["__loader__"]) != ("dict", "builtins", "DictNode"):
                return None
            files: dict[str, npt.NDArray[Any]] = {}
            arrays: Arrays = {}
            for name, node in root["content"].items():
                if any(node.get(key) != value for key, value in _ARRAY_NODE.items()):
                    return None
                file = node["file"]
                if file not in files:
                    files[file] = np.load(io.BytesIO(archive.read(file)), allow_pickle=False)
                arrays[name] = files[file]
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, EOFError, OSError, RecursionError):
        return None  # skops says what is wrong with it
    return arrays if all(type(a) is np.ndarray and a.dtype.kind in "fiu" for a in arrays.values()) else None


def _arrays(data: bytes, path: Path) -> Arrays:
    plain = _plain_arrays(data)
    return plain if plain is not None else _arrays_by_skops(data, path)


def _arrays_by_skops(data: bytes, path: Path) -> Arrays:
    from skops.io import get_untrusted_types, loads
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        foreign = sorted(set(get_untrusted_types(data=data)) - set(TRUSTED_TYPES))
        if foreign:
            raise ModelError(f"{path}: holds types that no model may hold ({', '.join(foreign)[:200]}); {_ADVICE}")
        found = loads(data, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        raise ModelError(f"{path}: holds types that no model may hold; {_ADVICE}") from error
    except ModelError:
        raise
    except Exception as error:  # a foreign archive fails in many ways; all of them mean the same to the operator
        raise ModelError(f"{path}: is not a model file ({type(error).__name__}); {_ADVICE}") from error
    if not isinstance(found, dict) or not all(
        isinstance(k, str) and type(v) is np.ndarray and v.dtype.kind in "fiu" for k, v in found.items()
    ):
        raise ModelError(f"{path}: holds something other than named arrays of numbers; {_ADVICE}")
    return found


def _arrays_digest(arrays: Arrays) -> str:
    digest = hashlib.sha256(f"{FORMAT}/{CONTRACT}".encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Replace ``path`` in one step, so that a killed ``train`` leaves the old model or the new one."""
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)
