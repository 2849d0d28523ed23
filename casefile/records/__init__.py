"""The records that pass between the parts (pydantic v2, frozen). Every part may import this package."""

from casefile.records._base import Record, UtcTime, utc_text
from casefile.records.assessment import Assessment, Cue, CueField
from casefile.records.bundle import BundleFile, BundleManifest, CustodyEntry, RunReport, UrlOutcome
from casefile.records.canonical import FIRST_LINK, canonical_bytes, chain_hash, sha256_hex
from casefile.records.capture import OUTCOMES, Capture, Outcome, Site, SitePage
from casefile.records.codebook import AUDIENCES, CUES, KINDS, SUSPECTED_CLASSES, Audience, CueName, Kind, SuspectedClass
from casefile.records.decided import DecidedListing
from casefile.records.decision import VERDICTS, AuditEntry, Decision, ReviewState, Verdict
from casefile.records.explanation import (
    Change,
    DecidedAs,
    Explanation,
    NearCase,
    Place,
    Protective,
    Term,
    WhatIf,
)
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
    "AUDIENCES", "CUES", "FIRST_LINK", "KINDS", "OUTCOMES", "SUSPECTED_CLASSES", "VERDICTS", "Assessment",
    "Audience", "AuditEntry", "BundleFile", "BundleManifest", "Capture", "Change", "Contact", "Cue", "CueField",
    "CueName", "CustodyEntry", "DecidedAs", "DecidedListing", "Decision", "Explanation", "Image", "Kind", "Listing",
    "NearCase", "Offer", "Outcome", "Place", "Prescription", "Price", "Product", "Protective", "Record",
    "ReviewState", "RunReport", "Seller", "Site", "SitePage", "SuspectedClass", "Term", "UrlOutcome", "UtcTime",
    "Verdict", "WhatIf", "canonical_bytes", "chain_hash", "listing_id", "sha256_hex", "utc_text",
]  # fmt: skip
