"""From scores to probabilities one can act on: sigmoid below 1,000 out-of-fold labels, isotonic above."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ISOTONIC_FROM = 1000
"""Labels from which isotonic regression is safe (field measurement; below, it follows the noise)."""

_FLOOR = 1e-4
"""No probability is 0 or 1: a model that has seen a few thousand rows cannot know that."""

_GRID = np.linspace(-12.0, 12.0, 97)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A monotone map from score to probability: straight lines between the points ``x`` (log-odds) and ``y``."""

    x: Floats
    y: Floats

    def __call__(self, score: Floats) -> Floats:
        """Return the probability of each score; beyond the outermost points it stays level."""
        return np.interp(score, self.x, self.y)

    def at_prevalence(self, *, fitted: float, stated: float) -> "Calibration":
        """Return this calibration for a world where a ``stated`` share is true, not the share it was ``fitted`` on."""
        return Calibration(self.x, to_prevalence(self.y, fitted=fitted, stated=stated))


def _sigmoid(score: Floats, positive: npt.NDArray[np.bool_], weight: Floats) -> Floats:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1e3).fit(score[:, None], positive, sample_weight=weight)
    slope = max(float(fitted.coef_[0, 0]), 1e-3)
    return 1 / (1 + np.exp(-(slope * _GRID + float(fitted.intercept_[0]))))


def fit_calibration(score: Floats, positive: npt.NDArray[np.bool_], weight: Floats | None = None) -> Calibration:
    """Fit on out-of-fold ``score`` (rows of one group never on both sides) and the truth.

    Isotonic steps are joined by a tenth of the sigmoid, so that two different scores never get exactly the same
    probability: a queue ordered by risk must not turn into ties.
    """
    weight = np.ones(len(score)) if weight is None else weight
    if positive.all() or not positive.any():
        share = float(np.clip(positive.mean() if len(positive) else 0.0, _FLOOR, 1 - _FLOOR))
        return Calibration(np.array([-12.0, 12.0]), np.array([share, share]))
    smooth = _sigmoid(score, positive, weight)
    if len(score) < ISOTONIC_FROM:
        return Calibration(_GRID, np.clip(smooth, _FLOOR, 1 - _FLOOR))
    from sklearn.isotonic import IsotonicRegression

    stepped = IsotonicRegression(y_min=_FLOOR, y_max=1 - _FLOOR, out_of_bounds="clip").fit(
        score, positive, sample_weight=weight
    )
    mixed = 0.9 * stepped.predict(_GRID) + 0.1 * smooth
    return Calibration(_GRID, np.clip(mixed, _FLOOR, 1 - _FLOOR))


def to_prevalence(risk: Floats, *, fitted: float, stated: float) -> Floats:
    """Move probabilities from the share of true cases they were ``fitted`` on to a ``stated`` one."""
    odds = risk / (1 - risk) * (stated / (1 - stated)) / (fitted / (1 - fitted))
    return odds / (1 + odds)
