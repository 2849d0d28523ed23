from dataclasses import replace
from datetime import UTC, datetime

import pytest

from casefile.records import Assessment, Listing, Site
from casefile.records.listing import Seller
from casefile.records.register import ProductMatch, RegisterEdition, RegisterEntry
from classifier.identity import read_identity
from classifier.register_names import batches_of, folded_words, host_key, licence_key, words_of_listing
from classifier.register_sellers import LICENSED_PRIORITY, seller_answer, seller_keys, with_licence
from classifier.registers import alerted, answer_for, areas, entry_keys, is_same, match, product_keys

DAY = datetime(2026, 1, 1, tzinfo=UTC)
FRANCE = RegisterEdition(1, "bdpm", "products", "FR", "all", "agency", "2026-01-01", "f", "0" * 64, 1, 0, "now")
UNION = replace(FRANCE, id=2, name="ema", country="EU", covers="some")
SELLERS = replace(FRANCE, id=3, name="pharmacies", kind="sellers")
ALERTS = replace(FRANCE, id=4, name="alerts", kind="batches", covers="some")


def listing(title: str, **fields: object) -> Listing:
    return Listing.model_validate({"id": "a", "title": title, **fields})


def weigh(title: str, entry: RegisterEntry, **fields: object) -> ProductMatch:
    asked = listing(title, **fields)
    return match(entry, read_identity(asked), words_of_listing(asked))


def product(name: str, **fields: object) -> RegisterEntry:
    return replace(RegisterEntry(1, 1, name), **fields)  # type: ignore[arg-type] # fields of the entry


def answer(
    title: str, *entries: RegisterEntry, country: str = "FR", editions: tuple[RegisterEdition, ...] = (FRANCE,)
) -> str:
    asked = listing(title)
    identity, words = read_identity(asked), words_of_listing(asked)
    found = answer_for(
        country, [match(entry, identity, words) for entry in entries], editions, known=bool(identity.substances)
    )
    return found.answer


METFORMIN = product("METFORMINE LABO 850 mg, comprimé pelliculé", form="comprimé pelliculé", holder="LABO PHARMA")
TRAMADOL = product("TRAMADOL LABO 50 mg, gélule", form="gélule")
VIAGRA = product("VIAGRA 100 mg, comprimé pelliculé")


@pytest.mark.parametrize("title", ["Metformin 850 mg tablets", "Метформин 850 мг таблетки", "二甲双胍 850毫克 片"])
def test_a_product_is_found_by_its_substance_in_any_language(title: str) -> None:
    assert set(product_keys(read_identity(listing(title)), words_of_listing(listing(title)))) & set(
        entry_keys(METFORMIN, "products")
    )
    assert answer(title, METFORMIN) == "authorised"


def test_the_score_is_explained_by_its_parts() -> None:
    found = weigh("Metformin 850 mg tablets, maker Labo Pharma", METFORMIN)
    parts = {part.part: part for part in found.parts}
    assert parts["strength"].agrees == 1
    assert (parts["strength"].listing, parts["strength"].register) == ("850 mg", "850 mg")
    assert parts["holder"].agrees == 1
    assert parts["brand"].agrees is None
    assert sum(part.share for part in found.parts) == pytest.approx(1, abs=0.01)
    assert found.score == 1


def test_a_strength_that_was_never_authorised_is_not_found_and_the_nearest_is_shown() -> None:
    found = weigh("Tramadol 225 mg capsules", TRAMADOL)
    assert not is_same(found)
    assert found.contradicted == ("strength",)
    assert answer("Tramadol 225 mg capsules", TRAMADOL) == "not found"


def test_another_brand_of_the_same_substance_is_another_product() -> None:
    assert answer("Kamagra 100 mg tablets", VIAGRA) == "not found"
    assert answer("Viagra 100 mg tablets", VIAGRA) == "authorised"


def test_a_title_that_only_compares_itself_with_a_brand_is_not_that_brand() -> None:
    assert answer("Kamagra 100 mg, works like Viagra", VIAGRA) == "not found"


