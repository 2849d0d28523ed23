"""Listings as they are read: any version, with what the shop's own pages say joined in."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from casefile.records import Capture, Listing, Site, utc_text

if TYPE_CHECKING:
    from casefile.store import Casefile, Reads

SITE_TEXT_CHARACTERS = 20_000
"""How much of a shop's pages is read with each of its listings."""

ROLE_ORDER = ("policy", "prescription", "shipping", "payment", "about", "contact")
"""Which of a shop's pages speak for all its listings; those that matter most first, until the bound is reached.

The front page shows the offers of others on a marketplace or a board, and what is left (``other``) may be reviews: read
with each listing, their words would count against sellers who never said them.
"""


@dataclass(frozen=True)
class StoredCapture:
    """A capture and the bundle its bytes are in."""

    capture: Capture
    bundle_hash: str


@dataclass(frozen=True)
class Observation:
    """One time a page showed a version of a listing."""

    version: int
    capture_id: str
    bundle_hash: str
    seen_at: str | None


def join_site_text(site: Site) -> str:
    """Return what the shop says on the pages that speak for it, those that matter most first, cut to 20,000 characters.

    Deterministic: pages of one role keep the order of the record, so an offset into the text means the same each time.
    """
    speaking = (page for page in site.pages if page.role in ROLE_ORDER)
    pages = sorted(speaking, key=lambda page: ROLE_ORDER.index(page.role))
    return "\n\n".join(page.text.strip() for page in pages if page.text.strip())[:SITE_TEXT_CHARACTERS]


def load_listing(record: str, site: Site | None) -> Listing:
    """Return the listing of a stored record, with the site's text where the record itself has none."""
    listing = Listing.model_validate_json(record)
    if listing.site_text is None and site is not None:
        text = join_site_text(site)
        if text:
            listing = listing.model_copy(update={"site_text": text})
    return listing


def load_site(reads: "Reads", host: str | None, version: int | None = None) -> Site | None:
    """Return what a site says, in its latest or in one version."""
    if host is None or version == 0:
        return None
    row = reads.execute(
        """SELECT v.record FROM sites s JOIN site_versions v ON v.host = s.host
           AND v.version = coalesce(?, s.latest_version) WHERE s.host = ?""",
        (version, host),
    ).fetchone()
    return Site.model_validate_json(row["record"]) if row else None


def read_listing(reads: "Reads", listing_id: str, version: int | None = None) -> Listing | None:
    """As :func:`get_listing`, inside a read or a transaction that is open already."""
    row = reads.execute(
        """SELECT v.record, v.version, l.site FROM listings l JOIN listing_versions v ON v.listing_id = l.id
           AND v.version = coalesce(?, l.latest_version) WHERE l.id = ?""",
        (version, listing_id),
    ).fetchone()
    return _with_site(reads, listing_id, row) if row else None


def _with_site(reads: "Reads", listing_id: str, row: sqlite3.Row) -> Listing:
    assessed = reads.execute(
        "SELECT site_version FROM assessments WHERE listing_id = ? AND version = ? ORDER BY id DESC LIMIT 1",
        (listing_id, row["version"]),
    ).fetchone()
    # The text the assessment read, not a newer one: the offsets of its cues point into that one.
    return load_listing(row["record"], load_site(reads, row["site"], assessed["site_version"] if assessed else None))


def get_listing(casefile: "Casefile", listing_id: str, version: int | None = None) -> Listing | None:
    """Return a listing in its latest or in one version, or None.

    ``site_text`` is filled from the site's pages where the record has none of its own: as they were when the version
    was assessed last, or as they are now when it was not assessed yet.
    """
    with casefile.read() as db:
        return read_listing(db, listing_id, version)


def listing_versions(casefile: "Casefile", listing_id: str) -> list[Listing]:
    """Return all versions, oldest first."""
    with casefile.read() as db:
        rows = db.execute(
            """SELECT v.record, v.version, l.site FROM listings l JOIN listing_versions v ON v.listing_id = l.id
               WHERE l.id = ? ORDER BY v.version""",
            (listing_id,),
        ).fetchall()
        return [_with_site(db, listing_id, row) for row in rows]


def observations(casefile: "Casefile", listing_id: str) -> list[Observation]:
    """Return each time the listing was seen, oldest first."""
    with casefile.read() as db:
        rows = db.execute(
            """SELECT version, capture_id, bundle_hash, seen_at FROM observations WHERE listing_id = ?
               ORDER BY seen_at, version, bundle_hash, capture_id""",
            (listing_id,),
        )
        return [Observation(**dict(row)) for row in rows]


