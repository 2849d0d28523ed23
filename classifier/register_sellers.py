"""What lists of licensed sellers say of who offers, and what follows for the queue.

A licence lowers the priority of a listing to :data:`LICENSED_PRIORITY` of itself and nothing else: risk, cues and all
that is shown stay. A seller who breaks the rules it is licensed under (:data:`BROKEN_RULES`) keeps its full priority.
"""

from collections.abc import Sequence
from typing import Final

from casefile.records import Assessment, Listing, Site
from casefile.records.register import RegisterEdition, RegisterEntry, SellerAnswer
from classifier.register_names import host_key, licence_key

LICENSED_PRIORITY: Final = 0.7
"""Share of its priority that a licensed seller's listing keeps: a likely case of 0.9 stays above an unlikely of 0.6."""
BROKEN_RULES: Final = frozenset(
    {
        "no_prescription", "anonymous_payment", "stealth_shipping", "reship_guarantee", "counterfeit_admission",
        "certificate_sale", "unsterile_or_homemade", "impossible_offer", "expired_or_degraded", "research_use_only",
        "unapproved_product", "foreign_or_diverted", "veterinary_for_human",
    }
)  # fmt: skip
"""Cues that no licence covers."""
_LONGEST_CLAIM = 300


def host_of(listing: Listing) -> str:
    """Return the host a listing is offered at, as it is compared (:func:`~classifier.register_names.host_key`)."""
    return host_key(listing.site or "") or host_key(listing.url or "")


def seller_keys(listing: Listing, site: Site | None) -> list[str]:
    """Return what to look for a seller under: its host, and the licence numbers its pages claim."""
    claims = [licence_key(word) for claim in (site.licence_claims if site else ())[:50] for word in _words(claim)]
    return [key for key in dict.fromkeys([host_of(listing), *claims]) if key]


def _words(claim: str) -> list[str]:
    return [claim, *claim[:_LONGEST_CLAIM].replace(":", " ").split()]


def seller_answer(
    listing: Listing,
    site: Site | None,
    cues: Sequence[str],
    entries: Sequence[RegisterEntry],
    editions: Sequence[RegisterEdition],
) -> SellerAnswer:
    """Return the standing of the seller; ``entries`` are those found under :func:`seller_keys`.

    The host decides. A licence number that another host holds is anybody's to copy: it is shown and lowers nothing; a
    list without hosts can only be matched by number.
    """
    lists = [one for one in editions if one.kind == "sellers"]
    if not lists:
        return SellerAnswer("register not loaded", "no list of licensed sellers is loaded")
    broken = tuple(sorted(BROKEN_RULES.intersection(cues)))
    here, names = host_of(listing), {one.id: f"{one.name} of {one.edition}" for one in lists}
    mine = [entry for entry in entries if entry.register_id in names]
    by_host = [entry for entry in mine if here and host_key(entry.host) == here]
    for entry in sorted(by_host, key=lambda each: each.status != "authorised"):
        where = f"{entry.name or entry.host}, {names[entry.register_id]}"
        if entry.status == "authorised":
            return SellerAnswer("licensed", f"by its host: {where}", entry, broken)
        return SellerAnswer("licence withdrawn", where, entry, broken)
    claimed = set(seller_keys(listing, site)) - {here}
    for entry in (entry for entry in mine if licence_key(entry.number) in claimed):
        where = f"licence {entry.number} of {entry.name or entry.host}, {names[entry.register_id]}"
        if host_key(entry.host):
            return SellerAnswer("licence of another seller", f"claims the {where}, which is for {entry.host}", entry)
        if entry.status == "authorised":
            return SellerAnswer("licensed", f"by the number it claims: {where}", entry, broken)
        return SellerAnswer("licence withdrawn", where, entry, broken)
    return SellerAnswer("not found", f"its host is in none of {', '.join(names.values())}")


def with_licence(assessment: Assessment, seller: SellerAnswer) -> Assessment:
    """Return the assessment with the priority its seller's standing gives; risk and cues are never touched."""
    if seller.standing != "licensed" or seller.breaks_own_rules:
        return assessment
    note = f"priority lowered: the seller is licensed ({seller.because})"[:300]
    priority = round(assessment.priority * LICENSED_PRIORITY, 6)
    return assessment.model_copy(update={"priority": priority, "notes": (*assessment.notes, note)})
