"""Fitting the linear cascade on features that are computed once, so that each held-out source costs one fit only.

Layer two must not learn how good layer one looks on rows layer one was fitted on: layer one therefore scores each row
from a fit without that row's group (grouped folds), and only the final layer one sees all rows. Calibration uses the
out-of-fold answers of layer two in the same way.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgWarning
from scipy.sparse import csr_matrix, vstack
from threadpoolctl import threadpool_limits

from casefile.records import KINDS, SUSPECTED_CLASSES
from classifier.calibrate import Calibration, fit_calibration
from classifier.hashed import Clauses, Hashed
from classifier.model import ANSWERS, CLAUSE_HEADS, WHOLE_HEADS, Layer, Model, Scores, pool
from classifier.ngrams import BUCKETS
from classifier.signals import SAYS_KIND_ONLY

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

SEED = 20260101
FOLDS = 3

_WHOLE_RIDGE = 0.3
_CLAUSE_C = 0.3
_COMBINE_C = 0.3
_RISK_C = 0.003
"""Strength of regularisation (ridge) and its inverse (C), chosen with sources and groups left out. Risk and suspected
classes rest on few strong signs: held so short, layer two learns what holds everywhere, not what held in training."""

_SMALLEST_WEIGHT = 0.02
"""n-gram weights below this are dropped from the kept model: half the size, no measurable loss."""


@dataclass(frozen=True, slots=True)
class Table:
    """Features and truth of all labelled rows; ``clause_truth`` is clauses x clause heads (1, 0, or -1 for no say)."""

    whole: csr_matrix
    kernel: npt.NDArray[np.float32]
    """Products of all pairs of rows of ``whole``, plus 1 for the offset; single precision, for it is rows x rows."""
    clauses: csr_matrix
    clause_rows: npt.NDArray[np.int32]
    clause_truth: npt.NDArray[np.int8]
    signals: Floats
    truth: npt.NDArray[np.int8]
    """Rows x answers: 1, 0, or -1 where the row has no say (suspicion 1)."""
    weight: Floats
    groups: npt.NDArray[np.str_]
    met: Bools
    """Rows met in the world and labelled by people; authored rows are harder than the world on purpose."""
    prevalence: float | None = None
    """Share of true cases for which the risk is stated; None for the share among the rows that calibrate."""


def table_of(
    hashed: Hashed,
    signals: Floats,
    truth: npt.NDArray[np.int8],
    clause_truth: Callable[[Clauses], npt.NDArray[np.int8]],
    *,
    weight: Floats,
    groups: Sequence[str],
    met: Sequence[bool],
    prevalence: float | None = None,
) -> Table:
    """Join features and truth into one table."""
    return Table(
        hashed.whole,
        np.asarray((hashed.whole @ hashed.whole.T).todense(), dtype=np.float32) + np.float32(1.0),
        vstack([hashed.sentences.matrix, hashed.phrases.matrix], format="csr"),
        np.concatenate((hashed.sentences.rows, hashed.phrases.rows)),
        np.concatenate((clause_truth(hashed.sentences), clause_truth(hashed.phrases))),
        signals, truth, weight, np.array(groups), np.array(met, dtype=bool), prevalence,
    )  # fmt: skip


def fit_model(table: Table, rows: Rows, *, tick: Callable[[], None] = lambda: None) -> Model:
    """Fit all layers on ``rows`` of ``table``; ``tick`` is called once per finished fit of layer one (folds + 1)."""
    return fit_with_odds(table, rows, tick=tick)[0]


def fit_with_odds(table: Table, rows: Rows, *, tick: Callable[[], None] = lambda: None) -> tuple[Model, Floats]:
    """Fit as :func:`fit_model` does; return also the out-of-fold log-odds (rows x answers) that stage two learns on."""
    folds = grouped_folds(table, rows)
    inner = np.zeros((len(rows), len(WHOLE_HEADS) + _pooled_width(table)))
    for fold in range(FOLDS):
        held = folds == fold
        if held.any():
            layer = _fit_layer(table, rows[~held])
            inner[held] = _layer_scores(layer, table, rows[held])
        tick()
    inputs = np.hstack((inner, table.signals[rows]))
    scale = np.maximum(inputs.std(axis=0), 1e-3)
    outer = np.zeros((len(rows), len(ANSWERS)))
    for fold in range(FOLDS):
        held = folds == fold
        if held.any():
            weights, offsets = _fit_combine(inputs[~held] / scale, table, rows[~held])
            outer[held] = (inputs[held] / scale) @ weights + offsets
    weights, offsets = _fit_combine(inputs / scale, table, rows)
    layer = _fit_layer(table, rows)
    tick()
    model = Model(
        layer, weights, offsets, scale, risk_calibration(outer, table, rows), class_calibrations(outer, table, rows)
    )
    return model, outer


def predict(model: Model, table: Table, rows: Rows) -> Scores:
    """Return the answers of ``model`` for ``rows`` of ``table`` (held out from it, or the figure means nothing)."""
    return model.answer(np.hstack((_layer_scores(model.layer, table, rows), table.signals[rows])))


def _pooled_width(table: Table) -> int:
    return int(pool(np.zeros((0, len(CLAUSE_HEADS))), np.empty(0, np.int32), 1).shape[1])


def grouped_folds(table: Table, rows: Rows) -> npt.NDArray[np.int64]:
    """Spread whole groups over the folds by a seeded shuffle (a group is a pair, an author's language, a source)."""
    names = np.unique(table.groups[rows])
    random = np.random.default_rng(SEED)
    place = dict(zip(names[random.permutation(len(names))], np.arange(len(names)) % FOLDS, strict=True))
    return np.array([place[g] for g in table.groups[rows]], dtype=np.int64)


def _logistic(matrix: csr_matrix, truth: npt.NDArray[np.int8], weight: Floats, c: float) -> tuple[Floats, float]:
    """Fit one sparse logistic regression; with one class only, or no rows, the offset says it all."""
    from sklearn.linear_model import LogisticRegression

    if not len(truth) or truth.min() == truth.max():
        return np.zeros(matrix.shape[1]), 6.0 if len(truth) and truth[0] else -6.0
    fitted = LogisticRegression(C=c, solver="liblinear", dual=True, tol=1e-2, max_iter=1000, random_state=SEED)
    fitted.fit(matrix, truth, sample_weight=weight)
    return fitted.coef_[0], float(fitted.intercept_[0])


def _fit_whole(table: Table, rows: Rows) -> tuple[Floats, Floats]:
    """Fit all heads at once by ridge regression on +1 / -1 in its dual form (rows x rows, exact, no iterations).

    Rows that have no say on a head take the head's mean, which asks nothing of them. Layer two makes odds of the
    scores, so a squared loss is no loss here, and seven heads cost one factorisation.
    """
    from scipy.linalg import cho_factor, cho_solve

    kernel = table.kernel[np.ix_(rows, rows)]
    kernel[np.diag_indices(len(rows))] += (_WHOLE_RIDGE / table.weight[rows]).astype(np.float32)
    truth = table.truth[rows, : len(WHOLE_HEADS)].astype(np.float32) * 2 - 1
    for head in range(truth.shape[1]):
        unknown = table.truth[rows, head] < 0
        truth[unknown, head] = truth[~unknown, head].mean() if (~unknown).any() else 0.0
    dual = cho_solve(cho_factor(kernel, overwrite_a=True, check_finite=False), truth, check_finite=False)
    return np.asarray(table.whole[rows].T @ dual), dual.sum(axis=0)


def _fit_layer(table: Table, rows: Rows) -> Layer:
    weights = np.zeros((BUCKETS, len(WHOLE_HEADS) + len(CLAUSE_HEADS)), dtype=np.float32)
    offsets = np.zeros(weights.shape[1])
    whole, offsets[: len(WHOLE_HEADS)] = _fit_whole(table, rows)
    weights[:, : len(WHOLE_HEADS)] = whole
    inside = np.isin(table.clause_rows, rows)
    for number in range(len(CLAUSE_HEADS)):
        chosen = np.flatnonzero(inside & (table.clause_truth[:, number] >= 0))
        weight = table.weight[table.clause_rows[chosen]]
        head = len(WHOLE_HEADS) + number
        coefficients, offsets[head] = _logistic(
            table.clauses[chosen], table.clause_truth[chosen, number], weight, _CLAUSE_C
        )
        weights[:, head] = coefficients
    weights[np.abs(weights) < _SMALLEST_WEIGHT] = 0.0
    return Layer(weights.astype(np.float16).astype(np.float32), offsets)


def _layer_scores(layer: Layer, table: Table, rows: Rows) -> Floats:
    wide = len(WHOLE_HEADS)
    whole = np.asarray(table.whole[rows] @ layer.for_listings, dtype=float) + layer.offsets[:wide]
    place = np.full(table.whole.shape[0], -1, dtype=np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    chosen = np.flatnonzero(place[table.clause_rows] >= 0)
    clauses = np.asarray(table.clauses[chosen] @ layer.for_clauses, dtype=float) + layer.offsets[wide:]
    return np.hstack((whole, pool(clauses, place[table.clause_rows[chosen]], len(rows))))


def _fit_combine(inputs: Floats, table: Table, rows: Rows) -> tuple[Floats, Floats]:
    weights, offsets = np.zeros((inputs.shape[1], len(ANSWERS))), np.zeros(len(ANSWERS))
    blind = inputs.copy()
    blind[:, inputs.shape[1] - len(SAYS_KIND_ONLY) :][:, SAYS_KIND_ONLY] = 0.0
    # A hundred columns are too few to share out among processors: waiting for one another costs many times the sum.
    with threadpool_limits(1):
        _fit_answers(weights, offsets, inputs, blind, table, rows)
    return weights, offsets


def _fit_answers(weights: Floats, offsets: Floats, inputs: Floats, blind: Floats, table: Table, rows: Rows) -> None:
    """Fill in the ``weights`` and ``offsets`` of each answer; only the kind may look at all ``inputs``."""
    from sklearn.linear_model import LogisticRegression

    for answer in range(len(ANSWERS)):
        known = np.flatnonzero(table.truth[rows, answer] >= 0)
        truth = table.truth[rows[known], answer]
        if not len(truth) or truth.min() == truth.max():
            offsets[answer] = 6.0 if len(truth) and truth[0] else -6.0
            continue
        with warnings.catch_warnings():
            # On a nearly singular table scikit-learn warns and goes on with its slower solver: the same optimum.
            warnings.simplefilter("ignore", LinAlgWarning)
            kind = answer < len(KINDS)
            fitted = LogisticRegression(C=_COMBINE_C if kind else _RISK_C, solver="newton-cholesky", max_iter=5000).fit(
                (inputs if kind else blind)[known], truth, sample_weight=table.weight[rows[known]]
            )
        weights[:, answer], offsets[answer] = fitted.coef_[0], fitted.intercept_[0]


def risk_calibration(outer: Floats, table: Table, rows: Rows) -> Calibration:
    """Calibrate the risk on out-of-fold log-odds (rows x answers)."""
    column = ANSWERS.index("suspicion")
    known = _calibrating(table, rows, column)
    truth, weight = table.truth[rows[known], column] == 1, table.weight[rows[known]]
    found = fit_calibration(outer[known, column], truth, weight)
    if table.prevalence is None or not truth.any() or truth.all():
        return found
    return found.at_prevalence(fitted=float(weight[truth].sum() / weight.sum()), stated=table.prevalence)


_ENOUGH_MET = 100
"""Rows of each class, met in the world, from which they alone calibrate."""


def _calibrating(table: Table, rows: Rows, column: int) -> Bools:
    """Return which of ``rows`` calibrate: those met in the world, or all where these are too few.

    Minimal pairs are written to be hard: calibrated on them a model doubts itself on every plain listing.
    """
    known: Bools = table.truth[rows, column] >= 0
    met: Bools = known & table.met[rows]
    positives = int((table.truth[rows[met], column] == 1).sum())
    return met if min(positives, int(met.sum()) - positives) >= _ENOUGH_MET else known


def class_calibrations(outer: Floats, table: Table, rows: Rows) -> tuple[Calibration, ...]:
    """Calibrate each suspected class on out-of-fold log-odds (rows x answers)."""
    out = []
    for number in range(len(SUSPECTED_CLASSES)):
        column = len(KINDS) + 1 + number
        known = _calibrating(table, rows, column)
        out.append(
            fit_calibration(outer[known, column], table.truth[rows[known], column] == 1, table.weight[rows[known]])
        )
    return tuple(out)
