"""Stage two: what sentence embeddings add to stage one, for the few listings that ask for them.

A listing asks by a *route*: its risk lies near the threshold, its kind is in doubt, or a rule found something that
stage one is known to read badly. Its stage-one log-odds and its embedding then go through one more linear step with
calibrations of its own. What stage two may answer (kind, risk, suspected classes) and which routes lead to it was
decided on grouped folds when it was fitted (``classifier.fit_two``); everything else stays stage one's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from casefile.records import KINDS, SUSPECTED_CLASSES
from classifier.calibrate import Calibration
from classifier.model import ANSWERS, Scores
from classifier.persist import Arrays
from classifier.signals import SIGNALS

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ROUTES: tuple[str, ...] = (
    "risk near the threshold",
    "kind in doubt",
    "words were bent",
    "a cue and protection against it",
    "a language nobody taught",
    "a long text in which rules find nothing",
)
PARTS: tuple[str, ...] = ("kind", "risk", "suspected")
"""Answers that stage two may be allowed to give, each by itself."""

BAND = (0.3, 0.7)
"""Risk from which, and up to which, the threshold of 0.5 is near."""
_SURE_OF_KIND = 0.5
"""Probability of the likeliest kind below which the kind is in doubt."""
_LONG_TEXT = 400
"""Characters from which a text without a single find of the rules is odd."""
_MOST_ODDS = 10.0

PROOF = ("Tablets, no prescription needed.", "Read the leaflet before use.", "Без рецепта", "12 x 50 ml")
"""Texts whose embeddings lie beside the weights: an encoder that gives others is not the one they were fitted on."""
_LEAST_LIKENESS = 0.999

_BENT = SIGNALS.index("text:bent_word")
_PROTECTED = SIGNALS.index("protections:against_cues")
_CUES = [number for number, name in enumerate(SIGNALS) if name.startswith(("cue:", "protection:"))]
_NAMES_NOTHING = SIGNALS.index("names:nothing")
_CUES_FOUND = SIGNALS.index("cues:distinct")


def routes_of(scores: Scores, signals: Floats, lengths: Sequence[int], taught: Sequence[bool]) -> Bools:
    """Return rows x :data:`ROUTES`: by which routes each listing asks for stage two.

    ``lengths``: characters of each text; ``taught``: whether the model has seen its language.
    """
    silent = (signals[:, _NAMES_NOTHING] > 0) & ~(signals[:, _CUES] > 0).any(axis=1)
    return np.column_stack(
        (
            (scores.risk >= BAND[0]) & (scores.risk <= BAND[1]),
            scores.kind.max(axis=1) < _SURE_OF_KIND,
            signals[:, _BENT] > 0,
            (signals[:, _PROTECTED] > 0) & (signals[:, _CUES_FOUND] > 0),
            ~np.asarray(taught, dtype=bool),
            silent & (np.asarray(lengths) >= _LONG_TEXT),
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTwo:
    """Weights of stage two; ``encoder`` is the digest of the encoder they were fitted on."""

    encoder: str
    weights: Floats
    """(answers + width) x answers: stage-one log-odds, then the embedding."""
    offsets: Floats
    risk_calibration: Calibration
    suspected_calibration: tuple[Calibration, ...]
    parts: Bools
    """Which of :data:`PARTS` stage two answers."""
    routes: Bools
    """Which of :data:`ROUTES` lead here."""
    proof: npt.NDArray[np.float32]
    """Embeddings of :data:`PROOF`."""

    @property
    def width(self) -> int:
        """Numbers in one embedding."""
        return int(self.proof.shape[1])

    def trusts(self, proof: npt.NDArray[np.float32]) -> bool:
        """Whether an encoder that gives ``proof`` for :data:`PROOF` computes what these weights were fitted on."""
        return proof.shape == self.proof.shape and bool(((proof * self.proof).sum(axis=1) >= _LEAST_LIKENESS).all())

    def asked(self, routes: Bools) -> npt.NDArray[np.intp]:
        """Return the rows that stage two is to answer, given their ``routes`` (:func:`routes_of`)."""
        return np.flatnonzero((routes & self.routes).any(axis=1))

    def answer(self, odds: Floats, embeddings: npt.NDArray[np.float32], before: Scores) -> Scores:
        """Return new answers from stage-one log-odds (rows x answers) and embeddings; ``before`` where not allowed."""
        logits = stage_two_logits(stage_two_inputs(odds, embeddings), self.weights, self.offsets)
        after = scores_of(logits, self.risk_calibration, self.suspected_calibration)
        return mixed(before, after, self.parts)

    def to_arrays(self) -> Arrays:
        """Return everything as named arrays, to be kept beside those of stage one."""
        return {
            "two_encoder": np.frombuffer(bytes.fromhex(self.encoder), dtype=np.uint8),
            "two_weights": self.weights.astype(np.float32), "two_offsets": self.offsets,
            "two_risk_x": self.risk_calibration.x, "two_risk_y": self.risk_calibration.y,
            **{f"two_suspected_{i}_x": c.x for i, c in enumerate(self.suspected_calibration)},
            **{f"two_suspected_{i}_y": c.y for i, c in enumerate(self.suspected_calibration)},
            "two_parts": self.parts.astype(np.uint8), "two_routes": self.routes.astype(np.uint8),
            "two_proof": self.proof,
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "StageTwo | None":
        """Rebuild stage two, None for a model without it; raises ``KeyError``, ``ValueError`` where it does not fit."""
        if "two_encoder" not in arrays:
            return None
        width = arrays["two_proof"].shape[-1]
        expected = {
            "two_encoder": (32,), "two_weights": (len(ANSWERS) + width, len(ANSWERS)), "two_offsets": (len(ANSWERS),),
            "two_parts": (len(PARTS),), "two_routes": (len(ROUTES),), "two_proof": (len(PROOF), width),
        }  # fmt: skip
        for name, shape in expected.items():
            if arrays[name].shape != shape or not np.isfinite(arrays[name]).all():
                raise ValueError(f"'{name}' has shape {arrays[name].shape}, expected finite numbers of shape {shape}")
        return cls(
            encoder=arrays["two_encoder"].astype(np.uint8).tobytes().hex(),
            weights=arrays["two_weights"].astype(float), offsets=arrays["two_offsets"],
            risk_calibration=Calibration(arrays["two_risk_x"], arrays["two_risk_y"]),
            suspected_calibration=tuple(
                Calibration(arrays[f"two_suspected_{i}_x"], arrays[f"two_suspected_{i}_y"])
                for i in range(len(SUSPECTED_CLASSES))
            ),
            parts=arrays["two_parts"] > 0, routes=arrays["two_routes"] > 0,
            proof=arrays["two_proof"].astype(np.float32),
        )  # fmt: skip


def stage_two_inputs(odds: Floats, embeddings: npt.NDArray[np.float32]) -> Floats:
    """Return rows x (answers + width); log-odds are clipped, so that none drowns the embedding."""
    return np.hstack((np.clip(odds, -_MOST_ODDS, _MOST_ODDS), embeddings.astype(float)))


def stage_two_logits(inputs: Floats, weights: Floats, offsets: Floats) -> Floats:
    """Return rows x answers; without BLAS, so that batches cannot change a bit (as in stage one)."""
    summed: Floats = np.einsum("ij,jk->ik", inputs, weights)
    return summed + offsets


def scores_of(logits: Floats, risk: Calibration, suspected: Sequence[Calibration]) -> Scores:
    """Return calibrated answers of raw ones (rows x answers), in the way stage one does."""
    kinds = len(KINDS)
    kind = 1 / (1 + np.exp(-np.clip(logits[:, :kinds], -30, 30)))
    classes = [calibrate(logits[:, kinds + 1 + i]) for i, calibrate in enumerate(suspected)]
    return Scores(kind / kind.sum(axis=1, keepdims=True), risk(logits[:, kinds]), np.column_stack(classes))


def mixed(before: Scores, after: Scores, parts: Sequence[bool] | Bools) -> Scores:
    """Return the answers ``after`` for the :data:`PARTS` that ``parts`` allows, those ``before`` for the others."""
    kind, risk, suspected = parts
    return Scores(
        after.kind if kind else before.kind,
        after.risk if risk else before.risk,
        after.suspected if suspected else before.suspected,
    )
