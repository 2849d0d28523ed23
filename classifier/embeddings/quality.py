"""What the int8 export loses against full precision: the same rows, the same classifier, both embeddings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.embeddings.encoder import Embeddings
from classifier.embeddings.export import SourceEncoder, exported, find_source
from classifier.examples import Example, read_corpus
from classifier.metrics import average_precision
from classifier.train import CORPUS

LARGEST_LOSS = 0.005
"""Average precision that an export may lose."""

_FOLDS = 5
_AT_ONCE = 64


def compare(encoder: str, root: Path, *, rows: int, tick: Callable[[int], None] = lambda _: None) -> dict[str, Any]:
    """Embed ``rows`` rows of the authored corpus both ways; ``tick(n)`` after each n rows of either.

    Average precision of a logistic regression for suspicion, on groups it has not seen. Raises ``EncoderError``.
    """
    examples = [e for e in read_corpus(CORPUS) if e.suspicion != 1]
    chosen = [examples[place] for place in np.linspace(0, len(examples) - 1, min(rows, len(examples))).astype(int)]
    texts = [f"{e.listing.title or ''}\n{e.listing.description or ''}" for e in chosen]
    found: list[Embeddings] = []
    for one in (exported(encoder, root), SourceEncoder(find_source(encoder))):
        parts = []
        for start in range(0, len(texts), _AT_ONCE):
            part = texts[start : start + _AT_ONCE]
            parts.append(one.encode(part))
            tick(len(part))
        found.append(np.concatenate(parts))
    cosines = (found[0] * found[1]).sum(axis=1)
    ours, source = (_average_precision(vectors, chosen) for vectors in found)
    return {
        "rows": len(chosen), "cosine_mean": round(float(cosines.mean()), 4),
        "cosine_least": round(float(cosines.min()), 4), "average_precision": round(ours, 4),
        "average_precision_of_source": round(source, 4), "average_precision_lost": round(source - ours, 4),
    }  # fmt: skip


def _average_precision(vectors: Embeddings, examples: list[Example]) -> float:
    from sklearn.linear_model import LogisticRegression

    positive: npt.NDArray[np.bool_] = np.array([e.suspicion == 2 for e in examples])
    names = sorted({e.group for e in examples})
    fold = np.array([names.index(e.group) % _FOLDS for e in examples])
    risk = np.zeros(len(examples))
    for number in range(_FOLDS):
        held = fold == number
        fitted = LogisticRegression(C=10.0, max_iter=2000).fit(vectors[~held], positive[~held])
        risk[held] = fitted.predict_proba(vectors[held])[:, 1]
    return average_precision(risk, positive) or 0.0
