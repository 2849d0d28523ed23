"""Batches for review: chosen once, kept as they were chosen, worked through in the desk, counted afterwards."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from casefile.policy import load_policy
from casefile.records import ReviewState, utc_text
from casefile.standing import events, standing, state_of
from casefile.store import CasefileError

if TYPE_CHECKING:
    from casefile.store import Casefile, Reads

BatchPart = Literal["top", "margin", "random"]
MOST_ITEMS = 5_000
"""Of one batch: a month of work of a team."""


@dataclass(frozen=True)
class FrameRow:
    """An undecided listing that a batch may be chosen from."""

    listing_id: str
    version: int
    risk: float
    priority: float


@dataclass(frozen=True)
class BatchPick:
    """A listing chosen for a batch; see ``casefile/migrations/0009_batches.sql`` for what each field means."""

    listing_id: str
    version: int
    part: BatchPart
    drawn: bool
    probability: float
    risk: float
    blind: bool = False


@dataclass(frozen=True)
class BatchItem(BatchPick):
    """A listing of a batch and where its review stands."""

    place: int = 0
    state: ReviewState = "open"
    """Of the version that was chosen."""
    title: str = ""
    site: str = ""

    @property
    def outcome(self) -> bool | None:
        """Return True once confirmed, False once rejected, None while people have not agreed."""
        return {"confirmed": True, "rejected": False}.get(self.state)


@dataclass(frozen=True)
class Batch:
    """A batch with its items in order."""

    id: str
    made_at: str
    made_by: str
    seed: int
    model: str
    threshold: float
    frame: int
    """Undecided listings it was chosen from."""
    drawn: int
    """Size of the random draw over the frame."""
    items: tuple[BatchItem, ...]

    @property
    def draw_probability(self) -> float:
        """Return the probability with which the random draw took any one listing of the frame."""
        return self.drawn / self.frame


def frame(casefile: "Casefile") -> list[FrameRow]:
    """Return every undecided listing of the queue, in order of id."""
    with casefile.read() as db:
        rows = db.execute(
            "SELECT listing_id, version, risk, priority FROM queue WHERE state = 'open' ORDER BY listing_id"
        )
        return [FrameRow(*row) for row in rows]


def make_batch(
    casefile: "Casefile",
    picks: Sequence[BatchPick],
    *,
    seed: int,
    model: str,
    threshold: float,
    frame_size: int,
    drawn: int,
    actor: str,
) -> str:
    """Keep a batch and return its id; raises :class:`~casefile.store.CasefileError` and keeps nothing.

    Refused when a listing was decided or changed since the frame was read: the probabilities would not be true.
    """
    if not 0 < len(picks) <= MOST_ITEMS:
        raise CasefileError(f"a batch holds 1 to {MOST_ITEMS} listings, not {len(picks)}")
    with casefile.write(actor) as tx:
        for pick in picks:
            row = tx.execute("SELECT version, state FROM queue WHERE listing_id = ?", (pick.listing_id,)).fetchone()
            if row is None or (row["version"], row["state"]) != (pick.version, "open"):
                raise CasefileError(
                    f"listing {pick.listing_id} was decided or changed while the batch was chosen; make the batch again"
                )
        year = tx.now.year
        number = tx.execute("SELECT count(*) FROM batches WHERE id LIKE ?", (f"B{year}-%",)).fetchone()[0] + 1
        batch_id = f"B{year}-{number:05d}"
        tx.execute(
            "INSERT INTO batches (id, made_at, made_by, seed, model, threshold, frame, drawn)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (batch_id, utc_text(tx.now), actor, seed, model, threshold, frame_size, drawn),
        )
        tx.executemany(
            "INSERT INTO batch_items (batch_id, place, listing_id, version, part, drawn, probability, risk, blind)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (batch_id, place, one.listing_id, one.version, one.part, int(one.drawn), one.probability, one.risk,
                 int(one.blind))
                for place, one in enumerate(picks, start=1)
            ],
        )  # fmt: skip
        tx.audit("batch_made", f"batch:{batch_id}", listings=len(picks), frame=frame_size, drawn=drawn, seed=seed)
    return batch_id


def batch_ids(casefile: "Casefile") -> list[str]:
    """Return the ids of all batches, newest first."""
    with casefile.read() as db:
        return [row[0] for row in db.execute("SELECT id FROM batches ORDER BY made_at DESC, id DESC")]


def get_batch(casefile: "Casefile", batch_id: str) -> Batch | None:
    """Return a batch with the review state of each item, or None."""
    needed = load_policy(casefile.workspace).confirmations_needed
    with casefile.read() as db:
        row = db.execute("SELECT * FROM batches WHERE id = ?", (batch_id,)).fetchone()
        if row is None:
            return None
        return Batch(**dict(row), items=tuple(_items(db, batch_id, needed)))


def _items(db: "Reads", batch_id: str, needed: int) -> list[BatchItem]:
    rows = db.execute(
        """SELECT i.*, coalesce(q.title, '') AS title, coalesce(q.site, '') AS site,
               EXISTS (SELECT 1 FROM decisions d WHERE d.listing_id = i.listing_id) AS decided
           FROM batch_items i LEFT JOIN queue q ON q.listing_id = i.listing_id WHERE i.batch_id = ? ORDER BY i.place""",
        (batch_id,),
    ).fetchall()
    return [
        BatchItem(
            listing_id=row["listing_id"], version=row["version"], part=row["part"], drawn=bool(row["drawn"]),
            probability=row["probability"], risk=row["risk"], blind=bool(row["blind"]), place=row["place"],
            title=row["title"], site=row["site"],
            state=_state(db, row, needed),
        )
        for row in rows
    ]  # fmt: skip


def _state(db: "Reads", row: sqlite3.Row, needed: int) -> ReviewState:
    if not row["decided"]:
        return "open"
    return state_of(standing(events(db, row["listing_id"]), row["version"]), needed)


_NOT_DECIDED_BY = """NOT EXISTS (
        SELECT 1 FROM decisions d WHERE d.listing_id = i.listing_id AND d.version = i.version AND d.person_id = ?
            AND d.undoes IS NULL AND NOT EXISTS (SELECT 1 FROM decisions u WHERE u.undoes = d.id))"""

_LEFT = f"""
    SELECT i.listing_id FROM batch_items i
    JOIN queue q ON q.listing_id = i.listing_id AND q.version = i.version
    WHERE i.batch_id = ? AND i.place > ? AND q.state IN ('open', 'needs_second') AND {_NOT_DECIDED_BY}
    ORDER BY i.place LIMIT 1"""  # noqa: S608 - constant text

_BLIND = f"""
    SELECT DISTINCT i.listing_id FROM json_each(?) j
    JOIN queue q ON q.listing_id = j.value
    JOIN batch_items i ON i.listing_id = q.listing_id AND i.version = q.version AND i.blind = 1
    WHERE {_NOT_DECIDED_BY}"""  # noqa: S608 - constant text


def next_in_batch(casefile: "Casefile", batch_id: str, *, person: str, after: str | None = None) -> str | None:
    """Return the listing of a batch that ``person`` should look at next, after the listing ``after``, or None.

    Left are those nobody decided, and those that wait for a second person who is not this one; after the last one
    come those that were passed over.
    """
    with casefile.read() as db:
        asked = "SELECT place FROM batch_items WHERE batch_id = ? AND listing_id = ?"
        row = db.execute(asked, (batch_id, after)).fetchone() if after else None
        place = row["place"] if row else 0
        found = db.execute(_LEFT, (batch_id, place, person)).fetchone()
        found = found or db.execute(_LEFT, (batch_id, 0, person)).fetchone()
    return found["listing_id"] if found is not None and found["listing_id"] != after else None


def blind_among(casefile: "Casefile", listing_ids: Sequence[str], *, person: str) -> frozenset[str]:
    """Return which of the listings ``person`` has to judge without seeing what the model says of them.

    So it is while the version in the queue stands in a batch as a blind item and this person has not decided on it.
    """
    with casefile.read() as db:
        rows = db.execute(_BLIND, (json.dumps(list(listing_ids)), person))
        return frozenset(row["listing_id"] for row in rows)
