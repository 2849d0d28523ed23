"""The records that pass between the parts (pydantic v2, frozen). Every part may import this package."""

from casefile.records._base import Record, UtcTime, utc_text
from casefile.records.assessment import Assessment, Cue, CueField
from casefile.records.bundle import BundleFile, BundleManifest, CustodyEntry, RunReport, UrlOutcome
from casefile.records.canonical import FIRST_LINK, canonical_bytes, chain_hash, sha256_hex
from casefile.records.capture import OUTCOMES, Capture, Outcome, Site, SitePage
from casefile.records.codebook import AUDIENCES, CUES, KINDS, SUSPECTED_CLASSES, Audience, CueName, Kind, SuspectedClass
from casefile.records.decision import VERDICTS, AuditEntry, Decision, ReviewState, Verdict
from casefile.records.listing import (
    Contact,
    Image,
    Listing,
    Offer,
    Prescription,
    Price,
    Product,
    Seller,
    listing_id,
)

__all__ = [
    "AUDIENCES", "CUES", "FIRST_LINK", "KINDS", "OUTCOMES", "SUSPECTED_CLASSES", "VERDICTS",
    "Assessment", "Audience", "AuditEntry", "BundleFile", "BundleManifest", "Capture", "Contact", "Cue", "CueField",
    "CueName", "CustodyEntry", "Decision", "Image", "Kind", "Listing", "Offer", "Outcome", "Prescription", "Price",
    "Product", "Record", "ReviewState", "RunReport", "Seller", "Site", "SitePage", "SuspectedClass", "UrlOutcome",
    "UtcTime", "Verdict", "canonical_bytes", "chain_hash", "listing_id", "sha256_hex", "utc_text",
]  # fmt: skip
