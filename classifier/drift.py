"""Has the market changed since the model was made? Two periods of listings side by side, by two-sample tests.

A test says that two periods differ, not that the model is wrong: sellers change wording, crawls change shops. What to
do is a person's decision: read a random batch of the new period, then train again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from casefile.records import Listing
from classifier.assess import Assessor
from classifier.text.normalise import normalise

ALPHA = 0.01
"""Chance of at least one false alarm among all tests of one report (Holm's step-down correction)."""

FEWEST = 30
"""Listings a period needs: below, no test says anything."""


class DriftError(Exception):
    """Two periods cannot be compared; the message says why."""


@dataclass(frozen=True, slots=True)
class Read:
    """What of one assessed listing is compared."""

    risk: float
    kind: str
    language: str
    obfuscation: float
    """Share of its words that the normaliser had to straighten, 0 to 1."""
    cues: frozenset[str]


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison. ``effect`` is the test's own size of difference, 0 none to 1 total."""

    what: str
    old: float
    new: float
    effect: float
    p: float
    changed: bool


def read_all(assessor: Assessor, listings: Sequence[Listing]) -> list[Read]:
    """Assess ``listings`` and keep of each what is compared."""
    out = []
    for listing, got in zip(listings, assessor.fields(listings), strict=True):
        bent = max(normalise(text).obfuscation for text in (listing.title or "", listing.description or ""))
        cues = frozenset(cue["cue"] for cue in got["cues"])
        out.append(Read(got["risk"], got["kind"], got["language"] or "und", bent, cues))
    return out


def compare(old: Sequence[Read], new: Sequence[Read]) -> list[Test]:
    """Compare two periods; raises :class:`DriftError` when one has fewer than :data:`FEWEST` listings.

    Scores by Kolmogorov-Smirnov; the share of rewritten listings and of each cue by Fisher's exact test; kinds and
    languages by a chi-squared test with Cramér's V. ``old`` and ``new`` of a test are means or shares.
    """
    for name, part in (("old", old), ("new", new)):
        if len(part) < FEWEST:
            raise DriftError(f"the {name} period has {len(part)} listings; at least {FEWEST} are needed to compare")
    found = [
        _distributions("risk", [r.risk for r in old], [r.risk for r in new]),
        _shares("rewritten by the normaliser", [r.obfuscation > 0 for r in old], [r.obfuscation > 0 for r in new]),
        _tables("kind", [r.kind for r in old], [r.kind for r in new]),
        _tables("language", [r.language for r in old], [r.language for r in new]),
    ]
    found += [
        _shares(f"cue {cue}", [cue in r.cues for r in old], [cue in r.cues for r in new])
        for cue in sorted(set().union(*(r.cues for r in (*old, *new))))
    ]
    return _corrected(found)


def report(old: Sequence[Read], new: Sequence[Read]) -> dict[str, Any]:
    """Return :func:`compare` as plain data, what changed most first."""
    tests = sorted(compare(old, new), key=lambda t: (not t.changed, -t.effect))
    return {"old": len(old), "new": len(new), "alpha": ALPHA, "tests": [asdict(t) for t in tests]}


def _distributions(what: str, old: Sequence[float], new: Sequence[float]) -> Test:
    from scipy.stats import ks_2samp

    result = ks_2samp(old, new)
    return Test(what, float(np.mean(old)), float(np.mean(new)), float(result.statistic), float(result.pvalue), False)


def _shares(what: str, old: Sequence[bool], new: Sequence[bool]) -> Test:
    from scipy.stats import fisher_exact

    table = [[sum(old), len(old) - sum(old)], [sum(new), len(new) - sum(new)]]
    before, after = sum(old) / len(old), sum(new) / len(new)
    return Test(what, before, after, abs(after - before), float(fisher_exact(np.array(table)).pvalue), False)


def _tables(what: str, old: Sequence[str], new: Sequence[str]) -> Test:
    """Compare which values occur how often; ``old`` and ``new`` are the share of the old period's commonest value."""
    from scipy.stats import chi2_contingency

    before, after = Counter(old), Counter(new)
    names = sorted(before.keys() | after.keys())
    first = before.most_common(1)[0][0]
    shares = before[first] / len(old), after[first] / len(new)
    if len(names) == 1:
        return Test(what, *shares, 0.0, 1.0, False)
    result = chi2_contingency([[before[n] for n in names], [after[n] for n in names]])
    cramer = float(np.sqrt(result.statistic / (len(old) + len(new))))
    return Test(what, *shares, cramer, float(result.pvalue), False)


def _corrected(tests: Sequence[Test]) -> list[Test]:
    """Mark what changed, by Holm: the smallest p against alpha / n, the next against alpha / (n - 1), and so on."""
    out, holds = [], True
    for place, test in enumerate(sorted(tests, key=lambda t: t.p)):
        holds = holds and test.p <= ALPHA / (len(tests) - place)
        out.append(Test(test.what, test.old, test.new, test.effect, test.p, holds))
    return out
