import dataclasses
from pathlib import Path

import pytest

from classifier.adoption import PREVIOUS, compare, take_place, trained_on
from classifier.assess import DEFAULT_MODEL
from classifier.metrics import Judged
from classifier.persist import MANIFEST, WEIGHTS, ModelError, load_model


def judged(number: int, risk: float) -> Judged:
    return Judged(
        id=str(number), kind="medicine", suspicion=2 if number % 2 else 0, suspected=frozenset(), cues={},
        group=f"g{number // 4}", got_kind="medicine", got_risk=risk, got_suspected={},
    )  # fmt: skip


GOOD = [judged(n, 0.9 if n % 2 else 0.1) for n in range(40)]
BAD = [judged(n, 0.9 - 0.02 * n if n % 2 else 0.5) for n in range(40)]


def test_a_worse_model_is_called_worse_on_the_figures_that_decide() -> None:
    found = {line.figure: line for line in compare(GOOD, BAD)}
    assert found["ap"].worse and found["ap"].difference < 0 and found["ap"].interval[1] <= 0
    assert found["kind_acc"].difference == 0 and not found["kind_acc"].worse
    assert not found["f1"].worse  # shown, does not decide


def test_the_same_model_and_a_better_one_are_not_worse() -> None:
    assert not any(line.worse for line in compare(GOOD, GOOD))
    assert not any(line.worse for line in compare(BAD, GOOD))


def test_a_fall_within_the_tolerance_is_not_worse() -> None:
    slight = [dataclasses.replace(row, got_kind="device") if row.id == "0" else row for row in GOOD]
    assert any(line.worse for line in compare(GOOD, slight, tolerance=0.01))
    assert not any(line.worse for line in compare(GOOD, slight, tolerance=0.05))


def test_the_brier_score_counts_the_other_way_round() -> None:
    sure = [dataclasses.replace(row, got_risk=0.999 if row.suspicion else 0.001) for row in GOOD]
    assert next(line for line in compare(sure, GOOD, tolerance=0.005) if line.figure == "brier").worse
    assert not next(line for line in compare(GOOD, sure) if line.figure == "brier").worse


def test_only_judgements_of_the_same_rows_are_compared() -> None:
    with pytest.raises(ValueError, match="same rows"):
        compare(GOOD, GOOD[1:])


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("current", "candidate"):
        (tmp_path / name).mkdir()
        for file in (MANIFEST, WEIGHTS):
            (tmp_path / name / file).write_bytes((DEFAULT_MODEL / file).read_bytes())
        (tmp_path / name / "note").write_text(name)
    return tmp_path / "current", tmp_path / "candidate"


def test_the_candidate_takes_the_place_and_the_old_model_is_kept(folders: tuple[Path, Path]) -> None:
    current, candidate = folders
    kept = take_place(candidate, current)
    assert kept == current.with_name("current" + PREVIOUS)
    assert (current / "note").read_text() == "candidate" and (kept / "note").read_text() == "current"
    assert (candidate / "note").is_file()
    load_model(current)
    assert take_place(kept, current) is not None  # and back again


def test_a_damaged_candidate_changes_nothing(folders: tuple[Path, Path]) -> None:
    current, candidate = folders
    (candidate / WEIGHTS).write_bytes(b"no")
    with pytest.raises(ModelError):
        take_place(candidate, current)
    assert sorted(path.name for path in current.parent.iterdir()) == ["candidate", "current"]
    assert (current / "note").read_text() == "current"


def test_the_model_itself_says_what_it_was_trained_on() -> None:
    _, manifest = load_model(DEFAULT_MODEL)
    digest = manifest["about"]["data"][0]["sha256"]
    assert trained_on(DEFAULT_MODEL, {"a.jsonl": digest, "b.jsonl": "0" * 64}) == ["a.jsonl"]
