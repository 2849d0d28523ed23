import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.clauses import phrases, sentences
from classifier.concepts import concept_grams, load_concepts
from classifier.hashed import hash_texts
from classifier.ngrams import BUCKETS, ngrams

TEXT = "buy xanax 2mg.\nno prescription, ships today"


def test_the_same_words_get_the_same_buckets_wherever_they_stand() -> None:
    alone, _ = ngrams("\nxanax\n")
    later, places = ngrams("\nsome other text\nxanax\n")
    assert set(later[places >= 17]) >= set(alone)


def test_no_ngram_crosses_a_line_break() -> None:
    both, _ = ngrams("\nabc\nxyz\n")
    assert sorted(both) == sorted([*ngrams("\nabc\n")[0], *ngrams("\nxyz\n")[0]])


def test_digits_are_one_word_to_the_model() -> None:
    assert sorted(ngrams("\n100 mg\n")[0]) == sorted(ngrams("\n250 mg\n")[0])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_a_text_has_the_same_row_whatever_is_hashed_beside_it(texts: list[str]) -> None:
    lines = [" ".join(t.lower().split()) for t in texts]
    together = hash_texts(lines, [[] for _ in lines])
    for row, line in enumerate(lines):
        alone = hash_texts([line], [[]])
        assert np.array_equal(together.whole[row].toarray(), alone.whole.toarray())
    assert together.whole.shape == (len(lines), BUCKETS)


def test_sentences_and_phrases_end_where_a_statement_ends() -> None:
    spans = sentences("take 0.5 mg daily. we never ship without rx! 不需要处方。现货")
    assert len(spans) == 4
    text = "no script, no shipping"
    assert [text[a:b].strip() for a, b in phrases(text, 0, len(text))] == ["no script,", "no shipping"]


def test_one_statement_is_one_sequence_of_concepts_in_every_language() -> None:
    concepts = load_concepts()

    def names(text: str, language: str) -> set[str]:
        return {concepts.names[number] for _, number in concepts.find(text, language)}

    said = {
        "en": "without prescription", "es": "sin receta", "de": "ohne rezept", "ru": "без рецепта", "id": "tanpa resep",
        "zh": "无需处方", "vi": "khong can toa",
    }  # fmt: skip
    for language, text in said.items():
        assert {"without", "rx"} <= names(text, language), text


def test_a_short_word_means_something_only_in_its_own_language() -> None:
    concepts = load_concepts()
    no = concepts.names.index("not")
    assert no in {c for _, c in concepts.find("sin receta no", "es")}
    assert no not in {c for _, c in concepts.find("medicamento no brasil", "pt")}


def test_concepts_of_two_sentences_never_make_a_pair() -> None:
    keys, _ = concept_grams([(0, 1), (20, 2)], [0, 10])
    assert len(keys) == 2
    keys, _ = concept_grams([(0, 1), (5, 2)], [0, 10])
    assert len(keys) == 3


def test_a_topic_stands_between_no_two_words_that_belong_together() -> None:
    concepts = load_concepts()
    without, topic, rx = (concepts.names.index(name) for name in ("without", "t_tablet", "rx"))
    assert topic in concepts.alone and without not in concepts.alone
    apart, _ = concept_grams([(0, without), (9, rx)], [0], alone=concepts.alone)
    between, _ = concept_grams([(0, without), (5, topic), (9, rx)], [0], alone=concepts.alone)
    assert set(between.tolist()) - set(apart.tolist()) == {topic + 1}
    assert set(apart.tolist()) <= set(between.tolist())


def test_a_short_stem_needs_its_language_and_a_long_one_does_not() -> None:
    concepts = load_concepts()
    names = {concepts.names[number] for _, number in concepts.find("always look at saturday", "en")}
    assert "buy" not in names and "sell" not in names  # Turkish "al*" and "sat*"
    assert "always" in names


def test_words_of_indic_scripts_are_read_with_their_vowel_signs() -> None:
    concepts = load_concepts()
    names = [concepts.names[number] for _, number in concepts.find("बिना पर्ची के दवा", "hi")]
    assert "without" in names and "rx" in names
