"""Whether a new model may take the place of the one in use: side by side on rows that neither was trained on.

A new model is adopted when it is not worse. "Worse" is decided by a few figures that a reviewer would feel, each with
the same tolerance; the others are shown. The interval beside a difference comes from resampling groups of rows for
both models at once, so that what makes rows hard for both cancels out.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.metrics import Judged, by, measure
from classifier.persist import load_model

TOLERANCE = 0.01
"""How far a figure may fall and still count as not worse: one row of a frozen set of a hundred."""

DECISIVE = {"ap": 1, "recall@10%": 1, "kind_acc": 1, "pair_acc": 1, "cue_f1": 1, "brier": -1}
"""Figures that decide, and whether more (1) or less (-1) is better.

The calibration error is shown and does not decide: a model that knows nothing and says so is well calibrated. The Brier
score sees both."""

SHOWN = (*DECISIVE, "f1", "suspected_f1", "quote_hit", "ece", "wss@95", "precision@1%|0.1%")

_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of both models on one frozen set."""

    figure: str
    current: float
    candidate: float
    interval: tuple[float, float]
    """95 % interval of ``candidate - current``."""
    worse: bool

    @property
    def difference(self) -> float:
        """Return how much the candidate is above the model in use."""
        return self.candidate - self.current


def compare(current: Sequence[Judged], candidate: Sequence[Judged], *, tolerance: float = TOLERANCE) -> list[Compared]:
    """Put both models side by side on the same rows, same order; figures that cannot be computed are absent."""
    if [row.id for row in current] != [row.id for row in candidate]:
        raise ValueError("both models must have judged the same rows")
    before, after = measure(current), measure(candidate)
    names = [name for name in SHOWN if name in before and name in after]
    spread = _differences(current, candidate, names)
    return [
        Compared(
            name, before[name], after[name], spread[name],
            worse=name in DECISIVE and DECISIVE[name] * (after[name] - before[name]) < -tolerance,
        )
        for name in names
    ]  # fmt: skip


def _differences(
    current: Sequence[Judged], candidate: Sequence[Judged], names: Sequence[str]
) -> dict[str, tuple[float, float]]:
    both = {id(row): other for row, other in zip(current, candidate, strict=True)}
    groups = list(by(current, lambda row: row.group).values())
    if len(groups) == 1:  # one author's rows: what else they share cannot be told apart
        groups = [[row] for row in current]
    random = np.random.default_rng(0)
    drawn: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(_ROUNDS):
        sample = [row for number in random.integers(0, len(groups), len(groups)) for row in groups[number]]
        before, after = measure(sample), measure([both[id(row)] for row in sample])
        for name in names:
            if name in before and name in after:
                drawn[name].append(after[name] - before[name])
    return {
        name: (float(np.percentile(values, 2.5)), float(np.percentile(values, 97.5))) if values else (0.0, 0.0)
        for name, values in drawn.items()
    }


def trained_on(folder: Path, digests: Mapping[str, str]) -> list[str]:
    """Return which of the files (name to SHA-256) the model in ``folder`` says it was trained on."""
    _, manifest = load_model(folder)
    used = {str(part.get("sha256")) for part in manifest["about"].get("data", ())}
    return [name for name, digest in digests.items() if digest in used]


PREVIOUS = ".previous"
_INCOMING = ".incoming"


def take_place(candidate: Path, current: Path) -> Path | None:
    """Put a copy of ``candidate`` in the place of ``current``; returns where the model in use was kept, if any.

    The copy is complete and checked before anything moves. Raises ``ModelError`` or ``OSError``; a model folder then
    stands where it stood.
    """
    incoming = current.with_name(current.name + _INCOMING)
    kept = current.with_name(current.name + PREVIOUS)
    shutil.rmtree(incoming, ignore_errors=True)
    shutil.copytree(candidate, incoming)
    try:
        load_model(incoming)
        if not current.exists():
            incoming.rename(current)
            return None
        shutil.rmtree(kept, ignore_errors=True)
        current.rename(kept)
        try:
            incoming.rename(current)
        except OSError:
            kept.rename(current)
            raise
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    return kept
