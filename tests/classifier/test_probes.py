import random

import numpy as np
import pytest

from casefile.records import Listing
from classifier.disguise import disguise, disguise_listing, held_out_glyphs
from classifier.probes import ranking_auc
from classifier.text.glyphs import lookalike, lookalikes
from classifier.text.normalise import normalise


def test_held_out_glyphs_are_forgotten_for_the_time_of_the_measurement_only() -> None:
    before = dict(lookalikes())
    with held_out_glyphs(1) as glyphs:
        held = [g for group in glyphs.values() for g in group]
        assert held and not any(g in lookalikes() for g in held)
    assert dict(lookalikes()) == before
    assert all(lookalike(g) for g in held)


def test_a_disguise_is_reproducible_and_leaves_short_words_alone() -> None:
    listing = Listing(id="a", title="Viagra tablets without prescription " * 5)
    with held_out_glyphs(1) as glyphs:
        first, again = (disguise_listing(listing, glyphs, seed=3).title for _ in range(2))
        assert first == again != listing.title
        assert disguise("no rx at all", glyphs, random.Random(1)) == "no rx at all"  # noqa: S311


def test_leet_and_invisible_signs_of_the_disguise_are_what_the_normaliser_undoes() -> None:
    assert normalise("vi\u200bagra").text == "viagra" and normalise("v1agr4").text == "viagra"


def test_auc_counts_ties_half() -> None:
    positive = np.array([True, True, False, False])
    assert ranking_auc(np.array([0.9, 0.8, 0.1, 0.2]), positive) == 1.0
    assert ranking_auc(np.array([0.5, 0.5, 0.5, 0.5]), positive) == pytest.approx(0.5)
    assert ranking_auc(np.array([0.1, 0.2]), np.array([True, True])) == 0.5
