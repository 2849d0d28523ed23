"""What the program keeps and postpones to start sooner changes nothing that it finds."""

import gc
from pathlib import Path

import pytest

from classifier import concepts
from classifier.concepts import load_concepts
from classifier.cues.catalogue import load_phrases
from classifier.cues.matching import read, scan
from classifier.text import entries, lexicon
from classifier.text.lexicon import Lexicon
from classifier.text.normalise import normalise
from classifier.text.places import CUES_FOLDER, LEXICON_FOLDER
from classifier.text.reference import collector_at_rest

TEXTS = [
    normalise(text)
    for text in (
        "Xanax and tramadol tablets without prescription, retatrutide vials, 0zempic pens",
        "Трамадол без рецепта, доставка по всей стране",
        "无需处方 西地那非 包邮",
        "ترامادول بدون وصفة طبية",
    )
]


def _never(_: Path) -> None:
    pytest.fail("built though it was kept")


def test_concepts_are_the_same_built_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHARMAKON_KEPT", str(tmp_path))
    built = load_concepts.__wrapped__()
    monkeypatch.setattr(concepts, "_read", _never)
    kept = load_concepts.__wrapped__()
    assert (built.names, built.alone, built.concepts_id) == (kept.names, kept.alone, kept.concepts_id)
    for language in ("en", "ru", "zh", "ar", "de", None):
        found = [built.find(text.text, language) for text in TEXTS]
        assert found == [kept.find(text.text, language) for text in TEXTS]
        assert any(found)


def test_the_lexicon_is_the_same_built_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHARMAKON_KEPT", str(tmp_path))
    monkeypatch.setattr(entries, "_rows", entries._rows.__wrapped__)
    load = lexicon._loaded.__wrapped__
    built = load(LEXICON_FOLDER)
    monkeypatch.setattr(entries, "_read", _never)
    monkeypatch.setattr(lexicon, "names_of", _never)
    kept = load(LEXICON_FOLDER)
    assert (built.lexicon_id, built.classes, built.entries) == (kept.lexicon_id, kept.classes, kept.entries)
    found = [_named(built, number) for number in range(len(TEXTS))]
    assert found == [_named(kept, number) for number in range(len(TEXTS))]
    assert all(found)


def _named(known: Lexicon, number: int) -> list[tuple[object, ...]]:
    found = known.find(TEXTS[number])
    return [*found, *known.find_misspelt(TEXTS[number], found)]


def test_only_phrases_whose_words_are_met_are_opened() -> None:
    book = load_phrases.__wrapped__(CUES_FOLDER)
    assert not book.openings
    hits = [scan(book, read(book, text)) for text in TEXTS]
    assert all(hits)
    assert 0 < len(book.openings) < 200


def test_the_collector_rests_while_data_loads_and_works_again_after_a_fault() -> None:
    with pytest.raises(ValueError, match="damaged"), collector_at_rest():
        assert not gc.isenabled()
        raise ValueError("damaged")
    assert gc.isenabled()
    gc.disable()
    try:
        with collector_at_rest():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
