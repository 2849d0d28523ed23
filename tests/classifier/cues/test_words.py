import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.concepts import load_concepts
from classifier.cues.catalogue import load_phrases
from classifier.cues.words import WordTable
from classifier.examples import read_corpus
from classifier.text.glyphs import FOLD, fold
from classifier.text.lexicon import Lexicon
from classifier.text.normalise import normalise
from classifier.train import CORPUS

TEXTS = [
    normalise(f"{e.listing.title or ''}\n{e.listing.description or ''}").text
    for e in list(read_corpus(CORPUS))[::101][:60]
]
TABLE = load_phrases().table


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(TEXTS), st.sampled_from(TEXTS), st.sampled_from([" ", "\n", "\t"]))
def test_words_are_where_they_are_whatever_stands_before(before: str, after: str, between: str) -> None:
    shift = len(before) + 1
    together = TABLE.places(before + between + after)
    apart = {word: list(spans) for word, spans in TABLE.places(before).items()}
    for word, spans in TABLE.places(after).items():
        apart.setdefault(word, []).extend((start + shift, end + shift) for start, end in spans)
    assert together == apart


def test_what_was_read_before_changes_nothing() -> None:
    fresh = WordTable(TABLE.whole, TABLE.parts)
    assert [fresh.places(text) for text in TEXTS] == [TABLE.places(text) for text in TEXTS]
    lexicon, concepts = Lexicon.load(), load_concepts()
    once = [(lexicon.find(normalise(text)), concepts.find(text, "en")) for text in TEXTS]
    again = [(lexicon.find(normalise(text)), concepts.find(text, "en")) for text in reversed(TEXTS)]
    assert once == again[::-1]


@pytest.mark.parametrize("text", ["Plain TEXT, 100%", "back`tick", "tab\tand\nline\x07", "Ünï"])
def test_plain_text_folds_as_any_other(text: str) -> None:
    assert fold(text) == text.translate(FOLD)
