"""What stage two asks of an encoder, whatever computes it."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Embeddings = npt.NDArray[np.float32]

LONGEST_TEXT = 2000
"""Characters of a text that are tokenised: more than 256 tokens hold in nearly every script, and a bound on time."""


def bounded(text: str) -> str:
    """Return what is read of ``text``: its beginning, lone surrogates (no tokeniser takes them) as question marks."""
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")


class Encoder(Protocol):
    """Text to a vector of unit length. The same text always gives the same vector, whatever stands beside it."""

    @property
    def digest(self) -> str:
        """SHA-256 over everything the vectors depend on."""
        ...

    @property
    def width(self) -> int:
        """Numbers in one vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return texts x width; of each text what :func:`bounded` keeps."""
        ...
