import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from classifier.embeddings.encoder import LONGEST_TEXT
from classifier.embeddings.folder import MANIFEST, MODEL, EncoderError
from classifier.embeddings.runtime import OnnxEncoder
from tests.classifier.embeddings.tiny import write_tiny

TEXTS = ["buy gloves", "read the leaflet before use", "no prescription needed", "unheard"]


@pytest.fixture
def encoder(tmp_path: Path) -> OnnxEncoder:
    return OnnxEncoder(write_tiny(tmp_path).folder(tmp_path))


def test_vectors_have_unit_length_and_do_not_depend_on_their_neighbours(encoder: OnnxEncoder) -> None:
    together = encoder.encode(TEXTS)
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-6)
    assert all(np.array_equal(encoder.encode([text])[0], row) for text, row in zip(TEXTS, together, strict=True))
    assert np.array_equal(encoder.encode(TEXTS[::-1]), together[::-1])


def test_only_the_beginning_of_a_text_is_read(encoder: OnnxEncoder) -> None:
    long = "buy " * LONGEST_TEXT
    assert np.array_equal(encoder.encode([long])[0], encoder.encode([long + "gloves " * 9])[0])


@pytest.mark.parametrize("text", ["", " ", "\ud800", "\x00", "😀" * 5000, "a" * 1_000_000], ids=range(6))
def test_any_text_gets_a_vector(encoder: OnnxEncoder, text: str) -> None:
    assert np.isfinite(encoder.encode([text])).all()


def test_a_graph_that_is_no_encoder_is_refused_though_its_digest_fits(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path).folder(tmp_path)
    (folder / MODEL).write_bytes(b"not a graph")
    said = json.loads((folder / MANIFEST).read_text())
    said["files"][MODEL] = hashlib.sha256(b"not a graph").hexdigest()
    (folder / MANIFEST).write_text(json.dumps(said))
    with pytest.raises(EncoderError, match="cannot be loaded as an encoder"):
        OnnxEncoder(folder)
