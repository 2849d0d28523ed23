"""Facts in which every field of a referral has a value, in several scripts."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from casefile.cases import Case, CaseListing
from casefile.policy import Policy
from casefile.records import FIRST_LINK, Assessment, Capture, Cue, CustodyEntry, Decision, Listing, Site, SitePage
from casefile.referral.build import build_referral
from casefile.referral.facts import CaseFacts, CustodyChain, EvidenceFile, ListingFacts
from casefile.referral.request import CompleteRequest, ReferralRequest
from tests.casefile.making import NOON

ARABIC = "دواء بدون وصفة طبية"
CHINESE = "无需处方 西地那非"
SITE_TEXT = "Shipping: no prescription needed. 无需处方"
BUNDLE = "b" * 64
POLICY = Policy(
    second_confirmation=False,
    second_confirmation_reason="Agency of one person",
    agency="Medicines Agency of Examplia",
    agency_contact="+000 123",
    jurisdiction="GB",
    legal_basis="Medicines Act",
    purpose="Investigation",
)
DESCRIPTION = f"Order now, no prescription needed. {ARABIC}"


def full_listing() -> Listing:
    return Listing.model_validate({
        "id": "listing-1", "version": 1, "url": "https://shop.example/p/1?x=<b>", "site": "shop.example",
        "captured_at": NOON, "capture": "c-1", "title": CHINESE, "description": DESCRIPTION, "language": "en",
        "category": ["Men"], "availability": "in_stock",
        "price": {"raw": "ab 89,00 €", "amount": "89.00", "currency": "EUR", "reason": "checked"},
        "offers": [{"raw": "100mg x 60 | $89", "strength": "100 mg", "form": "tablet", "count": 60, "amount": "120.50",
                    "currency": "EUR", "unit_amount": "1.48"}],
        "seller": {"name": "Quick Meds", "url": "https://shop.example/u", "handle": "qm24"},
        "contacts": [{"kind": "whatsapp", "raw": "+44 7700 900123", "value": "+447700900123"}],
        "payments": ["bitcoin"], "ships_from": "IN", "ships_to": ["*"],
        "prescription": {"required": False, "quote": "no prescription needed"},
        "product": {"substances": ["sildenafil"], "brand": "V", "strength": "100 mg", "form": "tablet", "atc": "G04BE"},
        "brand": "Vbrand", "sku": "sku-1", "mpn": "mpn-1", "gtin": "05415062340905", "batch": "B1", "expiry": "2027-03",
        "registration": "PL 1", "images": [{"url": "https://shop.example/1.jpg", "sha256": "1" * 64, "pdq": "2" * 64,
                                            "alt": "box"}],
        "site_text": SITE_TEXT, "sources": {"title": "jsonld", "price": "css"},
    })  # fmt: skip


def full_assessment() -> Assessment:
    start = DESCRIPTION.index("no prescription")
    site_start = SITE_TEXT.index("no prescription")
    return Assessment(
        id="listing-1", kind="medicine", kind_probabilities={"medicine": 1.0}, risk=0.91,
        suspected={"illegal_supply": 0.8731, "falsified": 0.2},
        cues=(
            Cue(cue="no_prescription", quote="no prescription needed", field="description", start=start, end=start + 22,
                source="en/no_prescription"),
            Cue(cue="no_prescription", quote="no prescription needed", field="site_text", start=site_start,
                end=site_start + 22),
        ),
        harm=0.7, audience="person", language="en", language_supported=False, substances=("sildenafil",),
        notes=("text cut",), model="model-1", lexicon="lexicon-1",
    )  # fmt: skip


def full_facts(policy: Policy = POLICY) -> CaseFacts:
    listing = full_listing()
    capture = Capture(
        id="c-1", url="https://shop.example/p/1", final_url="https://shop.example/p/1", redirects=("https://a.example/",),
        fetched_at=NOON, status=200, peer_ip="203.0.113.7", certificate_sha256="3" * 64, payload_sha256="4" * 64,
        payload_bytes=10, media_type="text/html", warc_file="archive/a.warc.gz", warc_offset=7, warc_length=9,
        screenshot="screenshots/c-1.png", rendered=True, tool_version="pharmakon 0", robots="allowed", outcome="ok",
    )  # fmt: skip
    page = SitePage(url="https://shop.example/policy", capture="c-1", role="policy", text=SITE_TEXT)
    first = CustodyEntry.link(FIRST_LINK, at=NOON, actor="crawler", action="run_started", detail={"seconds": 1.5})
    packed = CustodyEntry.link(
        first.hash, at=NOON, actor="reviewer-1", action="packed",
        detail={"referral": "PHK-2026-00000000000A", "case": "C1", "files": []},
    )  # fmt: skip
    decision = Decision(
        id=1, listing="listing-1", version=1, person="reviewer-1", verdict="confirm", reasons=("falsified",),
        blind=True, seconds=12.5, note="an inner remark", at=NOON,
    )  # fmt: skip
    return CaseFacts(
        case=Case(
            id="C1", title="Quick Meds on shop.example", site="shop.example", seller="Quick Meds", opened_at=NOON,
            state="referred", listings=(CaseListing("listing-1", 1, "confirmed", ("reviewer-1",)),),
            referrals=("PHK-2026-000000000009",),
        ),
        policy=policy,
        prepared_by="reviewer-1",
        listings=(
            ListingFacts(
                listing=listing, assessment=full_assessment(), decisions=(decision,), confirmed_by=("reviewer-1",),
                last_seen_at=NOON + timedelta(hours=1), newest=listing.model_copy(update={"version": 2}),
                evidence=("evidence/0001-page.warc.gz",),
            ),
        ),
        sites=(Site(host="shop.example", pages=(page,), contacts=listing.contacts, captured_at=NOON),),
        site_evidence={"c-1": ("evidence/0001-page.warc.gz",)},
        evidence=(
            EvidenceFile(
                "evidence/0001-page.warc.gz", Path("x"), "warc_record", "5" * 64, 9, BUNDLE,
                "archive/a.warc.gz", capture,
            ),
        ),
        custody=(CustodyChain(BUNDLE, (first, packed)),),
        audit_entries=12,
        audit_hash="6" * 64,
        previous_referral="PHK-2026-000000000009",
    )  # fmt: skip


def full_request(policy: Policy = POLICY) -> CompleteRequest:
    request = ReferralRequest(recipients=("Customs",), europol="H1", again=True, reason="Two more listings")
    return request.completed(policy)


def full_referral(facts: CaseFacts | None = None) -> dict[str, Any]:
    found = facts or full_facts()
    return build_referral(
        found,
        full_request(found.policy),
        referral_id="PHK-2026-00000000000A",
        created_at=NOON,
        key_fingerprint="7" * 64,
    )
