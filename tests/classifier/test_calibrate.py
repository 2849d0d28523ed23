import numpy as np
import pytest

from classifier.calibrate import fit_calibration, to_prevalence


def test_risk_is_stated_for_another_prevalence_and_keeps_its_order() -> None:
    dice = np.random.default_rng(1)
    truth = np.arange(2000) % 2 == 0
    score = dice.normal(size=2000) + 2 * truth
    balanced = fit_calibration(score, truth)
    rare = balanced.at_prevalence(fitted=0.5, stated=0.01)
    grid = np.linspace(-3, 5, 50)
    assert (rare(grid) <= balanced(grid)).all() and (np.diff(rare(grid)) >= 0).all()
    # Where one in a hundred is true, the stated risks of such a sample add up to about one in a hundred.
    kept = truth & (dice.random(2000) < 0.01 / 0.99)
    sample = np.concatenate((score[~truth], score[kept]))
    assert rare(sample).mean() == pytest.approx(kept.sum() / len(sample), abs=0.01)


def test_to_prevalence_is_bayes_rule() -> None:
    assert to_prevalence(np.array([0.5]), fitted=0.5, stated=0.1)[0] == pytest.approx(0.1)
    assert to_prevalence(np.array([0.8]), fitted=0.4, stated=0.4)[0] == pytest.approx(0.8)
