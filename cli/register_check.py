"""Ask the registers in the casefile about a listing: what is stored there meets what the classifier can compare."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from casefile.records import Assessment, Listing, Site
    from casefile.records.register import RegisterCheck, RegisterEdition
    from casefile.store import Casefile
    from classifier.identity import Identity
    from review_ui.registers import AskRegisters

MOST_COUNTRIES = 40
MOST_SUBSTANCES = 8
WORLDWIDE = "*"


def check_listing(
    casefile: "Casefile", listing: "Listing", *, site: "Site | None" = None, assessment: "Assessment | None" = None
) -> "RegisterCheck":
    """Return what the current editions of all registers say of a listing, for each country it ships to.

    A listing that ships worldwide, or does not say where to, is asked about in every country a register is loaded for.
    """
    from casefile.records.register import RegisterCheck
    from casefile.registers import editions, find_entries
    from classifier.identity import read_identity
    from classifier.register_names import words_of_listing
    from classifier.register_sellers import seller_answer, seller_keys
    from classifier.registers import alerted, answer_for, batch_keys, match, product_keys
    from classifier.text.status import in_words, known_countries

    current = [one for one in editions(casefile) if one.current]
    products = [one for one in current if one.kind == "products"]
    batches = [one for one in current if one.kind == "batches"]
    sellers = [one for one in current if one.kind == "sellers"]
    identity, words = read_identity(listing), words_of_listing(listing)
    matches = [
        match(entry, identity, words) for entry in find_entries(casefile, products, product_keys(identity, words))
    ]
    by_id = {one.id: one for one in current}
    found = alerted(listing, identity, find_entries(casefile, batches, batch_keys(listing)))
    alerts = [(entry, by_id[entry.register_id]) for entry in found]
    known = bool(identity.substances or identity.brands)
    cues = [cue.cue for cue in assessment.cues] if assessment else []
    countries = countries_of(listing, products)
    asked = countries if listing.ships_to and WORLDWIDE not in listing.ships_to else known_countries()
    lines = [in_words(name, asked) for name in identity.values("substances")[:MOST_SUBSTANCES]]
    return RegisterCheck(
        _described(identity),
        tuple(answer_for(country, matches, products, known=known, alerts=alerts) for country in countries),
        seller_answer(listing, site, cues, find_entries(casefile, sellers, seller_keys(listing, site)), current),
        tuple(line for line in lines if line),
    )


def with_licences(
    casefile: "Casefile", listings: "Sequence[Listing]", assessments: "Sequence[Assessment]"
) -> "list[Assessment]":
    """Return the assessments with the priority that the standing of each licensed seller gives; nothing else changes.

    Where no list of licensed sellers is loaded they are returned as they are.
    """
    from casefile.registers import editions, find_entries

    lists = [one for one in editions(casefile) if one.current and one.kind == "sellers"]
    if not lists:
        return list(assessments)
    from casefile.listings import get_site
    from classifier.register_sellers import seller_answer, seller_keys, with_licence

    by_id = {listing.id: listing for listing in listings}
    made = []
    for assessment in assessments:
        listing = by_id[assessment.id]
        site = get_site(casefile, listing.site) if listing.site else None
        entries = find_entries(casefile, lists, seller_keys(listing, site))
        cues = [cue.cue for cue in assessment.cues]
        made.append(with_licence(assessment, seller_answer(listing, site, cues, entries, lists)))
    return made


def asks_of(casefile: "Casefile") -> "AskRegisters":
    """Return what the desk asks the registers of ``casefile`` with."""

    def ask(listing: "Listing", site: "Site | None", assessment: "Assessment | None") -> "RegisterCheck":
        return check_listing(casefile, listing, site=site, assessment=assessment)

    return ask


def _described(identity: "Identity") -> str:
    parts = ("substances", "brands", "strengths", "forms", "counts")
    return "; ".join(", ".join(identity.values(part)[:6]) for part in parts if identity.values(part))


def countries_of(listing: "Listing", editions: "Sequence[RegisterEdition]") -> list[str]:
    """Return the countries to ask about: where the listing ships to, else where a register is loaded for.

    Imported listings may name countries in words; the crawler's reader of places knows them.
    """
    from crawler.extract.statements import read_places

    places = [place for written in listing.ships_to[:MOST_COUNTRIES] for place in read_places(written[:200])]
    named = [place for place in places if len(place) == 2 and place.isascii() and place.isupper()]
    if named and WORLDWIDE not in places:
        return list(dict.fromkeys(named))[:MOST_COUNTRIES]
    return list(dict.fromkeys([*named, *sorted({one.country for one in editions})]))[:MOST_COUNTRIES]
