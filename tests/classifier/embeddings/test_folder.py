import json
from pathlib import Path

import pytest

from classifier.embeddings.folder import MANIFEST, MODEL, TOKENIZER, EncoderError, embeddings_root, verify
from classifier.embeddings.runtime import OnnxEncoder
from classifier.persist import ModelError
from tests.classifier.embeddings.tiny import WIDTH, write_tiny


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny(tmp_path).folder(tmp_path)


def rewrite(folder: Path, **changes: object) -> None:
    said = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(said | changes))


def test_a_whole_folder_is_verified_and_runs(folder: Path) -> None:
    assert verify(folder).width == WIDTH
    assert OnnxEncoder(folder).encode(["buy gloves"]).shape == (1, WIDTH)


@pytest.mark.parametrize("name", [MODEL, TOKENIZER])
def test_one_changed_byte_in_any_file_is_refused_before_it_is_parsed(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(EncoderError, match=r"does not match the digest.*embeddings export"):
        verify(folder)
    with pytest.raises(EncoderError, match="does not match the digest"):
        OnnxEncoder(folder)


def test_a_missing_file_says_which(folder: Path) -> None:
    (folder / MODEL).unlink()
    with pytest.raises(EncoderError, match=r"model\.onnx: cannot be read"):
        verify(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "other/1"}, {"recipe": "float"}, {"width": 0}, {"width": True}, {"width": 10**9},
        {"longest_tokens": 10**6}, {"files": {"../x": "0"}}, {"source": ["x"]}, {"source": {"words": "others"}},
        {"digest": "0" * 64},
    ],
    ids=str,
)  # fmt: skip
def test_a_manifest_that_says_anything_else_is_refused(folder: Path, changes: dict[str, object]) -> None:
    rewrite(folder, **changes)
    with pytest.raises(EncoderError, match="embeddings export"):
        verify(folder)


def test_a_manifest_that_is_no_json_or_too_large_is_refused(folder: Path) -> None:
    (folder / MANIFEST).write_text("[" * 100_000)
    with pytest.raises(EncoderError, match="is not JSON"):
        verify(folder)
    (folder / MANIFEST).write_text(" " * (2 << 20))
    with pytest.raises(EncoderError, match="larger than any"):
        verify(folder)


def test_whoever_handles_a_bad_model_handles_a_bad_encoder() -> None:
    assert issubclass(EncoderError, ModelError)


def test_the_environment_says_where_encoders_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PHARMAKON_EMBEDDINGS", str(tmp_path))
    assert embeddings_root() == tmp_path
    monkeypatch.delenv("PHARMAKON_EMBEDDINGS")
    assert embeddings_root().name == "embeddings"
