"""What was fetched and how: a capture, and what a whole shop says about itself."""

from typing import Literal

from casefile.records._base import Record, Sha256, UtcTime
from casefile.records.listing import Contact

Outcome = Literal["ok", "blocked", "captcha", "gone", "error"]
OUTCOMES: tuple[Outcome, ...] = ("ok", "blocked", "captcha", "gone", "error")

RobotsDecision = Literal["allowed", "overridden", "unavailable", "not_asked"]
"""``not_asked``: the page did not come over the network (an import)."""


class Capture(Record):
    """One response as received, and where its bytes are kept."""

    id: str
    url: str
    final_url: str
    redirects: tuple[str, ...] = ()
    fetched_at: UtcTime
    status: int | None = None
    peer_ip: str | None = None
    certificate_sha256: Sha256 | None = None
    payload_sha256: Sha256
    """Of the body as received, before content decoding."""
    payload_bytes: int
    media_type: str | None = None
    warc_file: str
    """Path inside the bundle."""
    warc_offset: int
    warc_length: int
    screenshot: str | None = None
    """Path inside the bundle, PNG."""
    rendered: bool = False
    """Whether the DOM came from a browser, not from the response alone."""
    tool_version: str
    robots: RobotsDecision
    outcome: Outcome
    reason: str | None = None
    """Why the outcome is not ``ok``."""


class SitePage(Record):
    """A page of the shop that speaks for the whole shop."""

    url: str
    capture: str
    role: Literal["policy", "shipping", "payment", "prescription", "contact", "about", "home", "other"]
    text: str


class Site(Record):
    """What a whole shop says: the evidence against many rogue pharmacies is here and not on the item page."""

    host: str
    name: str | None = None
    country: str | None = None
    languages: tuple[str, ...] = ()
    pages: tuple[SitePage, ...] = ()
    licence_claims: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    trackers: tuple[str, ...] = ()
    """Analytics and pixel ids, ``kind:value``."""
    captured_at: UtcTime
