import importlib.util
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from casefile.records import CUES, KINDS, SUSPECTED_CLASSES
from classifier.calibrate import fit_calibration, to_prevalence
from classifier.evaluate import judge
from classifier.examples import read_examples
from classifier.metrics import average_precision, calibration_error, intervals, measure, precision_at


def guess(rows: list[Any], seed: int) -> dict[str, dict[str, Any]]:
    """Return assessments that are sometimes right: what two scorers must count alike."""
    rng = random.Random(seed)  # noqa: S311 - a test needs the same numbers, not secret ones
    out = {}
    for row in rows:
        cues = [c for c in row["cues"] if rng.random() < 0.6] + [{"cue": rng.choice(CUES), "quote": "zzz"}]
        risk = round(0.5 * rng.random() + 0.25 * row["suspicion"] * rng.random(), 2)
        out[row["id"]] = {
            "id": row["id"], "kind": rng.choice([row["kind"], *KINDS]), "risk": risk,
            "suspected": {c: rng.random() for c in SUSPECTED_CLASSES}, "cues": cues,
        }  # fmt: skip
    return out


@pytest.mark.shared
@pytest.mark.parametrize("name", ["dev.jsonl", "suite_dev.jsonl"])
def test_our_figures_are_those_of_the_scorer_beside_the_gold_rows(shared: Path, name: str) -> None:
    spec = importlib.util.spec_from_file_location("score", shared / "eval" / "score.py")
    assert spec is not None and spec.loader is not None
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    gold = [json.loads(line) for line in (shared / "gold" / name).read_text(encoding="utf-8").splitlines()]
    got = guess(gold, seed=7)
    theirs = score.measure(gold, got, 0.5)
    judged = [
        judge(
            example, kind=a["kind"], risk=a["risk"], suspected=a["suspected"],
            cues=[(c["cue"], c["quote"]) for c in a["cues"]],
        )
        for example in read_examples(shared / "gold" / name, origin="gold")
        for a in [got[example.listing.id]]
    ]  # fmt: skip
    ours = measure(judged)
    assert {k: ours[k] for k in theirs} == pytest.approx(theirs)


def test_ties_share_one_threshold() -> None:
    risk, positive = np.array([0.5, 0.5, 0.5, 0.1]), np.array([True, False, False, False])
    assert average_precision(risk, positive) == pytest.approx(1 / 3)


def test_one_class_alone_has_no_average_precision() -> None:
    assert average_precision(np.array([0.1, 0.2]), np.array([True, True])) is None


def test_precision_at_the_world_s_prevalence_is_far_below_the_sample_s() -> None:
    risk = np.linspace(0, 1, 200)
    positive = risk + np.random.default_rng(0).normal(0, 0.2, 200) > 0.5
    rare, common = precision_at(risk, positive, 0.01, 0.001), precision_at(risk, positive, 0.01, 0.5)
    assert rare is not None and common is not None and rare < 0.1 < common


def test_a_perfectly_calibrated_guess_has_no_calibration_error() -> None:
    risk = np.repeat([0.25, 0.75], 4)
    positive = np.array([True, False, False, False, True, True, True, False])
    assert calibration_error(risk, positive) == pytest.approx(0.0)


def test_intervals_resample_whole_groups(tmp_path: Path) -> None:
    rows = [
        {"id": f"{i}", "title": "x", "kind": "medicine", "suspicion": 2 * (i % 2), "source": f"s{i // 4}"}
        for i in range(24)
    ]
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    judged = [
        judge(e, kind="medicine", risk=0.9 if e.suspicion else 0.1, suspected={}, cues=[])
        for e in read_examples(path, origin="gold")
    ]
    assert {r.group for r in judged} == {f"s{i}" for i in range(6)}
    assert intervals(judged, ["ap"], rounds=20)["ap"] == (1.0, 1.0)


def test_calibration_is_monotone_and_never_certain() -> None:
    rng = np.random.default_rng(1)
    for rows in (200, 2000):
        score = rng.normal(0, 2, rows)
        positive = rng.random(rows) < 1 / (1 + np.exp(-score))
        calibrate = fit_calibration(score, positive)
        found = calibrate(np.linspace(-20, 20, 400))
        assert (np.diff(found) >= 0).all()
        assert 0 < found.min() < 0.1 < 0.9 < found.max() < 1


def test_prior_correction_keeps_the_order_and_lowers_the_risk() -> None:
    risk = np.array([0.2, 0.5, 0.9])
    moved = to_prevalence(risk, fitted=0.5, stated=0.01)
    assert (moved < risk).all() and (np.diff(moved) > 0).all()
    assert to_prevalence(risk, fitted=0.3, stated=0.3) == pytest.approx(risk)
