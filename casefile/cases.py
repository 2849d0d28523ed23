"""Cases: confirmed listings of one seller on one site, gathered until they are referred.

A confirm puts the listing version into the open case of its site and seller; when it is taken back, rejected or
disputed, the listing leaves again. A referred case takes no more: the next confirm opens a new one.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from casefile.listings import read_listing
from casefile.policy import load_policy
from casefile.records import Decision, Listing, ReviewState, utc_text
from casefile.standing import events, standing, state_of

if TYPE_CHECKING:
    from casefile.store import Casefile, Reads, Transaction

CaseState = Literal["open", "ready", "referred"]


@dataclass(frozen=True)
class CaseListing:
    """One listing version in a case."""

    listing_id: str
    version: int
    state: ReviewState
    """Of this version, under the policy as it is now."""
    confirmed_by: tuple[str, ...]
    """Pseudonyms of the people whose confirm stands, in the order they confirmed."""


@dataclass(frozen=True)
class Case:
    """What is referred together."""

    id: str
    title: str
    site: str
    seller: str | None
    opened_at: datetime
    state: CaseState
    """``ready``: every listing in it is confirmed by as many people as the policy asks for."""
    listings: tuple[CaseListing, ...]
    referrals: tuple[str, ...] = ()


_CASE = "SELECT id, title, site, seller, opened_at, state FROM cases"


def list_cases(casefile: "Casefile", *, state: CaseState | None = None) -> list[Case]:
    """Return cases that hold a listing, newest first."""
    needed = load_policy(casefile.workspace).confirmations_needed
    with casefile.read() as db:
        sql = f"{_CASE} WHERE id IN (SELECT case_id FROM case_listings) ORDER BY id DESC"  # noqa: S608 - constant text
        rows = db.execute(sql).fetchall()
        found = [_case(db, row, needed) for row in rows]
    return [one for one in found if state is None or one.state == state]


def get_case(casefile: "Casefile", case_id: str) -> Case | None:
    """Return a case, or None."""
    needed = load_policy(casefile.workspace).confirmations_needed
    with casefile.read() as db:
        row = db.execute(f"{_CASE} WHERE id = ?", (case_id,)).fetchone()
        return _case(db, row, needed) if row else None


def standing_decisions(casefile: "Casefile", listing_id: str, version: int | None = None) -> list[Decision]:
    """Return the decisions that stand on a listing's latest or on one version, oldest first."""
    with casefile.read() as db:
        if version is None:
            row = db.execute("SELECT latest_version FROM listings WHERE id = ?", (listing_id,)).fetchone()
            version = row[0] if row else 0
        return standing(events(db, listing_id), version)


def mark_referred(tx: "Transaction", case_id: str, referral_id: str) -> None:
    """Note that a signed referral of this case was made; its listings can then no longer be decided or undone.

    Raises ``LookupError`` for an unknown case.
    """
    if tx.execute("UPDATE cases SET state = 'referred' WHERE id = ?", (case_id,)).rowcount != 1:
        raise LookupError(f"there is no case {case_id}")
    tx.execute("INSERT OR IGNORE INTO case_referrals VALUES (?, ?, ?)", (case_id, referral_id, utc_text(tx.now)))
    tx.audit("case_referred", f"case:{case_id}", referral=referral_id)


def referral_of(reads: "Reads", listing_id: str, version: int) -> str | None:
    """Return the id of a signed referral that holds this listing version, or None."""
    row = reads.execute(
        """SELECT r.referral_id FROM case_listings l JOIN case_referrals r ON r.case_id = l.case_id
           WHERE l.listing_id = ? AND l.version = ? LIMIT 1""",
        (listing_id, version),
    ).fetchone()
    return row[0] if row else None


def follow(tx: "Transaction", listing_id: str, version: int, state: ReviewState) -> None:
    """Put a listing version into its case, or take it out, as its state after a decision asks for."""
    inside = tx.execute(
        """SELECT c.id FROM case_listings l JOIN cases c ON c.id = l.case_id
           WHERE l.listing_id = ? AND l.version = ? AND c.state = 'open'""",
        (listing_id, version),
    ).fetchone()
    belongs = state in ("needs_second", "confirmed")
    if belongs and inside is None:
        listing = read_listing(tx, listing_id, version)
        if listing is not None:
            case_id = _open_case(tx, listing)
            tx.execute(
                "INSERT INTO case_listings VALUES (?, ?, ?, ?)", (case_id, listing_id, version, utc_text(tx.now))
            )
            tx.audit("case_listing_added", f"case:{case_id}", listing=listing_id, version=version)
    elif inside is not None and not belongs:
        tx.execute(
            "DELETE FROM case_listings WHERE case_id = ? AND listing_id = ? AND version = ?",
            (inside["id"], listing_id, version),
        )
        tx.audit("case_listing_removed", f"case:{inside['id']}", listing=listing_id, version=version, state=state)


def _seller(listing: Listing) -> tuple[str | None, str]:
    """Return how the seller is shown and what tells sellers of one site apart."""
    if listing.seller is None:
        return None, ""
    shown = listing.seller.name or listing.seller.handle or listing.seller.url
    key = listing.seller.handle or listing.seller.name or listing.seller.url or ""
    return shown, " ".join(key.casefold().split())


def _open_case(tx: "Transaction", listing: Listing) -> str:
    seller, key = _seller(listing)
    site = listing.site or ""
    row = tx.execute(
        "SELECT id FROM cases WHERE site = ? AND seller_key = ? AND state = 'open'", (site, key)
    ).fetchone()
    if row is not None:
        return str(row["id"])
    number = tx.execute("SELECT count(*) FROM cases").fetchone()[0] + 1
    case_id = f"C{tx.now.year}-{number:05d}"
    title = f"{seller} on {site}" if seller and site else seller or site or "unnamed site"
    tx.execute(
        "INSERT INTO cases (id, title, site, seller, seller_key, opened_at, state) VALUES (?, ?, ?, ?, ?, ?, 'open')",
        (case_id, title[:200], site, seller, key, utc_text(tx.now)),
    )
    tx.audit("case_opened", f"case:{case_id}", site=site)
    return case_id


def _case(reads: "Reads", row: sqlite3.Row, needed: int) -> Case:
    versions = reads.execute(
        "SELECT listing_id, version FROM case_listings WHERE case_id = ? ORDER BY listing_id, version", (row["id"],)
    ).fetchall()
    newest: dict[str, CaseListing] = {}
    for entry in versions:
        one = _case_listing(reads, entry["listing_id"], entry["version"], needed)
        before = newest.get(one.listing_id)
        # A later version that still waits does not take the place of one that is confirmed.
        if before is None or one.state == "confirmed" or before.state != "confirmed":
            newest[one.listing_id] = one
    listings = tuple(newest.values())
    state: CaseState = "referred" if row["state"] == "referred" else "open"
    if state == "open" and listings and all(one.state == "confirmed" for one in listings):
        state = "ready"
    referrals = reads.execute("SELECT referral_id FROM case_referrals WHERE case_id = ? ORDER BY at", (row["id"],))
    return Case(
        id=row["id"], title=row["title"], site=row["site"], seller=row["seller"],
        opened_at=datetime.fromisoformat(row["opened_at"]), state=state, listings=listings,
        referrals=tuple(one[0] for one in referrals),
    )  # fmt: skip


def _case_listing(reads: "Reads", listing_id: str, version: int, needed: int) -> CaseListing:
    stands = standing(events(reads, listing_id), version)
    confirmed = tuple(one.person for one in stands if one.verdict == "confirm")
    return CaseListing(listing_id, version, state_of(stands, needed), confirmed)
