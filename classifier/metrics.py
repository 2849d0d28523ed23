"""The figures of the field: what a reviewer finds per hour of reading, each with an honest interval.

Suspicion 1 is left out of every yes/no figure (two people may differ on it). Definitions agree with the scorer that
the gold rows come with; ``tests/classifier/test_metrics.py`` holds the two against each other.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One gold row beside its assessment. ``cues`` maps a cue to its quotes."""

    id: str
    kind: str
    suspicion: int
    suspected: frozenset[str]
    cues: Mapping[str, Sequence[str]]
    optional_cues: frozenset[str] = frozenset()
    pair: str | None = None
    source: str = "?"
    language: str = "?"
    function: str = "?"
    group: str = "?"
    got_kind: str
    got_risk: float
    got_suspected: Mapping[str, float]
    got_cues: Mapping[str, Sequence[str]] = field(default_factory=dict)


def average_precision(risk: Floats, positive: Bools) -> float | None:
    """Return the area under the precision-recall steps, ties sharing one threshold; None with one class only."""
    total = int(positive.sum())
    if total in (0, len(positive)):
        return None
    order = np.argsort(-risk, kind="stable")
    ranked, hits = risk[order], np.cumsum(positive[order])
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    gained = np.diff(hits[last], prepend=0)
    return float((gained * hits[last] / (last + 1)).sum() / total)


def _harmonic(right: int, wrong: int, missed: int) -> tuple[float, float, float]:
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / (right + missed) if right + missed else 0.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def calibration_error(risk: Floats, positive: Bools, bins: int = 10) -> float:
    """Return the expected calibration error over equally wide bins of risk."""
    place = np.minimum((risk * bins).astype(int), bins - 1)
    gaps = [abs(risk[place == b].mean() - positive[place == b].mean()) * (place == b).mean() for b in np.unique(place)]
    return float(sum(gaps))


def precision_at(risk: Floats, positive: Bools, share: float, prevalence: float) -> float | None:
    """Return the precision in the top ``share`` of a queue in which only ``prevalence`` of the rows are true cases.

    The rows at hand give the two rates above each threshold; prevalence weighs them (field note: at 0.1 % the precision
    measured on a balanced sample says nothing).
    """
    if not positive.any() or positive.all():
        return None
    best = None
    for threshold in np.unique(risk)[::-1]:
        above = risk >= threshold
        true_rate, false_rate = above[positive].mean(), above[~positive].mean()
        read = prevalence * true_rate + (1 - prevalence) * false_rate
        best = prevalence * true_rate / read if read else None
        if read >= share:
            break
    return None if best is None else float(best)


def measure(rows: Sequence[Judged], threshold: float = 0.5) -> dict[str, Any]:
    """Return every figure over ``rows``; a figure that cannot be computed (one class only) is absent."""
    clear = [r for r in rows if r.suspicion != 1]
    risk = np.array([r.got_risk for r in clear], dtype=float)
    positive = np.array([r.suspicion == 2 for r in clear], dtype=bool)
    out: dict[str, Any] = {"rows": len(rows), "positives": int(positive.sum())}
    if clear:
        out |= _ranking(risk, positive) | _decisions(risk, positive, threshold)
    if rows:
        out["kind_acc"] = sum(r.got_kind == r.kind for r in rows) / len(rows)
    out |= _labels([r for r in rows if r.suspicion == 2], threshold)
    pairs = _pairs(rows, threshold)
    if pairs:
        out["pair_acc"] = sum(pairs) / len(pairs)
    return {k: v for k, v in out.items() if v is not None}


def _ranking(risk: Floats, positive: Bools) -> dict[str, Any]:
    ap = average_precision(risk, positive)
    if ap is None:
        return {}
    # A stable sort keeps file order among equal risks, as the scorer does.
    ranked = positive[np.argsort(-risk, kind="stable")]
    total, n = int(positive.sum()), len(ranked)
    tenth = max(1, round(n / 10))
    at_95 = int(np.flatnonzero(np.cumsum(ranked) >= 0.95 * total)[0]) + 1
    return {
        "ap": ap,
        "recall@10%": float(ranked[:tenth].sum() / min(tenth, total)),
        "wss@95": (n - at_95) / n - 0.05,
        "precision@1%|0.1%": precision_at(risk, positive, 0.01, 0.001),
        "precision@1%|1%": precision_at(risk, positive, 0.01, 0.01),
    }


def _decisions(risk: Floats, positive: Bools, threshold: float) -> dict[str, Any]:
    said = risk >= threshold
    right, wrong = int((said & positive).sum()), int((said & ~positive).sum())
    precision, recall, f1 = _harmonic(right, wrong, int(positive.sum()) - right)
    return {
        "precision": precision, "recall": recall, "f1": f1, "accuracy": float((said == positive).mean()),
        "brier": float(((risk - positive) ** 2).mean()), "ece": calibration_error(risk, positive),
    }  # fmt: skip


def _labels(rows: Sequence[Judged], threshold: float) -> dict[str, Any]:
    """Micro F1 of cues and suspected classes over the rows with clear evidence, and how often the quotes meet."""
    if not rows:
        return {}
    right = wrong = missed = overlap = 0
    class_right = class_wrong = class_missed = 0
    for r in rows:
        got = {cue: quotes for cue, quotes in r.got_cues.items() if cue not in r.optional_cues}
        both = got.keys() & r.cues.keys()
        right, wrong, missed = right + len(both), wrong + len(got.keys() - both), missed + len(r.cues.keys() - both)
        overlap += sum(any(_meet(a, b) for a in r.cues[cue] for b in got[cue]) for cue in both)
        said = {c for c, p in r.got_suspected.items() if p >= threshold}
        class_right += len(said & r.suspected)
        class_wrong += len(said - r.suspected)
        class_missed += len(r.suspected - said)
    precision, recall, f1 = _harmonic(right, wrong, missed)
    return {
        "cue_precision": precision, "cue_recall": recall, "cue_f1": f1,
        "quote_hit": overlap / right if right else None,
        "suspected_f1": _harmonic(class_right, class_wrong, class_missed)[2],
    }  # fmt: skip


def _meet(a: str, b: str) -> bool:
    return bool(a and b and (a.lower() in b.lower() or b.lower() in a.lower()))


def _pairs(rows: Sequence[Judged], threshold: float) -> list[bool]:
    by_id = {r.id: r for r in rows}
    pairs = {tuple(sorted((r.id, r.pair))) for r in rows if r.pair in by_id and r.suspicion != 1}

    def right(row: Judged) -> bool:
        return (row.got_risk >= threshold) == (row.suspicion == 2)

    return [right(by_id[a]) and right(by_id[b]) for a, b in pairs]


def by(rows: Sequence[Judged], key: Callable[[Judged], str]) -> dict[str, list[Judged]]:
    """Group ``rows`` by ``key``, groups in alphabetical order."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(sorted(groups.items()))


def intervals(
    rows: Sequence[Judged], names: Sequence[str], *, rounds: int = 400, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Return 95 % intervals by resampling whole groups (rows of one source are not independent of each other)."""
    groups = list(by(rows, lambda r: r.group).values())
    random = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        sample = [row for i in random.integers(0, len(groups), len(groups)) for row in groups[i]]
        figures = measure(sample)
        for name in names:
            if name in figures:
                drawn[name].append(figures[name])
    return {n: (float(np.percentile(v, 2.5)), float(np.percentile(v, 97.5))) for n, v in drawn.items() if v}
