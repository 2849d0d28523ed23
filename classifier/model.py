"""The linear cascade: hashed n-grams and signals to kind, risk and suspected classes, in a handful of products.

Layer one scores hashed n-grams: ``whole`` columns (the kind) for a listing, ``clause`` columns (evidence, protection)
for each sentence and phrase.
Layer two, one logistic regression per answer, weighs those scores together with the signals (cues, protections,
lexicon, obfuscation). Layer three turns its scores into calibrated probabilities. Everything is linear up to the
calibration, so each term's share of a score is exact.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from casefile.records import KINDS, SUSPECTED_CLASSES
from classifier.calibrate import Calibration
from classifier.hashed import Hashed
from classifier.persist import Arrays

WHOLE_HEADS: tuple[str, ...] = tuple(f"kind:{k}" for k in KINDS)
"""What the n-grams of a whole listing tell: its kind. They never tell the risk: on sources nobody has seen, the topic
of a text is where it was found, and such heads order listings worse than clauses and cues alone do.
"""
CLAUSE_HEADS: tuple[str, ...] = ("evidence", "protection")
ANSWERS: tuple[str, ...] = (*WHOLE_HEADS, "suspicion", *(f"suspected:{c}" for c in SUSPECTED_CLASSES))
"""The answers of layer two."""

POOLED: tuple[str, ...] = (
    "evidence:max", "evidence:second", "evidence:sum", "protection:max", "balance:max",
)  # fmt: skip

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Calibrated answers for some listings: rows x kinds (each row sums to 1), rows, rows x classes."""

    kind: Floats
    risk: Floats
    suspected: Floats


@dataclass(frozen=True)
class Layer:
    """Weights of layer one: buckets x (whole heads + clause heads) and one offset per head."""

    weights: npt.NDArray[np.float32]
    offsets: Floats

    @cached_property
    def for_listings(self) -> npt.NDArray[np.float32]:
        """Weights of the whole heads only, rows side by side in memory."""
        return np.ascontiguousarray(self.weights[:, : len(WHOLE_HEADS)])

    @cached_property
    def for_clauses(self) -> npt.NDArray[np.float32]:
        """Weights of the clause heads only: a table seven times smaller, which stays in the processor's cache."""
        return np.ascontiguousarray(self.weights[:, len(WHOLE_HEADS) :])

    def scores(self, hashed: Hashed) -> Floats:
        """Return listings x (whole heads + pooled clause scores)."""
        n, wide = hashed.whole.shape[0], len(WHOLE_HEADS)
        whole = np.asarray(hashed.whole @ self.for_listings, dtype=float) + self.offsets[:wide]
        clause_rows = np.concatenate((hashed.sentences.rows, hashed.phrases.rows))
        clauses = np.concatenate(
            [np.asarray(part.matrix @ self.for_clauses, dtype=float) for part in (hashed.sentences, hashed.phrases)]
        )
        return np.hstack((whole, pool(clauses + self.offsets[wide:], clause_rows, n)))


def pool(clauses: Floats, rows: npt.NDArray[np.int32], n: int) -> Floats:
    """Sum up the clause scores of each of ``n`` listings: clauses x heads to listings x :data:`POOLED`.

    Log-odds are clipped to -6..6, so that no single clause, and no listing without any clause, leaves the scale.
    """
    out = np.full((n, len(POOLED)), -6.0)
    out[:, 2] = 0.0
    if not len(rows):
        return out
    clipped = np.clip(clauses, -6.0, 6.0)
    order = np.lexsort((-clipped[:, 0], rows))
    sorted_rows = rows[order]
    first = np.flatnonzero(np.append(True, sorted_rows[1:] != sorted_rows[:-1]))
    out[sorted_rows[first], 0] = clipped[order[first], 0]
    second = first + 1
    second = second[(second < len(order))]
    second = second[~np.isin(second, first)]
    out[sorted_rows[second], 1] = clipped[order[second], 0]
    # Expected number of clauses with evidence: many half-hidden signs count together. Logged to keep one scale.
    out[:, 2] = np.log1p(np.bincount(rows, weights=1 / (1 + np.exp(-clipped[:, 0])), minlength=n))
    np.maximum.at(out[:, 3], rows, clipped[:, 1])
    np.maximum.at(out[:, 4], rows, np.clip(clipped[:, 0] - clipped[:, 1], -6.0, 6.0))
    return out


