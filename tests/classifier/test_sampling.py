from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.sparse import csr_matrix, eye_array

from classifier.sampling import SHARES, Pick, choose, prevalence, sizes

ROWS = 400
RISK = np.linspace(0.999, 0.001, ROWS)
"""Highest first, so that row number is rank."""


def unlike(asked: Sequence[int]) -> csr_matrix:
    return csr_matrix(eye_array(len(asked)))


def pick(seed: int = 1, size: int = 40) -> list[Pick]:
    return choose(RISK, RISK, unlike, size=size, seed=seed)


@pytest.mark.parametrize("size", [1, 2, 7, 20, 33, 100])
def test_parts_add_up_to_the_batch(size: int) -> None:
    parts = sizes(size)
    assert sum(parts.values()) == size
    assert all(abs(parts[part] - size * share) < 1 for part, share in SHARES.items())
    assert SHARES == {"top": 0.60, "margin": 0.25, "random": 0.15}


def test_a_batch_mixes_top_margin_and_random() -> None:
    picks = pick()
    parts = Counter(one.part for one in picks)
    assert parts["top"] == 24 and parts["margin"] == 10 and sum(one.drawn for one in picks) == 6
    assert {one.row for one in picks if one.part == "top"} == set(range(24))
    assert all(abs(RISK[one.row] - 0.5) < 0.06 for one in picks if one.part == "margin")
    assert len({one.row for one in picks}) == len(picks) >= 34  # drawn rows may be chosen already


def test_the_same_seed_gives_the_same_batch_and_another_another() -> None:
    assert pick(7) == pick(7) != pick(8)


def test_the_order_of_a_batch_tells_nothing_of_the_risk() -> None:
    risks = [RISK[one.row] for one in pick(3)]
    assert risks != sorted(risks, reverse=True) and [one.part for one in pick(3)][:24] != ["top"] * 24


def test_the_stored_probability_is_how_often_a_row_really_comes_into_the_batch() -> None:
    rounds = 600
    seen: Counter[int] = Counter()
    stated: dict[int, float] = {}
    for seed in range(rounds):
        for one in pick(seed):
            seen[one.row] += 1
            stated[one.row] = one.probability
    for row, probability in stated.items():
        spread = 4.5 * np.sqrt(probability * (1 - probability) / rounds) + 1e-9
        assert abs(seen[row] / rounds - probability) <= spread, (row, probability)
    assert len(stated) == ROWS  # the random part leaves nothing out


def test_the_margin_takes_one_of_each_sort_and_not_ten_of_the_commonest() -> None:
    def sorts(asked: Sequence[int]) -> csr_matrix:
        """Three sorts of text at the margin: two rare ones and one that all others share."""
        table = np.zeros((len(asked), 3))
        for number, row in enumerate(asked):
            table[number, 0 if row == min(asked) else 1 if row == max(asked) else 2] = 1.0
        return csr_matrix(table)

    rows = {
        one.row for seed in range(5) for one in choose(RISK, RISK, sorts, size=12, seed=seed) if one.part == "margin"
    }
    near = sorted(np.argsort(np.abs(RISK - 0.5), kind="stable")[:12].tolist())
    assert {near[0], near[-1]} <= rows


def test_a_frame_no_larger_than_the_batch_is_taken_whole() -> None:
    picks = choose(RISK[:5], RISK[:5], unlike, size=10, seed=1)
    assert sorted(one.row for one in picks) == list(range(5))
    assert all(one.drawn and one.probability == 1.0 for one in picks)


def test_prevalence_weighs_what_was_drawn_by_its_probability() -> None:
    # 10 of 100 drawn with 2 cases, and 10 of 900 with none: 20 of 1,000
    found = prevalence([True, True, *[False] * 18], [0.1] * 10 + [10 / 900] * 10)
    assert found is not None and found.estimate == pytest.approx(0.02)
    assert found.low < 0.02 < found.high


def test_prevalence_of_nothing_found_is_not_zero_for_certain() -> None:
    found = prevalence([False] * 50, [0.05] * 50)
    assert found is not None and found.estimate == found.low == 0
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 50))  # Clopper and Pearson


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(4)
    frame = random.random(5000) < 0.03
    hit = 0
    for _ in range(200):
        drawn = random.choice(5000, 80, replace=False)
        found = prevalence([bool(frame[row]) for row in drawn], [80 / 5000] * 80)
        assert found is not None
        hit += found.low <= frame.mean() <= found.high
    assert hit >= 188


def test_what_is_not_decided_yet_is_bounded_and_not_guessed() -> None:
    found = prevalence([True, False, None, None], [0.5] * 4)
    assert found is not None and (found.decided, found.pending) == (2, 2)
    assert (found.estimate, found.least, found.most) == (0.5, 0.25, 0.75)
    assert prevalence([None], [0.5]) is None and prevalence([], []) is None
