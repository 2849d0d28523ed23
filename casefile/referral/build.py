"""The referral itself: facts in, plain JSON data out. Pure: no I/O, no clock, no randomness."""

import platform
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from casefile.records import canonical_bytes, sha256_hex, utc_text
from casefile.referral.build_listing import EMPTY, present, write_listing
from casefile.referral.errors import ReferralError
from casefile.referral.facts import CaseFacts, CustodyChain, EvidenceFile
from casefile.referral.request import CompleteRequest
from casefile.referral.summary import identifiers, not_known, summary, suspected, suspicion
from casefile.referral.verify_package import REFERRAL_FORMAT
from casefile.referral.wording import wording

MAX_SITE_TEXT = 4000
"""Characters of a shop page shown in the referral; the whole page is in the evidence."""
RELATIONS = {"follow_up": "follows", "correction": "supersedes"}
CAPTURE_FIELDS = (
    "url", "final_url", "redirects", "fetched_at", "status", "peer_ip", "certificate_sha256", "media_type",
    "payload_sha256", "payload_bytes", "rendered", "robots", "outcome", "tool_version",
)  # fmt: skip


def build_referral(
    facts: CaseFacts, request: CompleteRequest, *, referral_id: str, created_at: datetime, key_fingerprint: str
) -> dict[str, Any]:
    """Return the referral as JSON data of schema referral-1.

    Raises ``ReferralError`` when a quote does not stand where its cue says, or a text cannot be written as JSON.
    """
    words = wording()
    listings = [write_listing(item) for item in facts.listings]
    referral: dict[str, Any] = {
        "format": REFERRAL_FORMAT,
        "id": referral_id,
        "type": request.type,
        "created_at": utc_text(created_at),
        "relates_to": _relates_to(facts, request),
        "issuer": {
            "agency": request.agency,
            "contact": facts.policy.agency_contact,
            "jurisdiction": facts.policy.jurisdiction,
            "key_fingerprint": key_fingerprint,
            "prepared_by": facts.prepared_by,
        },
        "tools": tools(),
        "recipients": [{"name": name} for name in request.recipients],
        "handling": {
            "tlp": request.handling,
            "tlp_meaning": words["tlp"][request.handling],
            "europol": request.europol,
            "europol_meaning": words["europol"][request.europol] if request.europol else None,
        },
        "legal_basis": request.legal_basis,
        "purpose": request.purpose,
        "case": {
            "id": facts.case.id,
            "title": facts.case.title,
            "site": facts.case.site,
            "seller": facts.case.seller,
            "opened_at": utc_text(facts.case.opened_at),
        },
        "summary": summary(facts),
        "suspicion": suspicion(facts),
        "suspected": suspected(facts),
        "established_statement": words["established"],
        "listings": listings,
        "identifiers": identifiers(facts),
        "site_statements": _site_statements(facts),
        "site_texts": _site_texts(facts),
        "evidence": [_evidence(item) for item in facts.evidence],
        "custody": [_custody(chain) for chain in facts.custody],
        "review": _review(facts),
        "provenance": {
            "models": sorted({item.assessment.model for item in facts.listings if item.assessment}),
            "lexicons": sorted({item.assessment.lexicon for item in facts.listings if item.assessment}),
            "audit_checkpoint": {"entries": facts.audit_entries, "hash": facts.audit_hash},
        },
        "states": {
            name: {"state": "yes" if name == "signed" else "no", "meaning": text}
            for name, text in words["states"].items()
        },
        "not_known": not_known(facts),
    }
    referral["personal_data"] = {
        "statement": words["personal_data"],
        "categories": sorted({item["kind"] for item in referral["identifiers"]}),
    }
    return _complete(referral)


def _complete(referral: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is missing, but keep the lists whose emptiness says something."""
    kept = ("suspicion", "suspected", "identifiers", "site_statements", "site_texts", "evidence", "custody")
    lists = {name: [present(entry) for entry in referral[name]] for name in kept}
    provenance = {name: referral["provenance"][name] for name in ("models", "lexicons", "audit_checkpoint")}
    personal = referral["personal_data"]
    return {**present(referral), **lists, "established": [], "provenance": provenance, "personal_data": personal}


def tools() -> list[dict[str, str]]:
    """Return the programs that took part, with their versions."""
    try:
        ours = version("pharmakon")
    except PackageNotFoundError:
        ours = "0 (not installed, run from a checkout)"
    named = {"pharmakon": ours, "python": platform.python_version()}
    named |= {name: version(name) for name in ("cryptography", "joserfc", "rfc8785")}
    return [{"name": name, "version": text} for name, text in named.items()]


def referral_bytes(referral: dict[str, Any]) -> bytes:
    """Return the bytes that are signed: RFC 8785."""
    try:
        return canonical_bytes(referral)
    except ValueError as error:
        raise ReferralError(f"the referral holds what JSON cannot carry: {error}") from None


def _relates_to(facts: CaseFacts, request: CompleteRequest) -> dict[str, Any] | None:
    if request.type == "initial":
        return None
    return {"referral": facts.previous_referral, "relation": RELATIONS[request.type], "reason": request.reason}


def _evidence(item: EvidenceFile) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "path": item.path,
        "kind": item.kind,
        "sha256": item.sha256,
        "bytes": item.bytes,
        "bundle": item.bundle,
        "source_file": item.source_file,
    }
    if item.capture is not None:
        shown = item.capture.to_json()
        entry |= {name: shown[name] for name in CAPTURE_FIELDS if shown.get(name) not in EMPTY}
        entry["capture"] = item.capture.id
        if item.kind == "warc_record":
            entry["source_offset"] = item.capture.warc_offset
    return entry


def _custody(chain: CustodyChain) -> dict[str, Any]:
    return {
        "bundle": chain.bundle,
        "entries": len(chain.entries),
        "first_at": utc_text(chain.entries[0].at),
        "last_at": utc_text(chain.entries[-1].at),
        "head": chain.entries[-1].hash,
    }


def _review(facts: CaseFacts) -> dict[str, Any]:
    two = facts.policy.second_confirmation
    return {
        "second_confirmation": two,
        "reason_if_off": None if two else facts.policy.second_confirmation_reason,
        "statement": wording()["review"]["two_people" if two else "one_person"],
        "people": len({person for item in facts.listings for person in item.confirmed_by}),
    }


def _site_statements(facts: CaseFacts) -> list[dict[str, Any]]:
    return [
        {
            "host": site.host,
            "url": page.url,
            "role": page.role,
            "text": page.text[:MAX_SITE_TEXT],
            "cut": len(page.text) > MAX_SITE_TEXT,
            "capture": page.capture,
            "evidence": list(facts.site_evidence.get(page.capture, ())),
        }
        for site in facts.sites
        for page in site.pages
        if page.text
    ]


def _site_texts(facts: CaseFacts) -> list[dict[str, str]]:
    texts = {item.listing.site_text for item in facts.listings if item.listing.site_text}
    return sorted(({"sha256": sha256_hex(text.encode()), "text": text} for text in texts), key=lambda e: e["sha256"])
