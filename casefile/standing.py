"""Which decisions stand, and the review state they make: the one place where this is decided.

A decision stands until its person takes it back or says something else of the same version. Decisions belong to a
listing *version*: when the page changes, the new version starts open and what was said of the old one stays with it.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from casefile.records import Decision, ReviewState

if TYPE_CHECKING:
    from casefile.store import Reads

DECISION_SQL = """
    SELECT d.id, d.listing_id, d.version, p.pseudonym, d.verdict, d.reasons, d.note, d.undoes, d.blind, d.seconds, d.at
    FROM decisions d JOIN people p ON p.id = d.person_id"""


def decision_of_row(row: sqlite3.Row) -> Decision:
    """Return the decision that a row of :data:`DECISION_SQL` holds."""
    return Decision(
        id=row["id"], listing=row["listing_id"], version=row["version"], person=row["pseudonym"],
        verdict=row["verdict"], reasons=tuple(json.loads(row["reasons"])), note=row["note"], undoes=row["undoes"],
        blind=bool(row["blind"]), seconds=row["seconds"], at=row["at"],
    )  # fmt: skip


def events(reads: "Reads", listing_id: str) -> list[Decision]:
    """Return every decision event of a listing, oldest first."""
    return [
        decision_of_row(row)
        for row in reads.execute(f"{DECISION_SQL} WHERE d.listing_id = ? ORDER BY d.id", (listing_id,))
    ]


def standing(decisions: Iterable[Decision], version: int) -> list[Decision]:
    """Return the decisions that stand on a version: the last of each person that was not taken back, oldest first."""
    history = [one for one in decisions if one.version == version]
    undone = {one.undoes for one in history if one.undoes is not None}
    last = {one.person: one for one in history if one.undoes is None and one.id not in undone}
    return sorted(last.values(), key=lambda one: one.id)


def state_of(decisions: Sequence[Decision], confirmations_needed: int) -> ReviewState:
    """Return the state that standing decisions (:func:`standing`) make.

    A confirm against a reject is ``disputed`` until one of the two changes their mind. Enough confirms are
    ``confirmed``, fewer ``needs_second``. With neither, the later of reject and escalate counts, then ``unsure``.
    """
    by_verdict = {one.verdict: one for one in decisions}
    confirmers = {one.person for one in decisions if one.verdict == "confirm"}
    if confirmers:
        if "reject" in by_verdict:
            return "disputed"
        return "confirmed" if len(confirmers) >= confirmations_needed else "needs_second"
    closing = [one for one in decisions if one.verdict in ("reject", "escalate")]
    if closing:
        return "rejected" if closing[-1].verdict == "reject" else "escalated"
    return "unsure" if "unsure" in by_verdict else "open"


def first_confirmer(reads: "Reads", decisions: Sequence[Decision]) -> str | None:
    """Return the person id of who confirmed first among standing decisions, or None."""
    first = next((one for one in decisions if one.verdict == "confirm"), None)
    if first is None:
        return None
    row = reads.execute("SELECT person_id FROM decisions WHERE id = ?", (first.id,)).fetchone()
    return str(row["person_id"])