def test_an_unapproved_name_before_an_authorised_one_is_not_the_authorised_product() -> None:
    assert answer("Kamagra Viagra 100 mg", VIAGRA) == "not found"


def test_a_partial_register_without_strengths_does_not_make_a_strength_real() -> None:
    central = RegisterEntry(2, 1, "Metformin Union", ("metformin",))
    both = (FRANCE, UNION)
    assert answer("Metformin 777 mg tablets", METFORMIN, central, editions=both) == "not found"
    assert answer("Metformin 777 mg tablets", central, editions=both) == "authorised"


def test_a_maker_in_the_brand_field_contradicts_nothing() -> None:
    assert is_same(weigh("Viagra 100 mg", VIAGRA, brand="Pfizer"))
    assert is_same(weigh("Sildenafil 100 mg tablets", product("SILDENAFIL LABO 100 mg, comprimé"), brand="Pfizer"))


def test_a_brand_no_lexicon_holds_is_found_where_the_title_begins_with_it() -> None:
    entry = product("ZORBLAXIN 20 mg, comprimé")
    assert is_same(weigh("Zorblaxin 20 mg tablets", entry))
    assert not is_same(weigh("better than Zorblaxin 20 mg tablets", entry))


def test_a_combination_is_not_its_part() -> None:
    combined = product("LOPINAVIR/RITONAVIR LABO 200 mg/50 mg", substances=("lopinavir", "ritonavir"))
    assert not is_same(weigh("Ritonavir 100 mg", combined))


@pytest.mark.parametrize(("status", "expected"), [("authorised", "authorised"), ("withdrawn", "withdrawn")])
def test_a_withdrawn_product_is_told_apart(status: str, expected: str) -> None:
    assert answer("Viagra 100 mg", replace(VIAGRA, status=status)) == expected  # type: ignore[arg-type] # a status


def test_an_authorised_pack_counts_more_than_a_withdrawn_one_of_the_same_name() -> None:
    assert answer("Viagra 100 mg", replace(VIAGRA, status="withdrawn"), VIAGRA) == "authorised"


def test_a_country_without_a_register_is_not_loaded_rather_than_not_found() -> None:
    assert answer("Viagra 100 mg", VIAGRA, country="JP") == "register not loaded"


def test_a_central_authorisation_holds_in_all_of_the_area_and_nowhere_else() -> None:
    central = replace(VIAGRA, register_id=2)
    assert answer("Viagra 100 mg", central, country="NO", editions=(UNION,)) == "authorised"
    assert answer("Viagra 100 mg", central, country="CH", editions=(UNION,)) == "register not loaded"
    assert answer("Kamagra 100 mg", central, country="DE", editions=(UNION,)) == "register not loaded"
    assert len(areas()["EU"]) == 30


def test_a_listing_without_a_product_is_not_looked_for() -> None:
    asked = listing("A telephone case")
    found = answer_for("FR", [], [FRANCE], known=bool(read_identity(asked).substances))
    assert (found.answer, found.best) == ("not found", None)
    assert "names no product" in found.because


@pytest.mark.parametrize(
    ("title", "batch"),
    [
        ("Viagra lot: AB1234", None),
        ("Viagra, batch no. ab-1234", None),
        ("Viagra", "AB 1234"),
        ("Виагра серия AB1234", None),
    ],
)
def test_an_alerted_batch_is_found_in_field_and_words(title: str, batch: str | None) -> None:
    asked = listing(title, batch=batch)
    assert batches_of(asked)
    entry = RegisterEntry(4, 1, "Viagra", batch="AB1234")
    assert alerted(asked, read_identity(asked), [entry]) == [entry]
    found = answer_for("FR", [], [FRANCE, ALERTS], known=True, alerts=[(entry, ALERTS)])
    assert found.answer == "alerted batch"


