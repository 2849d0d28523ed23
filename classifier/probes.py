"""What would make the figures lie: format that gives the label away, a split that leaks, tricks that blind a model."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.disguise import disguise_listing, held_out_glyphs
from classifier.evaluate import fitted, judge_rows
from classifier.examples import Example
from classifier.fit import SEED
from classifier.metrics import Judged, measure
from classifier.train import Material, prepare

Floats = npt.NDArray[np.float64]

_RESAMPLES = 500
_RANDOM_SHARE = 5
"""Every fifth gold row is held out by the random split."""


def format_of(text: str) -> list[float]:
    """Return what a text looks like, whatever it says: length, lines, shares of capitals, digits, signs, spaces."""
    n = max(1, len(text))
    return [
        float(np.log1p(len(text))),
        sum(c.isupper() for c in text) / n,
        sum(c.isdigit() for c in text) / n,
        sum(not c.isalnum() and not c.isspace() for c in text) / n,
        sum(c.isspace() for c in text) / n,
        float(np.log1p(text.count("\n"))),
        sum(not c.isascii() for c in text) / n,
    ]


def format_probe(examples: Sequence[Example]) -> dict[str, Any]:
    """Try to tell suspicion from format alone, on sources not learned from; near 0.5 the labels do not hang on format.

    Returns the area under the ROC curve over all held-out gold rows, and its 95 % interval over resampled sources.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    clear = [e for e in examples if e.suspicion != 1]
    table = np.array([format_of(e.listing.title or "") + format_of(e.listing.description or "") for e in clear])
    truth = np.array([e.suspicion == 2 for e in clear])
    sources = np.array([e.source if e.origin == "gold" else "" for e in clear])
    score = np.full(len(clear), np.nan)
    for source in sorted(set(sources) - {""}):
        held = sources == source
        model = HistGradientBoostingClassifier(random_state=SEED).fit(table[~held], truth[~held])
        score[held] = model.predict_proba(table[held])[:, 1]
    gold = sources != ""
    low, high = _resampled(score[gold], truth[gold], sources[gold])
    return {"auc": ranking_auc(score[gold], truth[gold]), "interval": [low, high], "rows": int(gold.sum())}


def ranking_auc(score: Floats, positive: npt.NDArray[np.bool_]) -> float:
    """Return the chance that a positive row scores above a negative one, ties counted half; 0.5 with one class only."""
    from scipy.stats import rankdata

    hits, total = int(positive.sum()), len(positive)
    if hits in (0, total):
        return 0.5
    above = rankdata(score)[positive].sum() - hits * (hits + 1) / 2
    return float(above / (hits * (total - hits)))


def _resampled(score: Floats, truth: npt.NDArray[np.bool_], groups: npt.NDArray[np.str_]) -> tuple[float, float]:
    random = np.random.default_rng(SEED)
    rows = {g: np.flatnonzero(groups == g) for g in np.unique(groups)}
    names = list(rows)
    found = []
    for _ in range(_RESAMPLES):
        drawn = np.concatenate([rows[names[i]] for i in random.integers(len(names), size=len(names))])
        found.append(ranking_auc(score[drawn], truth[drawn]))
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)


def random_split(material: Material) -> dict[str, Any]:
    """Return the average precision on a random fifth of the gold rows.

    It stands beside the figure on held-out sources as a gauge of how much a random split flatters; it is no claim.
    """
    gold = [i for i, e in enumerate(material.examples) if e.origin == "gold"]
    held = set(np.random.default_rng(SEED).permutation(gold)[: len(gold) // _RANDOM_SHARE].tolist())
    model = fitted(material, [i for i in range(len(material.examples)) if i not in held])
    judged = judge_rows(model, material, sorted(held))
    return {"ap": measure(judged)["ap"], "rows": len(judged)}


def disguised(material: Material, *, seed: int = SEED) -> Material:
    """Return the gold rows of ``material`` disguised with look-alikes that the normaliser's table lacks."""
    gold = [e for e in material.examples if e.origin == "gold"]
    with held_out_glyphs(seed) as glyphs:
        return prepare([replace(e, listing=disguise_listing(e.listing, glyphs, seed=seed)) for e in gold])


def loss_by_disguise(plain: Sequence[Judged], bent: Sequence[Judged]) -> dict[str, Any]:
    """Return average precision as written and disguised, judged by the same held-out models, and what was lost."""
    before, after = measure(plain)["ap"], measure(bent)["ap"]
    return {"ap": before, "ap_disguised": after, "loss": before - after, "rows": len(bent)}
