"""Choosing what people should look at next, and counting what a random draw says of all listings.

Three aims in one batch, about 60/25/15: the *top* of the queue, where true cases are; listings near the *margin*, each
unlike the others, where a model learns most; and a *random* draw over the whole frame, the only part that says how
common true cases are (the others were chosen because they are unusual). Every listing knows the probability with which
it came into the batch. Pure and seeded: the same frame and seed give the same batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

Part = Literal["top", "margin", "random"]
Floats = npt.NDArray[np.float64]

SHARES: dict[Part, float] = {"top": 0.60, "margin": 0.25, "random": 0.15}
THRESHOLD = 0.5
"""Risk at the margin between what a reviewer should see and what not."""

_CANDIDATES = 4
"""Listings nearest to the threshold that are considered for each one chosen at the margin."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One chosen row of the frame."""

    row: int
    part: Part
    """Why it was chosen first: top before margin before random."""
    drawn: bool
    """Whether the random draw over the whole frame hit it too, whatever the part."""
    probability: float
    """Of being in the batch at all under this design."""


def sizes(size: int) -> dict[Part, int]:
    """Split a batch into its parts by largest remainder; they add up to ``size``.

    >>> sizes(20)
    {'top': 12, 'margin': 5, 'random': 3}
    """
    exact = {part: size * share for part, share in SHARES.items()}
    whole = {part: int(value) for part, value in exact.items()}
    for part in sorted(exact, key=lambda name: whole[name] - exact[name])[: size - sum(whole.values())]:
        whole[part] += 1
    return whole


def choose(
    risk: Floats,
    priority: Floats,
    vectors: Callable[[Sequence[int]], csr_matrix],
    *,
    size: int,
    seed: int,
    threshold: float = THRESHOLD,
) -> list[Pick]:
    """Choose about ``size`` rows of a frame (one row per undecided listing), in an order that tells nothing.

    ``risk`` and ``priority`` have one value per row; ``vectors`` gives unit rows for the rows it is asked for, by which
    unlike listings are told. The random part is a simple random sample of the *whole* frame, so a row of the top may be
    drawn too: it is then in the batch once, and the batch that much smaller. A frame of at most ``size`` rows is taken
    whole.
    """
    rows = len(risk)
    random = np.random.default_rng(seed)
    if rows <= size:
        return [Pick(int(row), "random", True, 1.0) for row in random.permutation(rows)]
    parts = sizes(size)
    order = np.lexsort((np.arange(rows), -priority))
    top = order[: parts["top"]]
    chance = dict.fromkeys(top.tolist(), 1.0)
    part: dict[int, Part] = dict.fromkeys(top.tolist(), "top")
    for cell in _cells(risk, order[parts["top"] :], vectors, parts["margin"], threshold):
        chance |= dict.fromkeys(cell, 1 / len(cell))
        part[cell[int(random.integers(len(cell)))]] = "margin"
    drawn = set(random.choice(rows, size=parts["random"], replace=False).tolist())
    for row in drawn:
        part.setdefault(row, "random")
    at_random = parts["random"] / rows
    picks = [
        Pick(row, why, row in drawn, 1 - (1 - chance.get(row, 0.0)) * (1 - at_random)) for row, why in part.items()
    ]
    return [picks[number] for number in random.permutation(len(picks))]


def _cells(
    risk: Floats,
    rest: npt.NDArray[np.intp],
    vectors: Callable[[Sequence[int]], csr_matrix],
    wanted: int,
    threshold: float,
) -> list[list[int]]:
    """Part the rows nearest to the threshold into ``wanted`` groups of like listings; one of each will be drawn.

    Centres are the row nearest to the threshold and then, one after another, the row least like any centre so far
    (Gonzalez' k-centre); every candidate joins the centre it is most like.
    """
    if not wanted:
        return []
    near = rest[np.lexsort((rest, np.abs(risk[rest] - threshold)))][: wanted * _CANDIDATES].tolist()
    if len(near) <= wanted:
        return [[row] for row in near]
    matrix = vectors(near)
    likeness = np.asarray((matrix @ matrix.T).todense(), dtype=float)
    centres = [0]
    while len(centres) < wanted:
        best = likeness[:, centres].max(axis=1)
        best[centres] = np.inf
        centres.append(int(best.argmin()))
    owner = likeness[:, centres].argmax(axis=1)
    owner[centres] = np.arange(len(centres))
    return [[near[row] for row in np.flatnonzero(owner == number)] for number in range(len(centres))]


@dataclass(frozen=True, slots=True)
class Prevalence:
    """How common true cases are among all listings of the frame, as a random draw shows it."""

    estimate: float
    low: float
    """95 % interval."""
    high: float
    decided: int
    pending: int
    """Drawn, but not decided yet: the estimate takes them to be like the others, ``least`` and ``most`` do not."""
    least: float
    """Estimate if none of the pending were a true case."""
    most: float
    """Estimate if all of them were."""


def prevalence(outcomes: Sequence[bool | None], probabilities: Sequence[float]) -> Prevalence | None:
    """Estimate the share of true cases from drawn listings only; None when none is decided yet.

    ``outcomes`` says of each drawn listing whether it was confirmed (None: not decided), ``probabilities`` with which
    probability the draw took it. Horvitz-Thompson weights 1/p, normalised (Hajek) since several draws may have frames
    of different sizes. The interval is Clopper and Pearson's on the effective sample size (Kish): honest also when
    nothing was found, where a normal interval would say zero for certain.
    """
    from scipy.stats import beta

    weight = 1 / np.asarray(probabilities, dtype=float)
    known = np.array([one is not None for one in outcomes], dtype=bool)
    if not known.any():
        return None
    positive = np.array([bool(one) for one in outcomes])
    kept = weight[known]
    share = float((kept * positive[known]).sum() / kept.sum())
    size = float(kept.sum() ** 2 / (kept**2).sum())
    found = share * size
    low = float(beta.ppf(0.025, found, size - found + 1)) if found > 0 else 0.0
    high = float(beta.ppf(0.975, found + 1, size - found)) if found < size else 1.0
    surely = float((weight * positive).sum() / weight.sum())
    open_ = float((weight * ~known).sum() / weight.sum())
    return Prevalence(share, low, high, int(known.sum()), int((~known).sum()), surely, surely + open_)
