from pathlib import Path

import numpy as np
import pytest

from casefile.records import KINDS
from classifier.evaluate import leave_author_out
from classifier.examples import DataError, Example, read_corpus, read_examples
from classifier.metrics import measure
from classifier.model import POOLED, pool
from classifier.signals import SAYS_KIND_ONLY, SIGNALS
from classifier.train import CORPUS, Material, prepare, train, write_model


@pytest.fixture(scope="module")
def material() -> Material:
    examples = [e for e in read_corpus(CORPUS) if e.language == "en"]
    authored = [e for e in examples if e.origin == "corpus" and e.pair is None]
    pairs = [e for e in examples if e.origin == "pairs" and e.pair]
    return prepare(authored[:240:2] + [e for e in pairs if e.file in ("e", "f")][:60])


def test_the_corpus_holds_whole_pairs() -> None:
    pair_of = {e.listing.id: e.pair for e in read_corpus(CORPUS)}
    assert all(pair_of[pair] == own for own, pair in pair_of.items() if pair)


def test_no_id_of_the_corpus_is_used_twice() -> None:
    ids = [e.listing.id for e in read_corpus(CORPUS)]
    assert len(ids) == len(set(ids))


def test_training_twice_gives_the_same_model_to_the_last_bit(material: Material, tmp_path: Path) -> None:
    first = write_model(tmp_path / "1", train(material), material, data=[])
    second = write_model(tmp_path / "2", train(material), material, data=[])
    assert first == second  # the id is the digest of every weight


def test_a_held_out_author_is_judged_by_a_model_that_never_read_him(material: Material) -> None:
    judged = leave_author_out(material)
    assert sorted(r.id for r in judged) == sorted(e.listing.id for e in material.examples)
    figures = measure(judged)
    assert figures["ap"] > figures["positives"] / figures["rows"] + 0.1  # better than chance, on a fraction of the data


def test_clause_truth_marks_the_clause_that_holds_the_quote(material: Material) -> None:
    truth, rows = material.table.clause_truth, material.table.clause_rows
    for row, example in enumerate(material.examples):
        marked = truth[rows == row]
        if example.suspicion == 2 and example.cues and not example.listing.site_text:
            assert (marked[:, 0] == 1).any(), example.listing.id
        if example.suspicion == 0:
            assert not (marked[:, 0] == 1).any() or example.cues


def test_a_row_that_may_go_either_way_teaches_no_risk(material: Material) -> None:
    for row, example in enumerate(material.examples):
        assert (material.table.truth[row, 7] == -1) == (example.suspicion == 1)


def test_words_of_the_trades_speak_for_the_kind_only(material: Material) -> None:
    combine = train(material).combine[-len(SIGNALS) :]
    assert not combine[SAYS_KIND_ONLY][:, len(KINDS) :].any()
    assert combine[SAYS_KIND_ONLY][:, : len(KINDS)].any()


def test_pooling_sees_the_strongest_and_the_second_clause() -> None:
    clauses = np.array([[1.0, -1.0], [3.0, 0.5], [9.0, -2.0], [-4.0, 2.0]])
    out = pool(clauses, np.array([0, 0, 2, 2], dtype=np.int32), 3)
    assert out.shape == (3, len(POOLED))
    assert out[0, :2].tolist() == [3.0, 1.0] and out[2, :2].tolist() == [6.0, -4.0]
    assert out[1, 0] == -6.0 and out[:, 3].tolist() == [0.5, -6.0, 2.0]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        '{"id": "1", "title": "x", "kind": "toy", "suspicion": 0}',
        '{"id": "1", "title": "x", "kind": "other"}',
        '{"id": "1", "title": "x", "kind": "other", "suspicion": 0, "suspected": ["evil"]}',
    ],
)
def test_a_bad_label_names_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"id": "0", "title": "x", "kind": "other", "suspicion": 0}\n' + line)
    with pytest.raises(DataError, match="line 2"):
        read_examples(path, origin="gold")


def test_an_empty_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no labelled listings"):
        read_corpus(tmp_path)


def test_examples_without_text_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"id": "0", "title": "", "kind": "other", "suspicion": 0}\n')
    found: list[Example] = read_examples(path, origin="gold")
    assert found[0].listing.title == "-"
