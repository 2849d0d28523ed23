"""The bundle: the only thing that passes from crawling to the casefile.

A folder with

``bundle.json``     the manifest (:class:`BundleManifest`), written last: a bundle without it is not sealed
``run.json``        what was done (:class:`RunReport`)
``listings.jsonl``  one :class:`~casefile.records.listing.Listing` a line
``captures.jsonl``  one :class:`~casefile.records.capture.Capture` a line
``sites.jsonl``     one :class:`~casefile.records.capture.Site` a line
``custody.jsonl``   one :class:`CustodyEntry` a line, a hash chain
``archive/``        WARC files; ``screenshots/`` PNG; ``originals/`` imported files, as received
"""

from typing import Any, Literal

from pydantic import Field, JsonValue

from casefile.records._base import Record, Sha256, UtcTime
from casefile.records.canonical import canonical_bytes, chain_hash, sha256_hex
from casefile.records.capture import Outcome

MANIFEST_NAME = "bundle.json"
RUN_NAME = "run.json"
LISTINGS_NAME = "listings.jsonl"
CAPTURES_NAME = "captures.jsonl"
SITES_NAME = "sites.jsonl"
CUSTODY_NAME = "custody.jsonl"
ARCHIVE_DIR = "archive"
SCREENSHOTS_DIR = "screenshots"
ORIGINALS_DIR = "originals"


class BundleFile(Record):
    """One file of a bundle."""

    path: str
    """Relative, with forward slashes; never absolute and never with ``..``."""
    sha256: Sha256
    bytes: int


class BundleManifest(Record):
    """Every other file of the bundle with its digest."""

    format: Literal["pharmakon-bundle/1"] = "pharmakon-bundle/1"
    run_id: str
    created_at: UtcTime
    files: tuple[BundleFile, ...]

    def bundle_hash(self) -> str:
        """Return the hash that names the bundle: SHA-256 over the RFC 8785 bytes of the manifest."""
        return sha256_hex(canonical_bytes(self.model_dump(mode="json")))


class CustodyEntry(Record):
    """Who did what to the evidence; each entry is tied to the one before it."""

    at: UtcTime
    actor: str
    """The tool and its version, or a person's pseudonym."""
    action: str
    """``run_started | run_finished | recovered | imported | ingested | packed | ...``."""
    detail: dict[str, JsonValue] = Field(default_factory=dict)
    previous: Sha256
    hash: Sha256

    @classmethod
    def link(cls, previous: str, **fields: Any) -> "CustodyEntry":  # noqa: ANN401 - the fields above
        """Build the entry that follows the one whose hash is ``previous``."""
        draft = cls(previous=previous, hash="0" * 64, **fields)
        return draft.model_copy(update={"hash": draft.expected_hash()})

    def expected_hash(self) -> str:
        """Return the hash this entry must carry."""
        return chain_hash(self.previous, self.model_dump(mode="json", exclude={"hash", "previous"}))


class UrlOutcome(Record):
    """What became of one URL of the run."""

    url: str
    outcome: Outcome | Literal["skipped"]
    status: int | None = None
    reason: str | None = None
    """For example ``robots``, ``budget``, ``address not global``, ``retry-after``."""
    listings: int = 0


class RunReport(Record):
    """What one site-run or import did."""

    format: Literal["pharmakon-run/1"] = "pharmakon-run/1"
    run_id: str
    kind: Literal["crawl", "import"]
    start_urls: tuple[str, ...] = ()
    target: str | None = None
    started_at: UtcTime
    finished_at: UtcTime
    finish_reason: str
    counts: dict[str, int]
    """``pages``, ``listings``, ``sites``, ``bytes``, and one per outcome."""
    versions: dict[str, str]
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """Budgets and policies the run worked under."""
    robots: dict[str, JsonValue] = Field(default_factory=dict)
    """Per origin: what robots.txt answered, its sha256, crawl delay, and how many URLs it refused."""
    urls: tuple[UrlOutcome, ...] = ()
