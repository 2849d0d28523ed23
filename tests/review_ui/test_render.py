import pytest

from review_ui.render import percent, probability


@pytest.mark.parametrize(
    ("share", "shown", "as_percent"),
    [(0.9999, "> 0.99", "> 99 %"), (0.995, "> 0.99", "> 99 %"), (0.99, "0.99", "99 %"), (0.874, "0.87", "87 %"),
     (0.0001, "< 0.01", "< 1 %"), (0.0, "0.00", "0 %")],
)  # fmt: skip
def test_no_probability_is_shown_as_a_certainty(share: float, shown: str, as_percent: str) -> None:
    assert probability(share) == shown and percent(share) == as_percent