def test_the_batch_number_of_another_medicine_is_no_alert() -> None:
    asked = listing("Metformin, lot AB1234")
    assert alerted(asked, read_identity(asked), [RegisterEntry(4, 1, "Viagra", batch="AB1234")]) == []


PHARMACY = RegisterEntry(3, 1, "Pharmacie du Port", host="https://www.pharmacie-port.example", number="FR-75-12345")


def standing(
    site: str, claims: tuple[str, ...] = (), entry: RegisterEntry = PHARMACY, cues: tuple[str, ...] = ()
) -> str:
    asked = listing("Doliprane", site=site)
    shop = Site(host=site, captured_at=DAY, licence_claims=claims) if claims else None
    return seller_answer(asked, shop, cues, [entry], [SELLERS]).standing


@pytest.mark.parametrize("site", ["pharmacie-port.example", "www.pharmacie-port.example", "PHARMACIE-PORT.example:443"])
def test_a_licensed_seller_is_known_by_its_whole_host(site: str) -> None:
    assert standing(site) == "licensed"


@pytest.mark.parametrize(
    "site",
    [
        "evil-pharmacie-port.example", "pharmacie-port.example.evil.tld", "pharmacie-port.example-shop.tld",
        "cheap.pharmacie-port.example", "pharmacie-port.exampl", "xn--pharmacie-prt-t3b.example",
    ],
)  # fmt: skip
def test_a_host_that_only_looks_like_a_licensed_one_is_not_licensed(site: str) -> None:
    assert standing(site) == "not found"
    assert host_key(site) != host_key(PHARMACY.host)


def test_a_copied_licence_number_licenses_nobody() -> None:
    assert standing("rogue.example", ("Licence: FR-75-12345",)) == "licence of another seller"


def test_a_list_without_hosts_is_matched_by_the_number_claimed() -> None:
    entry = replace(PHARMACY, host="")
    assert licence_key("FR-75-12345") in seller_keys(
        listing("x", site="port.example"),
        Site(host="port.example", captured_at=DAY, licence_claims=("Licence FR-75-12345",)),
    )
    assert standing("port.example", ("Licence FR-75-12345",), entry) == "licensed"


def test_a_withdrawn_licence_is_said_so() -> None:
    assert standing("pharmacie-port.example", entry=replace(PHARMACY, status="withdrawn")) == "licence withdrawn"


def assessment(risk: float = 0.8) -> Assessment:
    return Assessment(
        id="a", kind="medicine", kind_probabilities={}, risk=risk, suspected={}, priority=0.6, model="m", lexicon="l"
    )


def seller(site: str, *cues: str, editions: tuple[RegisterEdition, ...] = (SELLERS,)) -> Assessment:
    found = seller_answer(listing("Doliprane", site=site), None, cues, [PHARMACY], editions)
    return with_licence(assessment(), found)


def test_a_licence_lowers_the_priority_and_nothing_else() -> None:
    found = seller("pharmacie-port.example")
    assert found.priority == pytest.approx(0.6 * LICENSED_PRIORITY)
    assert found.risk == assessment().risk
    assert "licensed" in found.notes[-1]


def test_a_licensed_seller_who_breaks_its_own_rules_keeps_its_priority() -> None:
    assert seller("pharmacie-port.example", "no_prescription") == assessment()


@pytest.mark.parametrize("editions", [(SELLERS,), ()])
def test_a_seller_who_is_not_found_changes_nothing(editions: tuple[RegisterEdition, ...]) -> None:
    assert seller("rogue.example", editions=editions) == assessment()


def test_salts_and_linking_words_are_no_part_of_a_name() -> None:
    assert folded_words("Chlorhydrate de métformine") == folded_words("metformine hydrochloride")
    assert folded_words("Sodium") == {"sodium"}


def test_a_holder_who_is_not_named_is_not_contradicted() -> None:
    found = weigh("Metformin 850 mg tablets", METFORMIN, seller=Seller(name="Somebody else"))
    assert next(part for part in found.parts if part.part == "holder").agrees is None
