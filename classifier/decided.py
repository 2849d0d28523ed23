"""What people's decisions teach: confirmed listings are evidence, rejected ones are not, and the reasons say what of.

A decision is about a listing as a whole. Who confirmed one read cues in it but marked none, and who rejected one may
have read lawful words that elsewhere are evidence; only two reasons speak of single clauses. What a decision does not
say is left unsaid (:attr:`~classifier.examples.Example.silent`), never guessed. The text goes into hashed features and
nowhere else.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from casefile.records import SUSPECTED_CLASSES, DecidedListing, Kind
from classifier.examples import Example, Says

MOST_DECISIONS = 2_000
"""Decisions learned from, decided last first: layer one compares all pairs of rows, and old habits weigh enough."""

_NO_CLAUSE_IS_EVIDENCE = frozenset({"nothing_shown", "cue_misread"})
"""Reasons for a rejection that say that no clause of the text is evidence. ``lawful_offer`` and ``not_in_scope`` do
not: there the words may be evidence elsewhere, and it is the goods or the seller that make the offer lawful."""

_IN_SCOPE: frozenset[Kind] = frozenset({"medicine", "device", "document"})
"""What ``not_in_scope`` says a listing is not."""

LICENCE = "not redistributable: informs the weights as hashed features, no text of it is kept"


def decision_examples(decided: Sequence[DecidedListing]) -> list[Example]:
    """Return the labelled rows that ``decided`` are; one group a site, so that no split parts a site."""
    return [_example(one) for one in decided[:MOST_DECISIONS]]


def _example(one: DecidedListing) -> Example:
    confirmed, listing = one.decided == "confirmed", one.listing
    suspected = frozenset(one.reasons) & frozenset(SUSPECTED_CLASSES) if confirmed else frozenset()
    site = listing.site or (listing.seller.name if listing.seller and listing.seller.name else listing.id)
    ruled_out = _IN_SCOPE if not confirmed and "not_in_scope" in one.reasons else frozenset()
    return Example(
        listing=listing, kind=None, suspicion=2 if confirmed else 0, suspected=suspected, cues=(), protective=(),
        silent=_unsaid(confirmed, suspected, one.reasons), not_kinds=ruled_out,
        origin="decision", source=site, file="decisions", group=f"site {site}",
        language=(listing.language or "und").split("-")[0].lower(), pair=None, function=None,
    )  # fmt: skip


def _unsaid(confirmed: bool, suspected: frozenset[str], reasons: Sequence[str]) -> frozenset[Says]:
    unsaid: set[Says] = set()
    if confirmed and not suspected:
        unsaid.add("suspected")  # confirmed without a reason: suspected of something, nobody said of what
    if confirmed or not _NO_CLAUSE_IS_EVIDENCE & set(reasons):
        unsaid.add("clauses")
    return frozenset(unsaid)


def decision_sheet(decided: Sequence[DecidedListing], *, weight: float) -> dict[str, Any]:
    """Return the line of the data sheet: how many, what they weigh, and a digest that names exactly these labels."""
    used = decided[:MOST_DECISIONS]
    lines = sorted(f"{one.listing.content_hash()} {one.decided} {','.join(sorted(one.reasons))}" for one in used)
    return {
        "name": "decisions of the casefile", "rows": len(used), "licence": LICENCE, "weight": weight,
        "confirmed": sum(one.decided == "confirmed" for one in used),
        "rejected": sum(one.decided == "rejected" for one in used),
        "sites": len({one.listing.site for one in used}),
        "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    }  # fmt: skip
