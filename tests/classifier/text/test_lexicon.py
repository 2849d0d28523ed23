from pathlib import Path

import pytest

from classifier.text.entries import LexiconError, load_classes, load_entries
from classifier.text.lexicon import Lexicon, Term
from classifier.text.normalise import normalise


def find(text: str) -> list[Term]:
    return Lexicon.load().find(normalise(text))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ozempic pens", "semaglutide"),
        ("силденафила 100", "sildenafil"),
        ("司美格鲁肽笔", "semaglutide"),
        ("الفياجرا الاصلية", "sildenafil"),
        ("오젬픽 펜", "semaglutide"),
        ("Plan B One-Step", "emergency contraception"),
        ("deca durabolin", "nandrolone"),
        ("v1agra", "sildenafil"),
        ("ciallis", "tadalafil"),
        ("2,4-dinitrophenol", "2,4-dinitrophenol"),
    ],
)
def test_a_medicine_is_found_in_any_spelling_and_script(text: str, name: str) -> None:
    assert [term.name for term in find(text)] == [name]


@pytest.mark.parametrize("text", ["specialist", "xanaxology", "insulated", "a concerted effort"])
def test_a_part_of_another_word_is_no_medicine(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize(
    "text", ["an ambient light", "está indicado", "coronavirus", "fluticasone propionate", "leverage", "рецептор"]
)
def test_an_everyday_word_that_begins_like_a_name_is_no_medicine(text: str) -> None:
    assert not [term for term in find(text) if term.controlled or term.kind != "medicine" or "unnamed" in term.classes]
    assert {term.name for term in find(text)} <= {"fluticasone"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("σεμαγλουτίδη", "semaglutide"),
        ("ויאגרה 100", "sildenafil"),
        ("ทรามาดอล", "tramadol"),
        ("প্রিগাবালিন", "pregabalin"),
        ("अल्प्राजोलम", "alprazolam"),
        ("리툭시맙", "rituximab"),
        ("タモキシフェン", "tamoxifen"),
        ("میزوپروستول", "misoprostol"),
        ("данаболом", "metandienone"),
        ("ledipasvir", "sofosbuvir-ledipasvir"),
        ("zidovudine 300", "zidovudine"),
        ("metonitazene", "metonitazene"),
        ("lenacapavir", "lenacapavir"),
        ("bedaquiline", "bedaquiline"),
    ],
)
def test_substances_of_every_class_are_known_in_their_markets_scripts(text: str, name: str) -> None:
    assert [term.name for term in find(text)] == [name]


def test_a_substance_nobody_listed_is_known_by_its_inn_stem() -> None:
    (term,) = find("novofakeglutide 5 mg")
    assert term.classes == ("glp1",)
    assert term.prescription


def test_the_status_that_matters_comes_with_the_name() -> None:
    by_name = {term.name: term for term in find("xanax, lyrica, covishield, DNP, cocaine, impfpass")}
    assert by_name["alprazolam"].controlled
    assert not by_name["pregabalin"].controlled
    assert by_name["covid-19 vaccine"].never_retail
    assert by_name["2,4-dinitrophenol"].unapproved
    assert by_name["cocaine"].kind == "street_drug"
    assert by_name["health document"].kind == "document"


def test_the_lexicon_is_broad_and_its_harm_is_a_share() -> None:
    entries = load_entries()
    assert len(entries) > 1_300
    assert sum(len(entry.spellings) for entry in entries) > 17_000
    assert all(0.0 <= each.harm <= 1.0 for each in load_classes().values())


def test_a_file_without_source_or_licence_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("classes: {}\n", encoding="utf-8")
    with pytest.raises(LexiconError, match=r"bad\.yaml.*source"):
        load_entries(tmp_path)


def test_the_identity_changes_with_the_data_and_not_otherwise() -> None:
    assert Lexicon.load().lexicon_id == Lexicon.load().lexicon_id
    assert Lexicon.load().lexicon_id.startswith("lexicon-")
