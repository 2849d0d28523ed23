"""Training with embeddings: stage one, the embedding of every labelled row, and stage two where it earns its place."""

from collections.abc import Callable

import numpy as np

from classifier.embeddings.encoder import Embeddings, Encoder
from classifier.fit import fit_with_odds
from classifier.fit_two import StageTwoFit, fit_stage_two
from classifier.model import Model
from classifier.train import Material, languages_taught

_AT_ONCE = 64


def embed(material: Material, encoder: Encoder, *, tick: Callable[[int], None] = lambda _: None) -> Embeddings:
    """Return rows x width for the texts of ``material`` as stage two reads them; ``tick(n)`` after each n rows."""
    texts = [reading.text for reading in material.readings]
    out = np.zeros((len(texts), encoder.width), dtype=np.float32)
    for start in range(0, len(texts), _AT_ONCE):
        part = texts[start : start + _AT_ONCE]
        out[start : start + len(part)] = encoder.encode(part)
        tick(len(part))
    return out


def train_cascade(
    material: Material, embeddings: Embeddings, encoder: Encoder, *, tick: Callable[[], None] = lambda: None
) -> tuple[Model, StageTwoFit]:
    """Fit both stages on all of ``material``; ``tick`` after each fit of layer one and after stage two."""
    rows = np.arange(len(material.examples))
    model, odds = fit_with_odds(material.table, rows, tick=tick)
    languages = languages_taught(material.examples)
    taught = [r.language is None or r.language.split("-")[0].lower() in languages for r in material.readings]
    second = fit_stage_two(
        model, odds, material.table, rows,
        embeddings=embeddings, lengths=[len(r.text) for r in material.readings], taught=taught, encoder=encoder,
    )  # fmt: skip
    tick()
    return model, second
