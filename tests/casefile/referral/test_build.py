import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from casefile.policy import Policy
from casefile.records import CUES, SUSPECTED_CLASSES, Cue
from casefile.referral.build import referral_bytes
from casefile.referral.errors import ReferralError
from casefile.referral.schema import SCHEMA_PATH, check_schema, load_schema
from casefile.referral.schema_page import schema_page
from casefile.referral.summary import HARM_LEVELS
from casefile.referral.verify_package import parse
from casefile.referral.wording import wording
from tests.casefile.referral.full import (
    DESCRIPTION,
    SITE_TEXT,
    full_assessment,
    full_facts,
    full_listing,
    full_referral,
)


def schema_fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}.{name}", inner
        yield from schema_fields(inner, f"{path}.{name}")
    if "items" in schema:
        yield from schema_fields(schema["items"], path)


def produced_fields(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{path}.{name}"
            yield from produced_fields(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from produced_fields(inner, path)


def test_the_referral_of_full_facts_fits_the_schema() -> None:
    check_schema(full_referral())


def test_every_field_of_the_schema_is_produced_and_no_other() -> None:
    described = {path for path, _ in schema_fields(load_schema())}
    produced = {path for path in produced_fields(full_referral()) if not path.startswith(".listings.field_sources.")}
    assert produced == described


def test_every_field_of_the_schema_has_a_description_a_source_a_unit_and_an_example() -> None:
    for path, field in schema_fields(load_schema()):
        assert field["description"], path
        assert field["x-source"], path
        if field.get("type") == "object" and "properties" in field:
            continue
        assert field["x-unit"], path
        if field.get("items", {}).get("type") != "object":
            assert field["examples"], path


def test_the_examples_of_the_schema_fit_their_own_fields() -> None:
    from jsonschema import Draft202012Validator

    schema = load_schema()
    for path, field in schema_fields(schema):
        for example in field.get("examples", ()):
            faults = list(Draft202012Validator({**field, "$defs": schema["$defs"]}).iter_errors(example))
            assert not faults, (path, example)


def test_the_schema_knows_the_words_of_the_codebook() -> None:
    fields = dict(schema_fields(load_schema()))
    assert set(fields[".listings.assessment.cues.cue"]["enum"]) == set(CUES)
    assert set(fields[".suspected.class"]["enum"]) == set(SUSPECTED_CLASSES)
    assert set(fields[".summary.harm.level"]["enum"]) == {name for name, _ in HARM_LEVELS}
    assert set(fields[".handling.tlp"]["enum"]) == set(wording()["tlp"])
    assert set(fields[".handling.europol"]["enum"]) == set(wording()["europol"])


def test_every_cue_and_class_has_its_words() -> None:
    assert set(wording()["suspicion"]) == set(CUES)
    assert set(wording()["classes"]) == set(SUSPECTED_CLASSES)


def test_no_float_leaves_the_house() -> None:
    referral = full_referral()
    assert parse(referral_bytes(referral), "referral.json") == referral
    assert referral["listings"][0]["assessment"]["risk"] == "0.9100"
    assert referral["suspected"][0]["probability"] == "0.8731"


def test_what_is_suspected_is_kept_apart_from_what_is_established() -> None:
    referral = full_referral()
    assert [(entry["class"], entry["people"]) for entry in referral["suspected"]] == [
        ("illegal_supply", 0),
        ("falsified", 1),
    ]
    assert referral["established"] == []
    assert "only a laboratory or the manufacturer" in referral["established_statement"]


def with_probabilities(**suspected: float) -> list[dict[str, Any]]:
    facts = full_facts()
    item = facts.listings[0]
    model = full_assessment().model_copy(update={"suspected": suspected})
    quiet = tuple(one.model_copy(update={"reasons": ()}) for one in item.decisions)
    found = full_referral(replace(facts, listings=(replace(item, assessment=model, decisions=quiet),)))
    check_schema(found)
    suspected_entries: list[dict[str, Any]] = found["suspected"]
    return suspected_entries


def test_a_class_that_is_hardly_probable_is_not_called_suspected() -> None:
    assert [entry["class"] for entry in with_probabilities(illegal_supply=0.9, fraud=0.0001)] == ["illegal_supply"]


def test_without_any_likely_class_the_most_probable_one_is_stated_with_its_figure() -> None:
    (entry,) = with_probabilities(illegal_supply=0.3, fraud=0.2)
    assert (entry["class"], entry["probability"], entry["listings"]) == ("illegal_supply", "0.3000", ["listing-1"])


def test_an_established_class_is_refused_by_the_schema() -> None:
    referral = full_referral()
    referral["established"] = [{"class": "falsified"}]
    with pytest.raises(ReferralError, match="established"):
        check_schema(referral)


def test_a_policy_of_one_person_is_stated_with_its_reason() -> None:
    review = full_referral()["review"]
    assert review["second_confirmation"] is False
    assert review["reason_if_off"] == "Agency of one person"
    assert "TURNED OFF" in review["statement"]


def test_a_policy_of_two_people_is_stated() -> None:
    facts = full_facts(Policy(agency="A", legal_basis="B", purpose="C"))
    review = full_referral(facts)["review"]
    assert review["second_confirmation"] is True
    assert "reason_if_off" not in review
    assert "two different people" in review["statement"]


def test_inner_notes_and_names_of_staff_stay_in_the_house() -> None:
    text = referral_bytes(full_referral()).decode()
    assert "an inner remark" not in text


def test_quotes_stand_where_their_cues_say() -> None:
    referral = full_referral()
    listing = referral["listings"][0]
    site_text = {entry["sha256"]: entry["text"] for entry in referral["site_texts"]}[listing["site_text_sha256"]]
    for cue in listing["assessment"]["cues"]:
        text = site_text if cue["field"] == "site_text" else listing[cue["field"]]
        assert text[cue["start"] : cue["end"]] == cue["quote"]


@pytest.mark.parametrize("field", ["description", "site_text", "title"])
def test_a_quote_that_is_not_in_its_field_is_refused(field: Any) -> None:
    cue = Cue(cue="price_bait", quote="best price", field=field, start=0, end=10)
    facts = full_facts()
    wrong = full_assessment().model_copy(update={"cues": (cue,)})
    with pytest.raises(ReferralError, match=r"listing-1: the quote 'best price' of cue price_bait does not stand"):
        full_referral(replace(facts, listings=(replace(facts.listings[0], assessment=wrong),)))


def test_a_listing_without_assessment_is_referred_on_the_decisions_alone() -> None:
    facts = full_facts()
    referral = full_referral(replace(facts, listings=(replace(facts.listings[0], assessment=None),)))
    check_schema(referral)
    assert referral["suspicion"] == []
    assert [(entry["class"], entry.get("probability")) for entry in referral["suspected"]] == [("falsified", None)]
    assert any("no machine assessment" in gap for gap in referral["not_known"])


def test_a_bare_listing_of_another_tool_is_referred_with_its_gaps_named() -> None:
    from casefile.records import Listing

    bare = Listing.from_row({"id": "row-1", "title": "tablets", "price": ""})
    facts = full_facts()
    item = replace(facts.listings[0], listing=bare, newest=bare, assessment=None, evidence=())
    case = replace(facts.case, site="", seller=None)
    referral = full_referral(replace(facts, listings=(item,), sites=(), case=case, evidence=()))
    check_schema(referral)
    gaps = " ".join(referral["not_known"])
    for words in ("no page was captured", "From where", "Batch numbers", "Under which name", "outside the site"):
        assert words in gaps


def test_prices_of_one_currency_are_a_range() -> None:
    assert full_referral()["summary"]["prices"] == [
        {"currency": "EUR", "lowest": "89.00", "highest": "120.50", "prices": 2}
    ]


def test_identifiers_are_gathered_once_with_every_place_that_shows_them() -> None:
    found = {entry["kind"]: entry for entry in full_referral()["identifiers"]}
    assert set(found) == {"handle", "name", "url", "whatsapp"}
    assert found["whatsapp"]["value"] == "+447700900123"
    assert found["whatsapp"]["listings"] == ["listing-1"]
    assert found["whatsapp"]["sites"] == ["shop.example"]


def test_a_follow_up_names_the_referral_it_follows() -> None:
    assert full_referral()["relates_to"] == {
        "referral": "PHK-2026-000000000009",
        "relation": "follows",
        "reason": "Two more listings",
    }


def test_the_same_facts_give_the_same_bytes() -> None:
    assert referral_bytes(full_referral()) == referral_bytes(full_referral())


def test_a_text_that_json_cannot_carry_is_refused() -> None:
    referral = full_referral() | {"purpose": "\ud800"}
    with pytest.raises(ReferralError, match="cannot carry"):
        referral_bytes(referral)


def test_a_referral_of_another_format_is_refused_by_name() -> None:
    with pytest.raises(ReferralError, match=r"'pharmakon-referral/9' is unknown here.*'pharmakon-referral/1'"):
        check_schema(full_referral() | {"format": "pharmakon-referral/9"})


def test_a_fault_of_schema_names_the_field() -> None:
    referral = json.loads(referral_bytes(full_referral()))
    referral["listings"][0]["price"]["amount"] = "eighty"
    with pytest.raises(ReferralError, match=r"listings\.0\.price\.amount"):
        check_schema(referral)


def test_long_pages_of_the_shop_are_cut_and_say_so() -> None:
    facts = full_facts()
    page = facts.sites[0].pages[0]
    long = facts.sites[0].model_copy(update={"pages": (page.model_copy(update={"text": "x" * 5000}),)})
    statement = full_referral(replace(facts, sites=(long,)))["site_statements"][0]
    assert statement["cut"] is True
    assert len(statement["text"]) == 4000


def test_the_texts_used_here_hold_more_than_one_script() -> None:
    assert not DESCRIPTION.isascii()
    assert not SITE_TEXT.isascii()
    assert not (full_listing().title or "").isascii()


def test_the_page_about_the_schema_is_the_one_its_command_prints() -> None:
    page = SCHEMA_PATH.with_suffix(".md").read_text("utf-8")
    assert page == schema_page()
    assert page.count("\n| `") == len(list(schema_fields(load_schema())))
