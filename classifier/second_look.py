"""Decisions worth a second look: those that a model strongly contradicts which never saw the site they are about.

A label may be wrong, and so may the model; which of the two, people say. A model that was fitted on a decision agrees
with it, so each site is judged by a model fitted without any of its rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from casefile.records import DecidedAs
from classifier.examples import Example
from classifier.fit import SEED, fit_model, predict
from classifier.train import Material

SURE = 0.8
"""Risk from which a rejection is contradicted, and below one minus which a confirmation is."""

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Doubt:
    """A decision and what a model that never saw its site says."""

    id: str
    version: int
    site: str
    title: str
    decided: DecidedAs
    risk: float
    """Calibrated, out of fold."""

    @property
    def strength(self) -> float:
        """Return how far the model is from the decision, 0 to 1."""
        return 1 - self.risk if self.decided == "confirmed" else self.risk


def site_folds(examples: Sequence[Example], folds: int = FOLDS) -> list[frozenset[str]]:
    """Deal the groups of the decisions (one a site) over at most ``folds`` folds by a seeded shuffle."""
    groups = sorted({e.group for e in examples if e.origin == "decision"})
    order = np.random.default_rng(SEED).permutation(len(groups))
    count = min(folds, len(groups))
    return [frozenset(groups[place] for place in order[number::count]) for number in range(count)]


def second_look(
    material: Material, *, sure: float = SURE, folds: int = FOLDS, tick: Callable[[], None] = lambda: None
) -> list[Doubt]:
    """Return the decisions of ``material`` that are strongly contradicted, the strongest first.

    ``tick`` is called after each fold. Gold rows of a site in question are left out with its decisions.
    """
    examples = material.examples
    found: list[Doubt] = []
    for held in site_folds(examples, folds):
        test = [row for row, e in enumerate(examples) if e.origin == "decision" and e.group in held]
        sites = {examples[row].source for row in test}
        train = [row for row, e in enumerate(examples) if e.group not in held and e.source not in sites]
        with threadpool_limits(1):  # many small solves: threads would only wait for each other
            risks = predict(fit_model(material.table, np.array(train)), material.table, np.array(test)).risk
        found += [_doubt(examples[row], float(risk)) for row, risk in zip(test, risks, strict=True)]
        tick()
    return sorted((one for one in found if one.strength >= sure), key=lambda one: (-one.strength, one.id, one.version))


def _doubt(example: Example, risk: float) -> Doubt:
    one = example.listing
    decided: DecidedAs = "confirmed" if example.suspicion == 2 else "rejected"
    return Doubt(one.id, one.version, example.source, (one.title or one.description or "")[:300], decided, risk)
