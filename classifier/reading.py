"""A listing read once: what rules and lexicon found in it, its text for the n-gram model, and its signals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from casefile.records import Listing
from classifier.cues.finder import CueCatalogue, Findings
from classifier.hashed import Hashed, hash_texts
from classifier.signals import SIGNALS, signals_of


@dataclass(frozen=True, slots=True)
class Reading:
    """Findings, the normalised fields joined by line breaks (field breaks are clause breaks), and signals."""

    findings: Findings
    text: str
    signals: npt.NDArray[np.float64]


def read(catalogue: CueCatalogue, listing: Listing) -> Reading:
    """Read one listing; pure, and its cost is bounded by the normaliser's cut."""
    findings = catalogue.find_all(listing)
    return Reading(findings, "\n".join(f.normalised.text for f in findings.fields), signals_of(listing, findings))


def features(readings: Sequence[Reading]) -> tuple[Hashed, npt.NDArray[np.float64]]:
    """Return hashed texts and signals (listings x signals) of ``readings``."""
    signals = np.array([r.signals for r in readings]).reshape(len(readings), len(SIGNALS))
    return hash_texts([r.text for r in readings]), signals
