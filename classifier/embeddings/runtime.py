"""Runs an exported encoder with onnxruntime and tokenizers alone: no torch, which costs seconds to import."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifier.embeddings.encoder import Embeddings, bounded
from classifier.embeddings.folder import ADVICE, MODEL, TOKENIZER, EncoderError, read_file, read_manifest


class OnnxEncoder:
    """An exported encoder. Raises :class:`EncoderError` for a folder that is not whole.

    Texts go through one at a time: dynamic quantisation scales a whole batch by its largest number, so in a batch the
    vector of a text would depend on its neighbours. One thread: the pool of processes already uses every core.
    """

    def __init__(self, folder: Path) -> None:
        from onnxruntime import InferenceSession, SessionOptions
        from tokenizers import Tokenizer

        manifest = read_manifest(folder)
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        model, tokenizer = read_file(folder, MODEL, manifest), read_file(folder, TOKENIZER, manifest)
        try:
            # From the bytes whose digest was checked, not from the path: nothing can change in between, and a model in
            # memory cannot ask for weights in other files.
            self._session = InferenceSession(model, options, providers=["CPUExecutionProvider"])
            self._tokenizer = Tokenizer.from_buffer(tokenizer)
            self._tokenizer.enable_truncation(manifest.longest_tokens)
            self._tokenizer.no_padding()
        except Exception as error:  # both libraries raise bare exceptions for a file that is none of theirs
            raise EncoderError(f"{folder}: cannot be loaded as an encoder ({str(error)[:200]}); {ADVICE}") from error
        self._manifest = manifest
        try:
            self.encode(["x"])
        except Exception as error:  # a graph of other inputs or another width
            raise EncoderError(f"{folder / MODEL}: does not compute like an encoder of ours; {ADVICE}") from error

    @property
    def digest(self) -> str:
        """SHA-256 over source weights, settings and recipe."""
        return self._manifest.digest

    @property
    def width(self) -> int:
        """Numbers in one vector."""
        return self._manifest.width

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return texts x width, each row of unit length."""
        out = np.zeros((len(texts), self.width), dtype=np.float32)
        for row, text in enumerate(texts):
            ids = self._tokenizer.encode(bounded(text)).ids
            if ids:  # a tokeniser without start and end signs makes nothing of an empty text
                out[row] = self._session.run(None, {"tokens": np.array([ids], dtype=np.int64)})[0][0]
        return out
