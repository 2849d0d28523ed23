import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefile.records import Listing
from classifier.cues import CueCatalogue, Findings, clause

CORPUS = Path(__file__).resolve().parents[3] / "data" / "corpus"


def find(text: str, **fields: object) -> Findings:
    return CueCatalogue.load().find_all(Listing.from_row({"id": "x", "description": text, **fields}))


def cues(text: str, **fields: object) -> set[str]:
    return {cue.cue for cue in find(text, **fields).cues}


@pytest.mark.parametrize(
    "text",
    [
        "Buy Ozempic without a prescription",
        "No Rx needed",
        "Ozempic sin receta",
        "sans ordonnance",
        "ohne Rezept lieferbar",
        "sem receita médica",
        "senza ricetta",
        "без рецепта",
        "рецепт не нужен",
        "بدون وصفة طبية",
        "无需处方",
        "無需處方",
        "tanpa resep",
        "reçetesiz",
        "bez recepty",
        "zonder recept",
        "fără rețetă",
        "処方箋なしで",
        "처방전 없이",
        "बिना डॉक्टर के पर्चे के",
        "প্রেসক্রিপশন ছাড়াই",
        "không cần đơn thuốc",
        "ไม่ต้องใช้ใบสั่งแพทย์",
        "bila cheti cha daktari",
        "بدون نسخه",
        "без рецепта лікаря",
        "Nobody is ever turned away for lack of a prescription",
        "Rezept braucht ihr bei mir nicht",
    ],
)
def test_an_offer_without_prescription_is_a_cue(text: str) -> None:
    assert "no_prescription" in cues(text)


@pytest.mark.parametrize(
    "text",
    [
        "We never ship without a prescription",
        "No prescription, no sale",
        "Prescription required",
        "Sin receta no hay venta",
        "Sans ordonnance, pas de vente",
        "Ohne Rezept geben wir nichts ab",
        "Без рецепта не отпускаем",
        "reçetesiz satılmaz",
        "没有处方不卖",
        "処方箋なしでは販売しません",
        "Bez recepty nie wysyłamy",
        "Sem receita não vendemos",
        "Tanpa resep tidak kami layani",
        "Senza ricetta non vendiamo",
        "ไม่ขายถ้าไม่มีใบสั่งแพทย์",
        "Zonder recept leveren wij niet",
    ],
)
def test_a_requirement_is_no_cue_and_speaks_for_the_offer(text: str) -> None:
    found = find(text)
    assert "no_prescription" not in {cue.cue for cue in found.cues}
    assert any(protection.why == "requirement" for protection in found.protections)


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("Pay with bitcoin or Amazon gift cards", "anonymous_payment"),
        ("Only on WhatsApp", "messaging_contact"),
        ("Discreet packaging, passes customs", "stealth_shipping"),
        ("If seized we reship free", "reship_guarantee"),
        ("We ship worldwide", "worldwide_shipping"),
        ("Minimum order 500 vials", "bulk_offer"),
        ("half price today", "price_bait"),
        ("100% safe, no side effects", "miracle_claim"),
        ("cures cancer", "disease_claim"),
        ("perfect replica", "counterfeit_admission"),
        ("melanotan nasal spray", "unapproved_product"),
        ("for research use only", "research_use_only"),
        ("Vaccination card without the jab", "certificate_sale"),
        ("Covid vaccine vials for sale", "impossible_offer"),
        ("expired last month but still good", "expired_or_degraded"),
        ("kept at room temperature, no fridge needed", "cold_chain_breach"),
        ("home brewed testosterone", "unsterile_or_homemade"),
        ("loose tablets without box", "missing_identity"),
        ("surplus hospital stock", "foreign_or_diverted"),
        ("horse paste, people take it too", "veterinary_for_human"),
        ("v1agra", "obfuscated_text"),
        ("FDA approved", "false_authority"),
        ("Xanax 2 mg", "controlled_substance"),
    ],
)
def test_each_cue_of_the_codebook_is_found_in_plain_words(text: str, cue: str) -> None:
    assert cue in cues(f"Viagra. {text}")


def test_words_of_any_trade_are_no_evidence_where_nothing_medical_is_offered() -> None:
    found = find("Vinyl box set, discreet packaging, bitcoin welcome, we ship worldwide")
    assert found.cues == []
    assert {protection.why for protection in found.protections} == {"other_goods"}


def test_a_negation_of_another_cue_takes_it_away_and_is_kept_as_a_protection() -> None:
    found = find("Our Humalog pens are never expired")
    assert "expired_or_degraded" not in {cue.cue for cue in found.cues}
    assert [p.cue for p in found.protections if p.cue] == ["expired_or_degraded"]


def test_a_warning_in_the_same_sentence_takes_the_cue_away() -> None:
    assert "counterfeit_admission" not in cues("Beware of fake sellers that offer replica pens")


def test_a_crypto_price_on_a_prescription_medicine_is_evidence_by_itself() -> None:
    found = find("Ozempic 1 mg pen", price="0.002", currency="XMR")
    (cue,) = [cue for cue in found.cues if cue.cue == "anonymous_payment"]
    assert (cue.field, cue.quote) == ("currency", "XMR")
    assert "anonymous_payment" not in cues("Coffee beans", price="0.002", currency="XMR")


def test_a_cue_can_come_from_the_pages_of_the_shop() -> None:
    found = find("Sildenafil 50 mg tablets", site_text="We do not ask for a prescription.")
    (cue,) = [cue for cue in found.cues if cue.cue == "no_prescription"]
    assert cue.field == "site_text"


@pytest.mark.parametrize(
    ("text", "audience"),
    [
        ("Insulin vials for hospitals and clinics", "health_facility"),
        ("Doses for governments and ministries", "public_agency"),
        ("Viagra for you", "person"),
    ],
)
def test_the_offer_says_at_whom_it_aims(text: str, audience: str) -> None:
    assert find(text).audience == audience


def _rows() -> list[dict[str, object]]:
    paths = sorted(CORPUS.glob("*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()[::12]]


def test_every_quote_of_the_corpus_is_exactly_what_stands_in_the_field() -> None:
    catalogue = CueCatalogue.load()
    seen = 0
    for row in _rows():
        listing = Listing.from_row(row)
        for cue in catalogue.find(listing):
            if cue.field in ("title", "description", "site_text"):
                assert getattr(listing, cue.field)[cue.start : cue.end] == cue.quote != ""
                seen += 1
    assert seen > 100


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="no rx presciton.,&#49;аеоV1@\u200b无需处方 بدون وصفة", max_size=60))
def test_quotes_are_exact_on_any_text(text: str) -> None:
    listing = Listing(id="x", title=text or "x")
    for cue in CueCatalogue.load().find(listing):
        assert (listing.title or "")[cue.start : cue.end] == cue.quote


def test_finding_is_deterministic() -> None:
    text = "No prescription. Discreet worldwide shipping, bitcoin only, Xanax bars"
    assert find(text) == find(text)


@pytest.mark.parametrize(
    "unit", ["no prescription ", "without ", "a", "无处方", "(", "never ship without rx not ", "1 ", "Xanax "]
)
def test_a_hundred_thousand_repetitions_are_searched_without_harm(unit: str) -> None:
    assert isinstance(find(unit * 20_000), Findings)


def test_the_clause_around_a_span_ends_at_its_borders() -> None:
    text = "Sold with care. No rx needed, ships fast. Bye"
    start, end = clause(text, text.index("rx"), text.index("rx") + 2)
    assert text[start:end].strip() == "No rx needed,"