def get_capture(casefile: "Casefile", capture_id: str, *, bundle_hash: str | None = None) -> StoredCapture | None:
    """Return a capture; where several bundles use the id, the one that was ingested first unless a bundle is named."""
    with casefile.read() as db:
        row = db.execute(
            "SELECT record, bundle_hash FROM captures WHERE capture_id = ? AND bundle_hash = coalesce(?, bundle_hash)"
            " ORDER BY id LIMIT 1",
            (capture_id, bundle_hash),
        ).fetchone()
    return StoredCapture(Capture.model_validate_json(row["record"]), row["bundle_hash"]) if row else None


def listing_captures(casefile: "Casefile", listing_id: str, version: int) -> list[StoredCapture]:
    """Return the captures that showed a version of a listing, oldest first, each in the bundle it came with."""
    seen = [one for one in observations(casefile, listing_id) if one.version == version and one.capture_id]
    found = [get_capture(casefile, one.capture_id, bundle_hash=one.bundle_hash) for one in seen]
    return [one for one in found if one is not None]


def get_site(casefile: "Casefile", host: str) -> Site | None:
    """Return what a whole site says, as captured last."""
    with casefile.read() as db:
        return load_site(db, host)


def unassessed(
    casefile: "Casefile", *, model_id: str | None, lexicon_id: str | None = None, batch: int = 500
) -> Iterator[list[Listing]]:
    """Yield batches of latest versions that have no assessment.

    With ``model_id`` (and ``lexicon_id``) also those whose newest assessment, the one that is shown, is of another: an
    older model that is taken up again assesses again. A listing whose site says something new since its last
    assessment is due too. Batches come in order of id, so that a run that was stopped goes on where it was; nothing is
    locked between two batches.
    """
    after = ""
    while True:
        with casefile.read() as db:
            asked = {"after": after, "model": model_id, "lexicon": lexicon_id, "batch": batch}
            rows = db.execute(_DUE, asked).fetchall()
            sites = {host: load_site(db, host) for host in {row["site"] for row in rows}}
        if not rows:
            return
        yield [load_listing(row["record"], sites[row["site"]]) for row in rows]
        after = rows[-1]["id"]


_DUE = """
    SELECT l.id, l.site, v.record
    FROM listings l
    JOIN listing_versions v ON v.listing_id = l.id AND v.version = l.latest_version
    LEFT JOIN sites s ON s.host = l.site
    WHERE l.id > :after AND NOT EXISTS (
        SELECT 1 FROM assessments a
        WHERE a.listing_id = l.id AND a.version = l.latest_version
            AND (:model IS NULL OR a.model = :model AND a.lexicon = coalesce(:lexicon, a.lexicon) AND a.id = (
                SELECT max(id) FROM assessments WHERE listing_id = l.id AND version = l.latest_version
            ))
            AND (a.site_version >= coalesce(s.latest_version, 0) OR json_extract(v.record, '$.site_text') IS NOT NULL)
    )
    ORDER BY l.id LIMIT :batch"""


def captured_between(casefile: "Casefile", since: datetime | None, until: datetime | None) -> Iterator[Listing]:
    """Yield the latest version of each listing captured from ``since`` up to, not including, ``until`` (UTC)."""
    bounds = {"since": utc_text(since) if since else "", "until": utc_text(until) if until else "9999"}
    after = ""
    while True:
        with casefile.read() as db:
            rows = db.execute(_CAPTURED, bounds | {"after": after}).fetchall()
            sites = {host: load_site(db, host) for host in {row["site"] for row in rows}}
        if not rows:
            return
        yield from (load_listing(row["record"], sites[row["site"]]) for row in rows)
        after = rows[-1]["id"]


_CAPTURED = """
    SELECT l.id, l.site, v.record
    FROM listings l
    JOIN listing_versions v ON v.listing_id = l.id AND v.version = l.latest_version
    WHERE l.id > :after AND v.captured_at >= :since AND v.captured_at < :until
    ORDER BY l.id LIMIT 500"""


def count_unassessed(casefile: "Casefile", *, model_id: str | None, lexicon_id: str | None = None) -> int:
    """Return how many listings :func:`unassessed` will yield, for a progress bar."""
    inner = _DUE.replace("SELECT l.id, l.site, v.record", "SELECT 1").replace("ORDER BY l.id LIMIT :batch", "")
    asked = {"after": "", "model": model_id, "lexicon": lexicon_id}
    with casefile.read() as db:
        found: int = db.execute(f"SELECT count(*) FROM ({inner})", asked).fetchone()[0]  # noqa: S608 - constant text
    return found


def record_text(data: dict[str, object]) -> str:
    """Return the stored form of a record's JSON data."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
