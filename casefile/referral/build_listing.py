"""One confirmed listing as it stands in a referral: its fields, what the model says, what people decided."""

from typing import Any, Final

from casefile.records import Assessment, Cue, Decision, Listing, sha256_hex, utc_text
from casefile.referral.errors import ReferralError
from casefile.referral.facts import ListingFacts
from casefile.referral.wording import wording

EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})
PLAIN_FIELDS = (
    "url", "site", "title", "description", "language", "category", "availability", "captured_at", "capture", "price",
    "offers", "seller", "contacts", "payments", "ships_from", "ships_to", "prescription", "product", "brand", "sku",
    "mpn", "gtin", "batch", "expiry", "registration", "images",
)  # fmt: skip
"""Fields of the listing record that a referral repeats under the same name."""
NEEDS_RAW = ("price", "offers", "contacts")


def present(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return JSON data in which a missing value is absent, at every depth."""
    if isinstance(value, dict):
        pairs = ((name, present(item)) for name, item in value.items())
        return {name: item for name, item in pairs if item not in EMPTY}
    if isinstance(value, list | tuple):
        return [item for item in map(present, value) if item not in EMPTY]
    return value


def decimal_text(probability: float) -> str:
    """Return a probability as the text that schema referral-1 asks for: four decimals."""
    return f"{probability:.4f}"


def write_listing(facts: ListingFacts) -> dict[str, Any]:
    """Return one entry of ``listings``; raises ``ReferralError`` when a quote is not where its cue says."""
    listing = facts.listing
    shown = present(listing.to_json())
    entry: dict[str, Any] = {name: shown[name] for name in PLAIN_FIELDS if name in shown}
    for offer in entry.get("offers", ()):
        if offer.get("count", 0) < 0:
            # A misreading; what the row says stays in ``raw``.
            del offer["count"]
    for name in NEEDS_RAW:
        entry[name] = _with_raw(entry.get(name))
    entry |= {
        "id": listing.id,
        "version": listing.version,
        "content_sha256": listing.content_hash(),
        "last_seen_at": utc_text(facts.last_seen_at),
        "newer_version": facts.newest.version if facts.newest.version != listing.version else None,
        "field_sources": dict(listing.sources),
        "site_text_sha256": sha256_hex(listing.site_text.encode()) if listing.site_text else None,
        "confirmed_by": list(facts.confirmed_by),
        "decisions": [_decision(decision) for decision in facts.decisions],
        "evidence": list(facts.evidence),
    }
    if facts.assessment is not None:
        entry["assessment"] = _assessment(facts.assessment, listing)
    return entry


def _with_raw(value: Any) -> Any:  # noqa: ANN401 - a price, or a list of offers or contacts
    """Drop what has no text of its own: an imported row can carry an amount that no page ever showed."""
    if isinstance(value, list):
        return [item for item in value if "raw" in item]
    return value if value is not None and "raw" in value else None


def _decision(decision: Decision) -> dict[str, Any]:
    seconds = decision.seconds
    return {
        "person": decision.person,
        "verdict": decision.verdict,
        "version": decision.version,
        "at": utc_text(decision.at),
        "blind": decision.blind,
        "reasons": list(decision.reasons),
        "seconds_on_screen": None if seconds is None else f"{seconds:.1f}",
    }


def _assessment(assessment: Assessment, listing: Listing) -> dict[str, Any]:
    probable = sorted(assessment.suspected.items(), key=lambda pair: (-pair[1], pair[0]))
    return {
        "kind": assessment.kind,
        "risk": decimal_text(assessment.risk),
        "suspected": [{"class": name, "probability": decimal_text(p)} for name, p in probable],
        "cues": [_cue(cue, listing) for cue in assessment.cues],
        "harm": decimal_text(assessment.harm),
        "audience": assessment.audience,
        "language_supported": assessment.language_supported,
        "substances": list(assessment.substances),
        "notes": list(assessment.notes),
        "model": assessment.model,
        "lexicon": assessment.lexicon,
    }


def _cue(cue: Cue, listing: Listing) -> dict[str, Any]:
    text = {"title": listing.title, "description": listing.description, "site_text": listing.site_text}
    if cue.field in text and (text[cue.field] or "")[cue.start : cue.end] != cue.quote:
        raise ReferralError(
            f"listing {listing.id}: the quote {cue.quote[:80]!r} of cue {cue.cue} does not stand at {cue.field}"
            f"[{cue.start}:{cue.end}]; the assessment does not fit this version: run pharmakon assess again"
        )
    return {
        "cue": cue.cue,
        "meaning": wording()["suspicion"][cue.cue],
        "quote": cue.quote,
        "field": cue.field,
        "start": cue.start,
        "end": cue.end,
        "capture": None if cue.field == "site_text" else listing.capture,
        "source": cue.source,
    }
