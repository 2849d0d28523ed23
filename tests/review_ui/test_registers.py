"""What official registers say stands on the item page in plain words, and never as an accusation."""

from casefile.people import Person
from casefile.records import Assessment, Listing, Site
from casefile.records.register import CountryAnswer, MatchPart, ProductMatch, RegisterCheck, RegisterEntry, SellerAnswer
from casefile.store import Casefile
from tests.review_ui import scene

ENTRY = RegisterEntry(1, 1, "OXY <b>LABO</b> 10 mg")
MATCH = ProductMatch(ENTRY, 0.56, (
    MatchPart("substance", 0.56, 1.0, "oxycodone", "oxycodone"),
    MatchPart("strength", 0.44, 0.0, "30 mg", "10 mg"),
    MatchPart("holder", 0.0, None, "", ""),
))  # fmt: skip


def answers(listing: Listing, site: Site | None, assessment: Assessment | None) -> RegisterCheck:
    return RegisterCheck(
        "oxycodone; 30 mg",
        (
            CountryAnswer("FR", "not found", "the nearest differs in strength", MATCH),
            CountryAnswer("JP", "register not loaded", "no complete register of this country is loaded"),
        ),
        SellerAnswer("licensed", "by its host", None, ("no_prescription",)),
        ("oxycodone: prescription-only in FR; controlled: stupéfiant FR",),
    )


def section(casefile: Casefile, ada: Person) -> str:
    page = scene.signed_in(casefile, ada, registers=answers).get("/item/listing-000000").text
    return page.split('id="registers-title"')[1].split("</section>")[0]


def test_each_country_has_its_answer_and_what_it_rests_on(
    casefile: Casefile, listings: list[Listing], ada: Person
) -> None:
    shown = section(casefile, ada)
    assert "<strong>not found</strong>" in shown
    assert "<strong>register not loaded</strong>" in shown
    assert "strength 0.00 of 0.44: 30 mg / 10 mg" in shown
    assert "holder" not in shown


def test_it_is_said_that_not_found_is_no_evidence(casefile: Casefile, listings: list[Listing], ada: Person) -> None:
    assert "Information, no evidence." in section(casefile, ada)


def test_a_licensed_seller_who_breaks_its_rules_is_shown_so(
    casefile: Casefile, listings: list[Listing], ada: Person
) -> None:
    shown = section(casefile, ada)
    assert "<strong>licensed</strong>" in shown
    assert "breaks rules it is licensed under: no prescription" in shown
    assert "prescription-only in FR; controlled: stupéfiant FR" in shown


def test_a_desk_without_registers_shows_no_such_section(reader: scene.Reader) -> None:
    assert "registers-title" not in reader.get("/item/listing-000000").text
