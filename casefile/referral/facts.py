"""All that a referral is built from, read from the casefile once (``gather``) and not touched again (``build``)."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from casefile.cases import Case
from casefile.policy import Policy
from casefile.records import Assessment, Capture, CustodyEntry, Decision, Listing, Site

EvidenceKind = Literal["warc_record", "screenshot"]


@dataclass(frozen=True)
class EvidenceFile:
    """One file of evidence, checked against its digest and laid ready for packing."""

    path: str
    """Inside the package; made up by us, never a name from outside."""
    file: Path
    """Where its bytes are now."""
    kind: EvidenceKind
    sha256: str
    bytes: int
    bundle: str
    source_file: str
    """Path inside the bundle."""
    capture: Capture | None = None


@dataclass(frozen=True)
class ListingFacts:
    """One confirmed listing with all that is known of it."""

    listing: Listing
    """The version that was confirmed."""
    assessment: Assessment | None
    decisions: tuple[Decision, ...]
    """Standing, oldest first."""
    confirmed_by: tuple[str, ...]
    """Pseudonyms."""
    last_seen_at: datetime
    newest: Listing
    """The newest version on file; the confirmed one when nothing changed since."""
    evidence: tuple[str, ...] = ()
    """Paths in the package."""


@dataclass(frozen=True)
class CustodyChain:
    """The custody log of one bundle, up to and including the packing of this referral."""

    bundle: str
    entries: tuple[CustodyEntry, ...]


@dataclass(frozen=True)
class CaseFacts:
    """A case ready to be referred."""

    case: Case
    policy: Policy
    prepared_by: str
    """Pseudonym."""
    listings: tuple[ListingFacts, ...]
    """By listing id."""
    sites: tuple[Site, ...]
    site_evidence: dict[str, tuple[str, ...]]
    """Capture id of a site's page to paths in the package."""
    evidence: tuple[EvidenceFile, ...]
    custody: tuple[CustodyChain, ...]
    audit_entries: int
    audit_hash: str
    previous_referral: str | None
    """Id of the latest referral of this case."""
