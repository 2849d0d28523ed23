"""Decisions as labels: what was confirmed or rejected under the policy in force, for whoever learns from it.

Only what people agree on counts: disputed, unsure, escalated and once-confirmed listings (where policy asks for two
people) say nothing yet. The text goes to the caller and no further; nothing is written anywhere.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from casefile.listings import read_listing
from casefile.policy import load_policy
from casefile.records import DecidedAs, DecidedListing, Decision, ReviewState
from casefile.standing import events, standing, state_of

if TYPE_CHECKING:
    from casefile.store import Casefile, Reads

_VERDICT_OF: dict[DecidedAs, str] = {"confirmed": "confirm", "rejected": "reject"}
_BATCH = 200


def decided_listings(casefile: "Casefile", *, most: int | None = None) -> Iterator[DecidedListing]:
    """Yield every listing version that is confirmed or rejected, decided last first; at most ``most``.

    Raises :class:`~casefile.policy.PolicyError` where the policy file is refused: without it nobody knows what a
    confirmation is.
    """
    needed = load_policy(casefile.workspace).confirmations_needed
    before, given = 1 << 62, 0
    while True:
        with casefile.read() as db:
            keys = db.execute(_DECIDED, (before, _BATCH)).fetchall()
            found = [_decided(db, key["listing_id"], key["version"], needed) for key in keys]
        for one in found:
            if one is not None:
                yield one
                given += 1
                if given == most:
                    return
        if len(keys) < _BATCH:
            return
        before = keys[-1]["last"]


def labels_mark(casefile: "Casefile") -> tuple[int, int]:
    """Return what changes whenever the labels do: the newest decision, and how many people policy asks for."""
    needed = load_policy(casefile.workspace).confirmations_needed
    with casefile.read() as db:
        return db.execute("SELECT coalesce(max(id), 0) FROM decisions").fetchone()[0], needed


_DECIDED = """
    SELECT listing_id, version, max(id) AS last FROM decisions
    GROUP BY listing_id, version HAVING last < ? ORDER BY last DESC LIMIT ?"""


def _decided(reads: "Reads", listing_id: str, version: int, needed: int) -> DecidedListing | None:
    agreed = _agreed(standing(events(reads, listing_id), version), needed)
    listing = read_listing(reads, listing_id, version) if agreed else None
    if agreed is None or listing is None:
        return None
    decided, decisions = agreed
    reasons = dict.fromkeys(code for one in decisions for code in one.reasons)
    return DecidedListing(
        listing=listing, decided=decided, reasons=tuple(reasons),
        people=len({one.person for one in decisions}), at=max(one.at for one in decisions),
    )  # fmt: skip


def _agreed(decisions: list[Decision], needed: int) -> tuple[DecidedAs, list[Decision]] | None:
    """Return what standing decisions agree on and which of them say so, None where they agree on nothing."""
    state: ReviewState = state_of(decisions, needed)
    if state not in ("confirmed", "rejected"):
        return None
    return state, [one for one in decisions if one.verdict == _VERDICT_OF[state]]
