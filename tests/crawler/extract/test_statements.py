import pytest

from crawler.extract.gtin import valid_gtin
from crawler.extract.identity import Identity, read_batch, read_expiry, read_identity, read_registration
from crawler.extract.statements import (
    read_payments,
    read_place,
    read_places,
    read_prescription,
    ships_from_in_words,
    ships_worldwide,
)


@pytest.mark.parametrize(
    ("text", "required", "quote"),
    [
        ("Buy now, No Prescription needed!", False, "No Prescription needed"),
        ("Verschreibungspflichtig, Rezept einsenden", True, "Verschreibungspflichtig"),
        ("compre sin receta médica hoy", False, "sin receta médica"),
        ("无需处方即可购买", False, "无需处方"),
        ("Отпускается по рецепту врача", True, "Отпускается по рецепту"),
        ("Prescription required. Others: no prescription", None, "no prescription"),
    ],
)
def test_a_prescription_statement_is_quoted_exactly(text: str, required: bool | None, quote: str) -> None:
    said = read_prescription(text)
    assert said is not None and said.quote is not None
    assert (said.required, said.quote) == (required, quote)
    assert said.quote in text


def test_a_text_without_a_statement_says_nothing() -> None:
    assert read_prescription("Blue tablets, ten to a box") is None


def test_payments_are_named_by_one_word_each() -> None:
    text = "We take Bitcoin (BTC), Western Union, Visa and 微信支付"
    assert sorted(read_payments(text)) == ["bitcoin", "card", "wechat_pay", "western_union"]


def test_places_become_codes_where_they_name_a_country() -> None:
    assert read_place("United States") == "US" and read_place("Deutschland") == "DE" and read_place("UK") == "GB"
    assert read_place("my garage") == "my garage" and read_place("") is None
    assert list(read_places("USA, Canada and worldwide")) == ["US", "CA", "*"]
    assert ships_from_in_words("We ship from India to the USA") == "IN"
    assert ships_from_in_words("Ships from my garage") is None
    assert ships_worldwide("We deliver all over the world") and not ships_worldwide("a worldwide problem")


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("Sildenafil 100mg x 60 pills", Identity("100 mg", "tablet", 60)),
        ("30 comprimés 5 mg", Identity("5 mg", "tablet", 30)),
        ("Таблетки 5мг №30", Identity("5 mg", "tablet", 30)),
        ("Amoxicillin 500 mg capsules x 21", Identity("500 mg", "capsule", 21)),
        ("10 vials", Identity(None, "vial", 10)),
        ("testosterone 250mg/ml 10ml", Identity("250 mg/ml", None, None)),
        ("胶囊 100粒", Identity(None, "capsule", 100)),
        ("just words", Identity()),
    ],
)
def test_strength_form_and_count_are_read(text: str, identity: Identity) -> None:
    found = read_identity(text)
    assert (found.strength, found.count) == (identity.strength, identity.count)
    if identity.form != "capsule":
        assert found.form == identity.form


def test_batch_expiry_and_registration_need_their_label() -> None:
    assert read_batch("Batch No: ab1234, 10 tablets") == "AB1234"
    assert read_batch("lot of people like it") is None
    assert read_expiry("EXP 03/2027") == "2027-03" and read_expiry("годен до 31.12.2026") == "2026-12-31"
    assert read_expiry("exp 03/04/2027") is None
    assert read_registration("NAFDAC No: A4-1234") == "A4-1234"
    assert read_registration("registration is free") is None


def test_a_gtin_needs_a_right_check_digit() -> None:
    assert valid_gtin("4006381333931") == "4006381333931"
    assert valid_gtin("4006381333932") is None
    assert valid_gtin("0000000000000") is None and valid_gtin(None) is None
