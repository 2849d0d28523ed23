from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from casefile.records import KINDS, SUSPECTED_CLASSES
from classifier.calibrate import Calibration
from classifier.embeddings.encoder import Embeddings
from classifier.fit import Floats, Table
from classifier.fit_two import StageTwoFit, fit_stage_two
from classifier.model import ANSWERS, Layer, Model
from classifier.signals import SIGNALS
from classifier.stage_two import PROOF, ROUTES, StageTwo

ROWS = 600
RISK = len(KINDS)
LEVEL = Calibration(np.array([-10.0, 10.0]), np.array([0.01, 0.99]))
NOTHING = np.zeros((0, 0))


class Noise:
    """An encoder of which only the proof is asked."""

    digest, width = "ab" * 32, 4

    def encode(self, texts: Sequence[str]) -> Embeddings:
        return np.eye(4, dtype=np.float32)[: len(texts)]


def fitted(*, telling: float) -> StageTwoFit:
    """Fit where stage one knows nothing of the risk and the embedding tells it as clearly as ``telling``."""
    random = np.random.default_rng(3)
    truth = np.zeros((ROWS, len(ANSWERS)), dtype=np.int8)
    truth[np.arange(ROWS), random.integers(0, len(KINDS), ROWS)] = 1
    truth[:, RISK] = random.integers(0, 2, ROWS)
    truth[: ROWS // 10, RISK] = -1
    embeddings = random.normal(size=(ROWS, 4)).astype(np.float32)
    embeddings[:, 0] += telling * (2 * truth[:, RISK] - 1)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    odds: Floats = random.normal(scale=0.5, size=(ROWS, len(ANSWERS)))
    odds[:, : len(KINDS)] = np.where(truth[:, : len(KINDS)] == 1, 4.0, -4.0)
    # what stage two reads of a table; texts and clauses are stage one's alone
    read = SimpleNamespace(
        signals=np.zeros((ROWS, len(SIGNALS))), truth=truth, weight=np.ones(ROWS),
        groups=np.array([f"g{i % 30}" for i in range(ROWS)]), met=np.zeros(ROWS, dtype=bool), prevalence=None,
    )  # fmt: skip
    table = cast(Table, read)
    model = Model(
        Layer(np.zeros((1, 1), np.float32), np.zeros(1)), NOTHING, NOTHING, NOTHING, LEVEL,
        (LEVEL,) * len(SUSPECTED_CLASSES),
    )  # fmt: skip
    return fit_stage_two(
        model, odds, table, np.arange(ROWS),
        embeddings=embeddings, lengths=[50] * ROWS, taught=[True] * ROWS, encoder=Noise(),
    )  # fmt: skip


def test_embeddings_that_tell_what_stage_one_cannot_are_kept_for_just_that() -> None:
    fit = fitted(telling=1.5)
    assert fit.stage is not None and fit.found["parts"] == ["risk"]
    assert fit.found["average_precision"]["cascade"] > fit.found["average_precision"]["stage_one"] + 0.1
    assert fit.found["routes"]["risk near the threshold"] == {"rows": fit.found["asked"], "kept": True}
    assert fit.stage.encoder == Noise.digest and np.array_equal(fit.stage.proof, Noise().encode(PROOF))


def test_embeddings_that_tell_nothing_are_left_out_and_the_figures_say_why() -> None:
    fit = fitted(telling=0.0)
    assert fit.stage is None and fit.found["parts"] == [] and fit.found["asked"] == 0
    assert fit.found["average_precision"]["cascade"] == fit.found["average_precision"]["stage_one"]
    assert set(fit.found["routes"]) == set(ROUTES) and not any(r["kept"] for r in fit.found["routes"].values())


def test_fitting_twice_gives_the_same_weights_to_the_last_bit() -> None:
    one, two = fitted(telling=1.5).stage, fitted(telling=1.5).stage
    assert isinstance(one, StageTwo) and isinstance(two, StageTwo)
    assert all(np.array_equal(array, two.to_arrays()[name]) for name, array in one.to_arrays().items())


@pytest.mark.parametrize("trusted", [True, False])
def test_only_an_encoder_that_gives_the_proof_is_trusted(trusted: bool) -> None:
    stage = fitted(telling=1.5).stage
    assert stage is not None
    given = Noise().encode(PROOF)
    assert stage.trusts(given if trusted else given[::-1]) is trusted
