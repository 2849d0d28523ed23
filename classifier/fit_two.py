"""Fitting stage two, and deciding on grouped folds whether, for what and by which routes it is used at all.

Embeddings measured alone are weak on sources nobody has seen (field notes), so nothing here is taken on trust: a part
of the answer (kind, risk, suspected classes) is left to stage two only where its out-of-fold loss on the rows that ask
is lower, by more than chance, than stage one's and than that of the same step without embeddings (or a mere second
calibration would pass for the work of the encoder); a route only where that holds on the route's own rows; and the risk
only while the average precision of the cascade over all rows is not lower than that of stage one. Every row is judged
by weights that saw no row of its group, in both stages.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgWarning

from casefile.records import KINDS
from classifier.embeddings.encoder import Embeddings, Encoder
from classifier.fit import FOLDS, Floats, Rows, Table, class_calibrations, grouped_folds, risk_calibration
from classifier.metrics import average_precision
from classifier.model import ANSWERS, Model, Scores
from classifier.stage_two import (
    PARTS,
    PROOF,
    ROUTES,
    StageTwo,
    mixed,
    routes_of,
    scores_of,
    stage_two_inputs,
    stage_two_logits,
)

Bools = npt.NDArray[np.bool_]

_C = 0.3
_KIND_SHARE, _RISK_SHARE = 1.0, 0.5
"""Regularisation, and the scale of the embedding before it: what a listing is about speaks for its kind more than for
its risk. Chosen on sources held out three at a time."""

_FEWEST = 30
"""Rows a route needs to be judged by."""

_SUSPICION = len(KINDS)


@dataclass(frozen=True, slots=True)
class StageTwoFit:
    """``stage`` is None where stage two earned no place; ``found`` says why in figures (JSON data)."""

    stage: StageTwo | None
    found: dict[str, Any]


def fit_stage_two(
    model: Model,
    odds: Floats,
    table: Table,
    rows: Rows,
    *,
    embeddings: Embeddings,
    lengths: Sequence[int],
    taught: Sequence[bool],
    encoder: Encoder,
) -> StageTwoFit:
    """Fit on ``rows`` of ``table``.

    ``odds`` are the out-of-fold log-odds of stage one on them (``fit_with_odds``); ``embeddings``, ``lengths`` and
    ``taught`` stand in the order of ``rows``.
    """
    inputs = stage_two_inputs(odds, embeddings)
    folds = grouped_folds(table, rows)
    outer = _out_of_fold(inputs, folds, table, rows)
    without = _out_of_fold(stage_two_inputs(odds, np.zeros((len(rows), 0), dtype=np.float32)), folds, table, rows)
    before = scores_of(odds, model.risk_calibration, model.suspected_calibration)
    control = scores_of(without, risk_calibration(without, table, rows), class_calibrations(without, table, rows))
    risk, classes = risk_calibration(outer, table, rows), class_calibrations(outer, table, rows)
    after = scores_of(outer, risk, classes)
    routes = routes_of(before, table.signals[rows], lengths, taught)
    parts, kept, found = _decide(before, control, after, routes, table, rows)
    if not kept.any():
        return StageTwoFit(None, found)
    weights, offsets = _fit(inputs, table, rows)
    stage = StageTwo(
        encoder=encoder.digest, weights=weights, offsets=offsets, risk_calibration=risk, suspected_calibration=classes,
        parts=parts, routes=kept, proof=encoder.encode(PROOF),
    )  # fmt: skip
    return StageTwoFit(stage, found)


def _out_of_fold(inputs: Floats, folds: npt.NDArray[np.int64], table: Table, rows: Rows) -> Floats:
    outer = np.zeros((len(rows), len(ANSWERS)))
    for fold in range(FOLDS):
        held = folds == fold
        if held.any():
            outer[held] = stage_two_logits(inputs[held], *_fit(inputs[~held], table, rows[~held]))
    return outer


def _fit(inputs: Floats, table: Table, rows: Rows) -> tuple[Floats, Floats]:
    """Fit one logistic regression per answer; weights are for the unscaled embedding and rounded as they are kept."""
    from sklearn.linear_model import LogisticRegression

    weights, offsets = np.zeros((inputs.shape[1], len(ANSWERS))), np.zeros(len(ANSWERS))
    scale = np.ones(inputs.shape[1])
    for answer in range(len(ANSWERS)):
        known = np.flatnonzero(table.truth[rows, answer] >= 0)
        truth = table.truth[rows[known], answer]
        if not len(truth) or truth.min() == truth.max():
            weights[answer, answer] = 1.0  # nothing to learn: stage one's answer goes through
            continue
        scale[len(ANSWERS) :] = _KIND_SHARE if answer < len(KINDS) else _RISK_SHARE
        with warnings.catch_warnings():
            # On a nearly singular table scikit-learn warns and goes on with its slower solver: the same optimum.
            warnings.simplefilter("ignore", LinAlgWarning)
            fitted = LogisticRegression(C=_C, solver="newton-cholesky", max_iter=200).fit(
                inputs[known] * scale, truth, sample_weight=table.weight[rows[known]]
            )
        weights[:, answer], offsets[answer] = fitted.coef_[0] * scale, fitted.intercept_[0]
    return weights.astype(np.float32).astype(float), offsets


def _decide(
    before: Scores, control: Scores, after: Scores, routes: Bools, table: Table, rows: Rows
) -> tuple[Bools, Bools, dict[str, Any]]:
    """Return which parts and which routes are kept, and the figures it was decided by."""
    lost = _losses(after, table, rows)
    weight = table.weight[rows]
    gains = [(_losses(other, table, rows) - lost) * weight[:, None] for other in (before, control)]
    kept = routes.sum(axis=0) >= _FEWEST
    parts = np.zeros(len(PARTS), dtype=bool)
    for _ in range(2):  # parts by the routes there are, routes by the parts, and both once more
        asked = (routes & kept).any(axis=1)
        parts = np.logical_and.reduce([_beyond_chance(gain[asked]) for gain in gains])
        for gain in gains:
            kept &= routes.astype(float).T @ gain[:, parts].sum(axis=1) > 0
    asked = (routes & kept).any(axis=1)
    cascade = np.where(asked, mixed(before, after, parts).risk, before.risk)
    known = table.truth[rows, _SUSPICION] >= 0
    positive = table.truth[rows[known], _SUSPICION] == 1
    figures = {
        "stage_one": average_precision(before.risk[known], positive),
        "cascade": average_precision(cascade[known], positive),
        "embeddings_everywhere": average_precision(after.risk[known], positive),
    }
    worse = (figures["cascade"] or 0.0) < (figures["stage_one"] or 0.0)
    if worse and parts[1]:
        parts[1] = False
        figures["cascade"] = figures["stage_one"]
    if not parts.any():
        kept[:] = False
    found = {
        "rows": len(rows), "asked": int((routes & kept).any(axis=1).sum()), "average_precision": _rounded(figures),
        "kind_accuracy_of_asked": _rounded(_kind_accuracy(before, after, asked, table, rows)),
        "parts": [name for name, keep in zip(PARTS, parts & kept.any(), strict=True) if keep],
        "routes": {
            name: {"rows": int(routes[:, r].sum()), "kept": bool(kept[r])} for r, name in enumerate(ROUTES)
        },
    }  # fmt: skip
    return parts, kept, found


def _beyond_chance(gain: Floats) -> Bools:
    """Whether the sum of each column of ``gain`` (rows x parts) lies above 0 by two of its standard errors."""
    clear: Bools = gain.sum(axis=0) > 2 * np.sqrt((gain**2).sum(axis=0))
    return clear


def _losses(scores: Scores, table: Table, rows: Rows) -> Floats:
    """Return rows x parts: log loss of kind, of risk, and the mean of the classes; 0 where the truth is unknown."""
    truth = table.truth[rows]
    given = np.column_stack((scores.kind, scores.risk, scores.suspected)).clip(1e-6, 1 - 1e-6)
    loss = -np.where(truth == 1, np.log(given), np.log(1 - given))
    loss[truth < 0] = 0.0
    kinds = len(KINDS)
    of_kind = -(np.log(given[:, :kinds]) * (truth[:, :kinds] == 1)).sum(axis=1)
    return np.column_stack((of_kind, loss[:, kinds], loss[:, kinds + 1 :].mean(axis=1)))


def _kind_accuracy(before: Scores, after: Scores, asked: Bools, table: Table, rows: Rows) -> dict[str, float | None]:
    truth = table.truth[rows, : len(KINDS)]
    known = asked & (truth.max(axis=1) == 1)
    right = truth[known].argmax(axis=1)
    return {
        name: float((scores.kind[known].argmax(axis=1) == right).mean()) if known.any() else None
        for name, scores in (("stage_one", before), ("stage_two", after))
    }


def _rounded(figures: dict[str, float | None]) -> dict[str, float | None]:
    return {name: None if value is None else round(value, 4) for name, value in figures.items()}