@dataclass(frozen=True, slots=True)
class Model:
    """All three layers."""

    layer: Layer
    combine: Floats
    """Inputs x answers; inputs are the layer's scores followed by the signals, each divided by ``scale``."""
    combine_offsets: Floats
    scale: Floats
    risk_calibration: Calibration
    suspected_calibration: tuple[Calibration, ...]

    def scores(self, hashed: Hashed, signals: Floats) -> Scores:
        """Return the calibrated answers for the listings of ``hashed`` with their ``signals`` (listings x signals)."""
        return self.answer(self.inputs(hashed, signals))

    def inputs(self, hashed: Hashed, signals: Floats) -> Floats:
        """Return the inputs of layer two: listings x (scores of layer one + signals)."""
        return np.hstack((self.layer.scores(hashed), signals))

    def logits(self, inputs: Floats) -> Floats:
        """Return the raw answers of layer two (listings x answers)."""
        # einsum without BLAS: the sum runs in one order whatever the number of rows, so batches cannot change a bit.
        summed: Floats = np.einsum("ij,jk->ik", inputs / self.scale, self.combine)
        return summed + self.combine_offsets

    def answer(self, inputs: Floats) -> Scores:
        """Return the calibrated answers for inputs of layer two."""
        logits = self.logits(inputs)
        kinds = len(KINDS)
        kind = 1 / (1 + np.exp(-np.clip(logits[:, :kinds], -30, 30)))
        risk = self.risk_calibration(logits[:, kinds])
        suspected = np.column_stack(
            [calibrate(logits[:, kinds + 1 + i]) for i, calibrate in enumerate(self.suspected_calibration)]
        )
        return Scores(kind / kind.sum(axis=1, keepdims=True), risk, suspected)

    def to_arrays(self) -> Arrays:
        """Return everything as named arrays; n-gram weights as half floats, of which the least ones are dropped."""
        kept = self.layer.weights.astype(np.float16)
        used = np.flatnonzero(np.any(kept != 0, axis=1))
        return {
            "ngram_buckets": used.astype(np.int32), "ngram_weights": kept[used], "ngram_offsets": self.layer.offsets,
            "combine": self.combine, "combine_offsets": self.combine_offsets, "scale": self.scale,
            "risk_x": self.risk_calibration.x, "risk_y": self.risk_calibration.y,
            **{f"suspected_{i}_x": c.x for i, c in enumerate(self.suspected_calibration)},
            **{f"suspected_{i}_y": c.y for i, c in enumerate(self.suspected_calibration)},
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: Arrays, *, buckets: int, signals: int) -> "Model":
        """Rebuild the model; raises ``ValueError`` where shapes do not fit this program."""
        heads, inputs = len(WHOLE_HEADS) + len(CLAUSE_HEADS), len(WHOLE_HEADS) + len(POOLED) + signals
        expected = {
            "ngram_weights": (len(arrays["ngram_buckets"]), heads), "ngram_offsets": (heads,),
            "combine": (inputs, len(ANSWERS)), "combine_offsets": (len(ANSWERS),), "scale": (inputs,),
        }  # fmt: skip
        for name, shape in expected.items():
            if arrays[name].shape != shape or not np.isfinite(arrays[name]).all():
                raise ValueError(f"'{name}' has shape {arrays[name].shape}, expected finite numbers of shape {shape}")
        used = arrays["ngram_buckets"]
        if len(used) and not (0 <= used.min() and used.max() < buckets):
            raise ValueError("'ngram_buckets' names buckets that do not exist")
        weights = np.zeros((buckets, heads), dtype=np.float32)
        weights[used] = arrays["ngram_weights"]
        return cls(
            Layer(weights, arrays["ngram_offsets"]),
            arrays["combine"], arrays["combine_offsets"], arrays["scale"],
            Calibration(arrays["risk_x"], arrays["risk_y"]),
            tuple(
                Calibration(arrays[f"suspected_{i}_x"], arrays[f"suspected_{i}_y"])
                for i in range(len(SUSPECTED_CLASSES))
            ),
        )  # fmt: skip
