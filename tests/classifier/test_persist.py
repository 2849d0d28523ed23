import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from skops.io import dumps

from classifier.persist import MANIFEST, WEIGHTS, ModelError, load_model, save_model

ARRAYS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([1, 2], dtype=np.int32)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_model(tmp_path, ARRAYS, about={"note": "x"})
    return tmp_path


def replace_weights(folder: Path, data: bytes) -> None:
    """Put other bytes in place of the weights and name their digest, as someone who can write both files would."""
    import hashlib

    (folder / WEIGHTS).write_bytes(data)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"][WEIGHTS]["sha256"] = hashlib.sha256(data).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest))


def test_a_saved_model_comes_back_with_its_numbers_and_id(folder: Path) -> None:
    arrays, manifest = load_model(folder)
    assert all(np.array_equal(arrays[k], ARRAYS[k]) for k in ARRAYS)
    assert manifest["id"] == save_model(folder, ARRAYS, about={})


def test_other_numbers_have_another_id(tmp_path: Path) -> None:
    changed = {**ARRAYS, "b": np.array([1, 3], dtype=np.int32)}
    assert save_model(tmp_path / "1", ARRAYS, about={}) != save_model(tmp_path / "2", changed, about={})


def test_a_model_is_read_without_importing_skops(folder: Path) -> None:
    code = "import sys; from pathlib import Path; from classifier.persist import load_model; "
    code += f"load_model(Path({str(folder)!r})); sys.exit('skops' in sys.modules or 'sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_an_array_of_pickled_objects_is_refused(folder: Path) -> None:
    held = io.BytesIO()
    np.save(held, np.array([Foreign()], dtype=object), allow_pickle=True)
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO((folder / WEIGHTS).read_bytes())) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(name, held.getvalue() if name.endswith(".npy") else old.read(name))
    replace_weights(folder, packed.getvalue())
    with pytest.raises(ModelError, match="is not a model file"):
        load_model(folder)


def test_one_changed_byte_is_refused(folder: Path) -> None:
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / WEIGHTS).write_bytes(data)
    with pytest.raises(ModelError, match="does not match the digest"):
        load_model(folder)


def test_weights_swapped_together_with_their_digest_are_refused(folder: Path) -> None:
    replace_weights(folder, dumps({"a": np.zeros((2, 3), dtype=np.float32), "b": ARRAYS["b"]}))
    with pytest.raises(ModelError, match="are not those of model"):
        load_model(folder)


def test_an_estimator_in_place_of_arrays_is_refused(folder: Path) -> None:
    replace_weights(folder, dumps({"a": LogisticRegression()}))
    with pytest.raises(ModelError, match="something other than named arrays"):
        load_model(folder)


class Foreign:
    def __init__(self) -> None:
        self.value = 1


def test_a_type_outside_the_allow_list_is_refused_before_it_is_built(folder: Path) -> None:
    replace_weights(folder, dumps({"a": Foreign()}))
    with pytest.raises(ModelError, match="types that no model may hold"):
        load_model(folder)


def test_a_file_that_is_no_archive_is_refused(folder: Path) -> None:
    replace_weights(folder, b"\x80\x04not a model")
    with pytest.raises(ModelError, match="is not a model file"):
        load_model(folder)


def test_a_model_for_another_program_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "contract": 0}))
    with pytest.raises(ModelError, match="pharmakon train"):
        load_model(folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "other"}', "[" * 100_000])
def test_a_manifest_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / MANIFEST).write_text(content)
    with pytest.raises(ModelError, match=r"model\.json"):
        load_model(folder)


def test_a_folder_without_a_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="pharmakon train"):
        load_model(tmp_path)


def test_weights_that_are_missing_are_named(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelError, match=WEIGHTS):
        load_model(folder)
