from pathlib import Path

import pytest

from casefile.records import CUES
from classifier.cues.book import PhraseBook
from classifier.cues.catalogue import CatalogueError, languages_of, load_phrases
from classifier.cues.matching import read, scan
from classifier.cues.pattern import PhraseError, parse
from classifier.text.normalise import normalise
from classifier.text.places import CUES_FOLDER

FIRST_NINE = {"en", "es", "fr", "de", "pt", "ru", "ar", "zh", "id"}
FROM_LEXICON = {"controlled_substance", "unapproved_product", "obfuscated_text"}
"""Cues that rest on names and letters, whose languages are those of the lexicon."""


@pytest.mark.parametrize("cue", sorted(set(CUES) - FROM_LEXICON))
def test_every_cue_has_phrases_in_at_least_twenty_languages(cue: str) -> None:
    languages = languages_of(load_phrases().phrases)[cue]
    assert FIRST_NINE <= languages
    assert len(languages) >= 20


def test_every_rule_says_what_it_rests_on() -> None:
    assert all(phrase.source for phrase in load_phrases().phrases)


def _folder(tmp_path: Path, body: str) -> Path:
    (tmp_path / "words.yaml").write_text("words: {rx: {en: prescription}}\n", encoding="utf-8")
    (tmp_path / "cue.yaml").write_text(body, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("cue: no_such_cue\nrules: {a: {source: s, phrases: {en: [word]}}}", "no cue of the codebook"),
        ("cue: no_prescription\nrules: {}", "at least one rule"),
        ("cue: no_prescription\nrules: {a: {phrases: {en: [word]}}}", "'source'"),
        ("cue: no_prescription\nrules: {a: {source: s, phrases: {en: ['(no rx']}}}", "bracket"),
        ("cue: no_prescription\nrules: {a: {source: s, phrases: {en: ['@nope rx']}}}", "words.yaml"),
        ("cue: no_prescription\nrules: {a: {source: s, phrases: {zh: ['免费.. 社区']}}}", "write a space before"),
        ("cue: no_prescription\nrules: {a: {source: s, phrases: {en: ['money ?gram']}}}", "no regular expression"),
        ("cue: no_prescription\nrules: {a: {source: s, phrases: {en: ['licen[cs]e rx']}}}", "no regular expression"),
        ("cue: no_prescription\nrules: {a: {source: s, phrases: {en: ['(box|pack)s? rx']}}}", "left out as a whole"),
        ("cue: no_prescription\nrules: {a: {source: s, sauce: s, phrases: {en: [word]}}}", "sauce"),
        ("rules: {a: {source: s, why: because, scope: match, phrases: {en: [word]}}}", "'why'"),
        ("- just a list", "mapping"),
    ],
)
def test_a_faulty_catalogue_is_refused_with_file_and_fault(tmp_path: Path, body: str, fault: str) -> None:
    with pytest.raises(CatalogueError, match=fault) as refusal:
        load_phrases(_folder(tmp_path, body))
    assert "cue.yaml" in str(refusal.value)


def test_a_faulty_list_of_words_is_refused_with_its_language(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "cue: no_prescription\nrules: {a: {source: s, phrases: {en: [word]}}}")
    (folder / "words.yaml").write_text("words: {neg: {en: 'no|n[eo]t'}}\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"words\.yaml, en neg.*no regular expression"):
        load_phrases(folder)


@pytest.mark.parametrize("phrase", ["(a|)", "a) b", "..", "(maybe)?", "#", "*"])
def test_a_phrase_that_nothing_could_find_is_refused(phrase: str) -> None:
    with pytest.raises(PhraseError):
        parse(phrase)


def _found(book: PhraseBook) -> list[tuple[str, int, int]]:
    text = "No prescription, we ship worldwide. Без рецепта! 无需处方 سنشحن بدون وصفة, pay by bitcoin on Telegram"
    return [(hit.phrase.rule, hit.start, hit.end) for hit in scan(book, read(book, normalise(text)))]


def test_the_packaged_catalogue_finds_the_same_built_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHARMAKON_KEPT", str(tmp_path))
    built = load_phrases.__wrapped__(CUES_FOLDER)
    monkeypatch.setattr("classifier.cues.catalogue._compiled", lambda _: pytest.fail("built though it was kept"))
    again = load_phrases.__wrapped__(CUES_FOLDER)
    assert built.digest == again.digest
    assert _found(built) == _found(again) != []
    assert [phrase.rule for phrase in built.phrases] == [phrase.rule for phrase in again.phrases]


def test_only_the_packaged_catalogue_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHARMAKON_KEPT", str(tmp_path / "kept"))
    load_phrases(_folder(tmp_path, "cue: no_prescription\nrules: {a: {source: s, phrases: {en: [word]}}}"))
    assert not (tmp_path / "kept").exists()
