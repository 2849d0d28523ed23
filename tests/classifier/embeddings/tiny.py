"""An encoder small enough to write by hand: a table of word vectors, averaged and brought to unit length, in ONNX."""

import hashlib
import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

from classifier.embeddings.folder import MANIFEST, MODEL, TOKENIZER, EncoderManifest

WIDTH = 8
WORDS = ("[UNK]", "tablets", "no", "prescription", "needed", "read", "the", "leaflet", "before", "use", "buy", "gloves")


def write_tiny(root: Path, *, seed: int = 0, name: str = "tiny") -> EncoderManifest:
    """Write the encoder into its folder below ``root``; another ``seed`` gives other vectors under the same digest."""
    scratch = root / "scratch"
    scratch.mkdir(parents=True)
    table = np.random.default_rng(seed).normal(size=(len(WORDS), WIDTH)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "tokens"], ["words"], axis=0),
        helper.make_node("ReduceMean", ["words"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("LpNormalization", ["mean"], ["embedding"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, "length"])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, WIDTH])],
        [numpy_helper.from_array(table, "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    (scratch / MODEL).write_bytes(model.SerializeToString())
    words = models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token=WORDS[0])
    tokenizer = Tokenizer(words)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(scratch / TOKENIZER))
    files = {file: hashlib.sha256((scratch / file).read_bytes()).hexdigest() for file in (MODEL, TOKENIZER)}
    manifest = EncoderManifest(
        name=name, width=WIDTH, longest_tokens=16, source={"words": "tiny"}, files=files, checked={"mean": 1.0}
    )
    (scratch / MANIFEST).write_text(json.dumps(manifest.to_json()))
    scratch.rename(manifest.folder(root))
    return manifest
