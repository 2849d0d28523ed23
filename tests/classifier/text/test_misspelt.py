import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.records import Listing
from classifier.cues import CueCatalogue
from classifier.text.misspelt import Slips, one_slip

NAMES = ["bremelanotide", "dextromethorphan", "testosterone", "torasemide", "steroids"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("bremelanotid", "bremelanotide"),
        ("dextromethrophan", "dextromethorphan"),
        ("testesterone", "testosterone"),
        ("testosteronne", "testosterone"),
        ("torsemide", "torasemide"),
    ],
)
def test_a_name_with_one_slip_is_found_where_it_stands(written: str, meant: str) -> None:
    found = list(Slips(NAMES, other_words=frozenset()).find(f"buy {written}, cheap"))
    assert found == [(4, 4 + len(written), frozenset({meant}))]


@pytest.mark.parametrize("word", ["asteroids", "testosterone", "bremelanotixx", "tosteestrone", "steroidx", "brem"])
def test_right_words_and_distant_ones_are_not(word: str) -> None:
    assert not list(Slips(NAMES, other_words=frozenset()).find(word))


def test_a_word_that_is_right_as_it_stands_is_no_slip() -> None:
    assert not list(Slips(NAMES, other_words=frozenset({"torsemide"})).find("torsemide"))


@given(st.text(alphabet="abc", max_size=6), st.text(alphabet="abc", max_size=6))
def test_a_slip_is_the_same_from_both_sides_and_no_word_is_a_slip_of_itself(one: str, two: str) -> None:
    assert one_slip(one, two) == one_slip(two, one)
    assert not one_slip(one, one)


def test_a_misspelt_substance_counts_only_beside_a_cue() -> None:
    catalogue = CueCatalogue.load()
    offered = catalogue.find_all(Listing(id="1", title="oxandralone 50 mg, no prescription needed"))
    assert [(t.name, t.bent) for t in offered.fields[0].terms] == [("oxandrolone", False)]
    assert "controlled_substance" in {cue.cue for cue in offered.cues}
    assert not catalogue.find_all(Listing(id="1", title="oxandralone 50 mg")).fields[0].terms
