"""From labelled listings to a model folder with manifest, metrics and card."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.concepts import load_concepts
from classifier.cues.finder import CueCatalogue
from classifier.examples import Example, read_corpus, read_examples, read_venues
from classifier.fit import SEED, Table, fit_model, table_of
from classifier.fit_two import StageTwoFit
from classifier.model import Model
from classifier.persist import save_model
from classifier.reading import Reading, features, lexicon_id_of, read
from classifier.signals import SIGNALS
from classifier.truth import ClauseTruth, row_truth

CORPUS = Path(__file__).resolve().parent.parent / "data" / "corpus"
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
"""Optional folder beside the checkout with real labelled rows; they inform the weights and are never copied."""

WEIGHTS = {"corpus": 1.0, "pairs": 0.5, "gold": 1.0, "venue": 0.3, "decision": 1.0}
"""Weight of a row by its origin: nobody has read the rows of a venue, so they weigh little; a decision was read and
agreed on under the casefile's policy, and weighs as much as a row of gold."""

VENUE_ROWS = 150
"""Rows drawn from each harmless venue: enough to show its sort of text, too few to teach its template."""


@dataclass(frozen=True, slots=True)
class Material:
    """Labelled listings with everything computed on them once."""

    examples: tuple[Example, ...]
    readings: tuple[Reading, ...]
    table: Table
    lexicon_id: str


def gather(*, corpus: Path = CORPUS, gold: Path | None = None, venues: Path | None = None) -> list[Example]:
    """Read the authored corpus and, where given, hand-labelled gold and harmless venues; raises ``DataError``."""
    found = read_corpus(corpus)
    if gold:
        found += read_examples(gold, origin="gold")
    if venues:
        found += read_venues(venues, rows=VENUE_ROWS, seed=SEED)
    return found


def prepare(
    examples: Sequence[Example], *, prevalence: float | None = None, tick: Callable[[int], None] = lambda _: None
) -> Material:
    """Read every listing and build the table to fit on; ``tick(n)`` after each n listings read.

    ``prevalence`` is the share of true cases in the world for which risk is to be stated (None: as in training).
    """
    catalogue = CueCatalogue.load()
    readings = []
    for example in examples:
        readings.append(read(catalogue, example.listing))
        tick(1)
    hashed, signals = features(readings)
    table = table_of(
        hashed, signals, row_truth(examples), ClauseTruth(examples, readings),
        weight=np.array([WEIGHTS.get(e.origin, 1.0) for e in examples]), groups=[e.group for e in examples],
        met=[e.origin in ("gold", "decision") for e in examples], prevalence=prevalence,
    )  # fmt: skip
    return Material(tuple(examples), tuple(readings), table, lexicon_id_of(catalogue))


def train(material: Material, *, tick: Callable[[], None] = lambda: None) -> Model:
    """Fit the model on all of ``material``."""
    return fit_model(material.table, np.arange(len(material.examples)), tick=tick)


def write_model(
    folder: Path,
    model: Model,
    material: Material,
    *,
    data: Sequence[Mapping[str, Any]],
    second: StageTwoFit | None = None,
) -> str:
    """Write weights and manifest; ``data`` names each file trained on with rows, licence and hash. Returns the id.

    ``second``: stage two, and the figures by which it was kept or left out; both go into the manifest.
    """
    about = {
        "signals": list(SIGNALS), "lexicon": material.lexicon_id, "seed": SEED, "data": [dict(d) for d in data],
        "languages": sorted(languages_taught(material.examples)), "prevalence": material.table.prevalence,
        "concepts": list(load_concepts().names),
    }  # fmt: skip
    if second is None:
        return save_model(folder, model.to_arrays(), about=about)
    extra = second.stage.to_arrays() if second.stage else {}
    return save_model(folder, model.to_arrays() | extra, about=about | {"stage_two": second.found})


def languages_taught(examples: Sequence[Example]) -> frozenset[str]:
    """Return the languages with enough labelled rows to count as supported."""
    counts = Counter(e.language for e in examples if e.origin != "venue")
    return frozenset(tag for tag, rows in counts.items() if rows >= ENOUGH and tag != "und")


ENOUGH = 10
"""Labelled rows from which a language counts as supported."""
