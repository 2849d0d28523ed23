"""What a shop says is a new version only when it says something else."""

from casefile.versions import site_row
from tests.casefile.making import site


def test_the_order_in_which_a_shop_was_read_is_no_new_version() -> None:
    one = site().model_copy(update={"languages": ("de", "fr")})
    other = one.model_copy(update={"languages": ("fr", "de"), "pages": one.pages[::-1]})

    assert site_row(one).content_hash == site_row(other).content_hash


def test_another_word_is_a_new_version() -> None:
    assert site_row(site()).content_hash != site_row(site(policy="Prescription needed.")).content_hash
