from dataclasses import replace
from pathlib import Path

import pytest

from classifier.evaluate import source_groups
from classifier.examples import Example, read_corpus
from classifier.goods import Goods, load_goods
from classifier.text.entries import LexiconError
from classifier.text.glyphs import fold
from classifier.train import CORPUS


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("laptop with bluetooth", "other"),
        ("condicionador para cabelos", "cosmetic"),
        ("dietary supplement", "supplement"),
        ("手机充电器", "other"),
        ("зубная паста", "cosmetic"),
        ("alat uji masa subur", "device"),
    ],
)
def test_words_of_the_trades_tell_the_sort_of_goods(text: str, sort: str) -> None:
    counts = load_goods().count(fold(text))
    assert max(counts, key=counts.__getitem__) == sort


def test_a_word_counts_once_however_often_it_stands_there() -> None:
    assert Goods({"other": ["laptop", "usb"]}).count("laptop laptop usb laptop") == {"other": 2}


def test_a_part_of_a_word_is_no_word() -> None:
    assert Goods({"other": ["car", "home loan"]}).count("scar carpet homeloan") == {}


@pytest.mark.parametrize("text", ["goods: [", "goods: {toys: {en: ball}}", "words: {}", "goods: {other: {en: 3}}"])
def test_a_damaged_table_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "goods.yaml").write_text(text)
    with pytest.raises(LexiconError, match=r"(?s)goods\.yaml.*restore it"):
        load_goods(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="holds no words"):
        load_goods(tmp_path)


def test_sources_held_out_together_are_each_held_out_once() -> None:
    row = read_corpus(CORPUS)[0]
    examples: list[Example] = [_gold(row, source) for source in "abcdefg"]
    for at_once in (1, 2, 3, 7):
        groups = source_groups(examples, at_once)
        assert max(map(len, groups)) <= at_once
        assert sorted(source for group in groups for source in group) == list("abcdefg")


def _gold(example: Example, source: str) -> Example:
    return replace(example, origin="gold", source=source)
