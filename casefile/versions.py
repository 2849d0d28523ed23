"""New version, seen again, or older than what is known: what becomes of a listing or a site that a bundle brings."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from casefile.records import Listing, Site, canonical_bytes, sha256_hex, utc_text

if TYPE_CHECKING:
    from casefile.store import Transaction


class ListingRow(NamedTuple):
    """What is stored of a listing; ``record`` is its JSON text without the version."""

    id: str
    site: str | None
    content_hash: str
    captured_at: str | None
    capture_id: str
    record: str


class SiteRow(NamedTuple):
    """What is stored of a site."""

    host: str
    content_hash: str
    captured_at: str
    record: str


@dataclass
class Counts:
    """How many listings of a bundle were new, changed, or as known."""

    new: int = 0
    changed: int = 0
    same: int = 0


@dataclass
class _Known:
    latest_version: int
    latest_hash: str
    latest_at: str | None
    versions: int


def listing_row(listing: Listing) -> ListingRow:
    """Return what is stored of a listing."""
    data = {key: value for key, value in listing.to_json().items() if key != "version"}
    captured_at = utc_text(listing.captured_at) if listing.captured_at else None
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return ListingRow(listing.id, listing.site, listing.content_hash(), captured_at, listing.capture or "", text)


def site_row(site: Site) -> SiteRow:
    """Return what is stored of a site; a fresh capture of the same words is no new version.

    Nor is another order: in which pages of a shop are read first differs from crawl to crawl.
    """
    data = site.to_json()
    said = {key: value for key, value in data.items() if key not in ("captured_at", "pages")}
    said["pages"] = [{"url": page.url, "role": page.role, "text": page.text} for page in site.pages]
    for name, value in said.items():
        if isinstance(value, list):
            said[name] = sorted(value, key=canonical_bytes)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return SiteRow(site.host, sha256_hex(canonical_bytes(said)), utc_text(site.captured_at), text)


def add_site(tx: "Transaction", bundle_hash: str, row: SiteRow) -> None:
    """Add a site: as a new version when it says something else than its latest one."""
    known = tx.execute(
        """SELECT v.content_hash, v.captured_at, (SELECT max(version) FROM site_versions WHERE host = s.host) AS top
           FROM sites s JOIN site_versions v ON v.host = s.host AND v.version = s.latest_version WHERE s.host = ?""",
        (row.host,),
    ).fetchone()
    if known is not None and known["content_hash"] == row.content_hash:
        return
    version = known["top"] + 1 if known else 1
    tx.execute(
        "INSERT INTO site_versions VALUES (?, ?, ?, ?, ?, ?)",
        (row.host, version, row.content_hash, row.captured_at, bundle_hash, row.record),
    )
    # A bundle may arrive late: what was captured earlier joins the history and is not shown.
    if known is None or row.captured_at >= known["captured_at"]:
        tx.execute(
            "INSERT INTO sites VALUES (?, ?) ON CONFLICT DO UPDATE SET latest_version = excluded.latest_version",
            (row.host, version),
        )


def add_listings(tx: "Transaction", bundle_hash: str, rows: Sequence[ListingRow], counts: Counts) -> None:
    """Add listings in order: new ones, new versions of changed ones, and one more observation of the rest."""
    ids = json.dumps([row.id for row in rows])
    known = {
        row["id"]: _Known(**{key: row[key] for key in _Known.__dataclass_fields__})
        for row in tx.execute("SELECT l.* FROM json_each(?) j CROSS JOIN listings l ON l.id = j.value", (ids,))
    }
    new_versions, seen = [], []
    for row in rows:
        before = known.get(row.id)
        version = None if before is None else _seen_before(tx, row, before)
        if version is not None:
            counts.same += 1
        else:
            counts.new += before is None
            counts.changed += before is not None
            version = before.versions + 1 if before else 1
            record = f'{{"version":{version},{row.record[1:]}'
            new_versions.append((row.id, version, row.content_hash, row.captured_at, bundle_hash, record))
            known[row.id] = _after(row, version, before)
        seen.append((row.id, version, bundle_hash, row.capture_id, row.captured_at))
    tx.executemany("INSERT INTO listing_versions VALUES (?, ?, ?, ?, ?, ?)", new_versions)
    tx.executemany("INSERT OR IGNORE INTO observations VALUES (?, ?, ?, ?, ?)", seen)
    sites = {row.id: row.site for row in rows}
    tx.executemany(
        "INSERT INTO listings VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET site = excluded.site,"
        " latest_version = excluded.latest_version, latest_hash = excluded.latest_hash,"
        " latest_at = excluded.latest_at, versions = excluded.versions",
        [
            (key, sites[key], one.latest_version, one.latest_hash, one.latest_at, one.versions)
            for key, one in known.items()
        ],
    )


def _is_late(row: ListingRow, known: _Known) -> bool:
    """Return whether a row was captured before what is shown: bundles may arrive in any order."""
    return row.captured_at is not None and known.latest_at is not None and row.captured_at < known.latest_at


def _seen_before(tx: "Transaction", row: ListingRow, known: _Known) -> int | None:
    """Return the version that a row shows unchanged, or None when it is a new one."""
    if row.content_hash == known.latest_hash:
        if row.captured_at is not None and not _is_late(row, known):
            known.latest_at = row.captured_at
        return known.latest_version
    if not _is_late(row, known):
        return None
    same = tx.execute(
        "SELECT max(version) FROM listing_versions WHERE listing_id = ? AND content_hash = ?",
        (row.id, row.content_hash),
    ).fetchone()[0]
    return None if same is None else int(same)


def _after(row: ListingRow, version: int, before: _Known | None) -> _Known:
    if before is not None and _is_late(row, before):
        return _Known(before.latest_version, before.latest_hash, before.latest_at, version)
    return _Known(version, row.content_hash, row.captured_at or (before.latest_at if before else None), version)
