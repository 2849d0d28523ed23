"""What decides whether a recipient can act: the case on one page, its suspicions, identifiers and gaps."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from casefile.queue_rows import SUSPECTED_FROM
from casefile.records import SUSPECTED_CLASSES, Contact, Listing, SuspectedClass, utc_text
from casefile.referral.build_listing import decimal_text
from casefile.referral.facts import CaseFacts, ListingFacts
from casefile.referral.wording import wording

HARM_LEVELS = (("high", 0.67), ("medium", 0.34), ("low", 0.0))
NAMED_IN_HEADLINE = 3


def _in_order(values: Iterable[str | None]) -> list[str]:
    """Return the values once each, in order of first appearance."""
    return list(dict.fromkeys(value for value in values if value))


def _products(listing: ListingFacts) -> list[str]:
    product, assessment = listing.listing.product, listing.assessment
    named = [*(product.substances if product else ()), *(assessment.substances if assessment else ())]
    return named or [text for text in (listing.listing.brand, product.brand if product else None) if text]


def summary(facts: CaseFacts) -> dict[str, Any]:
    """Return the actionability block."""
    listings = [item.listing for item in facts.listings]
    products = _in_order(name for item in facts.listings for name in _products(item))
    sites = _in_order([*(listing.site for listing in listings), facts.case.site])
    captured = sorted(listing.captured_at for listing in listings if listing.captured_at)
    return {
        "headline": _headline(len(listings), products, sites),
        "listings": len(listings),
        "products": products,
        "sites": sites,
        "sellers": _in_order([*_sellers(listings), facts.case.seller]),
        "prices": _prices(listings),
        "ships_from": _in_order(listing.ships_from for listing in listings),
        "ships_to": _in_order(place for listing in listings for place in listing.ships_to),
        "first_captured_at": utc_text(captured[0]) if captured else None,
        "last_captured_at": utc_text(captured[-1]) if captured else None,
        "last_seen": [
            {
                "listing": item.listing.id,
                "at": utc_text(item.last_seen_at),
                "changed_since": item.newest.version != item.listing.version,
                "availability": item.newest.availability,
            }
            for item in facts.listings
        ],
        "perishable": wording()["perishable"],
        "harm": _harm(facts),
    }


def _sellers(listings: list[Listing]) -> list[str | None]:
    return [text for listing in listings if listing.seller for text in (listing.seller.name, listing.seller.handle)]


def _headline(count: int, products: list[str], sites: list[str]) -> str:
    named = ", ".join(products[:NAMED_IN_HEADLINE]) or "unrecognised products"
    more = f" and {len(products) - NAMED_IN_HEADLINE} more" if len(products) > NAMED_IN_HEADLINE else ""
    listings = "1 confirmed listing" if count == 1 else f"{count} confirmed listings"
    return f"{listings} of {named}{more} on {', '.join(sites) or 'a site that is not recorded'}"[:4000]


def _prices(listings: list[Listing]) -> list[dict[str, Any]]:
    found: dict[str, list[Decimal]] = defaultdict(list)
    for listing in listings:
        asked = [(offer.amount, offer.currency) for offer in listing.offers]
        if listing.price is not None:
            asked.append((listing.price.amount, listing.price.currency))
        for amount, currency in asked:
            if amount is not None and currency is not None:
                found[currency].append(Decimal(amount))
    return [
        {"currency": currency, "lowest": f"{min(all_):f}", "highest": f"{max(all_):f}", "prices": len(all_)}
        for currency, all_ in sorted(found.items())
    ]


def _harm(facts: CaseFacts) -> dict[str, str] | None:
    scores = [item.assessment.harm for item in facts.listings if item.assessment]
    if not scores:
        return None
    level = next(name for name, least in HARM_LEVELS if max(scores) >= least)
    return {"level": level, "score": decimal_text(max(scores)), "meaning": wording()["harm"][level]}


def suspicion(facts: CaseFacts) -> list[dict[str, Any]]:
    """Return the answers to "what aroused suspicion?", most frequent first."""
    quotes: dict[str, int] = defaultdict(int)
    where: dict[str, list[str]] = defaultdict(list)
    for item in facts.listings:
        for cue in item.assessment.cues if item.assessment else ():
            quotes[cue.cue] += 1
            if item.listing.id not in where[cue.cue]:
                where[cue.cue].append(item.listing.id)
    return [
        {"cue": name, "statement": wording()["suspicion"][name], "quotes": quotes[name], "listings": where[name]}
        for name in sorted(quotes, key=lambda name: (-len(where[name]), name))
    ]


def suspected(facts: CaseFacts) -> list[dict[str, Any]]:
    """Return what is suspected, by the model or by people, most probable first; nothing here is established.

    A class stands here when the model gives it at least ``SUSPECTED_FROM`` for some listing or a person named it as
    the reason of a confirmation; when there is none, the model's most probable class does. All its probabilities are
    in each listing's assessment.
    """
    highest = {
        name: max((_probability(item, name) for item in facts.listings), default=0.0) for name in SUSPECTED_CLASSES
    }
    people = {name: _people_who_named(facts, name) for name in SUSPECTED_CLASSES}
    named = [name for name in SUSPECTED_CLASSES if highest[name] >= SUSPECTED_FROM or people[name]]
    if not named:
        named = [max(SUSPECTED_CLASSES, key=lambda name: highest[name])] if any(highest.values()) else []
    return [
        {
            "class": name,
            "definition": wording()["classes"][name]["definition"],
            "definition_source": wording()["classes"][name]["source"],
            "probability": decimal_text(highest[name]) if highest[name] else None,
            "people": len(people[name]),
            "listings": [
                item.listing.id
                for item in facts.listings
                if _probability(item, name) >= min(SUSPECTED_FROM, highest[name] or 1.0) or _named_in(item, name)
            ],
        }
        for name in sorted(named, key=lambda name: (-highest[name], name))
    ]


def _probability(item: ListingFacts, name: SuspectedClass) -> float:
    return item.assessment.suspected.get(name, 0.0) if item.assessment else 0.0


def _named_in(item: ListingFacts, name: SuspectedClass) -> bool:
    """Return whether a person gave the class as the reason of a confirmation of this listing."""
    return any(one.verdict == "confirm" and name in one.reasons for one in item.decisions)


def _people_who_named(facts: CaseFacts, name: SuspectedClass) -> set[str]:
    return {
        one.person
        for item in facts.listings
        for one in item.decisions
        if one.verdict == "confirm" and name in one.reasons
    }


def identifiers(facts: CaseFacts) -> list[dict[str, Any]]:
    """Return contacts, wallets, names and handles of the seller once each, with every place that shows them."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}

    def note(contact: Contact, place: str, name: str) -> None:
        value = (contact.value or contact.raw).strip()
        if not value or not contact.kind:
            return
        entry = found.setdefault((contact.kind, value), {"as_written": [], "listings": [], "sites": []})
        for field, text in (("as_written", contact.raw or value), (place, name)):
            if text not in entry[field]:
                entry[field].append(text)

    for item in facts.listings:
        listing, seller = item.listing, item.listing.seller
        for contact in listing.contacts:
            note(contact, "listings", listing.id)
        for kind, text in (("name", seller.name), ("handle", seller.handle), ("url", seller.url)) if seller else ():
            note(Contact(kind=kind, raw=text or ""), "listings", listing.id)
    for site in facts.sites:
        for contact in site.contacts:
            note(contact, "sites", site.host)
    return [{"kind": kind, "value": value, **found[kind, value]} for kind, value in sorted(found)]


def not_known(facts: CaseFacts) -> list[str]:
    """Return in plain words what a reader might take for known and is not."""
    words = wording()["not_known"]
    listings = [item.listing for item in facts.listings]
    gaps = list(words["always"])
    if not any(listing.ships_from for listing in listings):
        gaps.append(words["no_ships_from"])
    if not any(listing.seller for listing in listings) and not facts.case.seller:
        gaps.append(words["no_seller"])
    if not any(listing.batch for listing in listings):
        gaps.append(words["no_batch"])
    gaps.append(words["no_maker"])
    if not identifiers(facts):
        gaps.append(words["no_contact"])
    counted = {
        "no_capture": sum(not item.evidence for item in facts.listings),
        "no_assessment": sum(item.assessment is None for item in facts.listings),
        "language_unsupported": sum(
            item.assessment is not None and not item.assessment.language_supported for item in facts.listings
        ),
    }
    return gaps + [words[name].format(count=count) for name, count in counted.items() if count]
