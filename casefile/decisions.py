"""Deciding: one event per verdict, one more event to take it back, and what follows from it in the same transaction.

What a set of decisions means is worked out in :mod:`casefile.standing`; this module writes events and lets the queue
and the cases follow.
"""

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from casefile import cases, queue_rows
from casefile.audit import decision_digest
from casefile.permissions import allowed
from casefile.person import Person, load_person
from casefile.policy import load_policy
from casefile.records import VERDICTS, Decision, ReviewState, Verdict, utc_text
from casefile.standing import DECISION_SQL, decision_of_row, events, standing, state_of

if TYPE_CHECKING:
    from casefile.store import Casefile, Reads, Transaction

MAX_NOTE = 10_000
MAX_REASONS, MAX_REASON = 20, 100


class DecisionError(Exception):
    """A decision was refused; the message says why and what to do. Nothing was written."""


def decide(
    casefile: "Casefile",
    listing_id: str,
    verdict: Verdict,
    *,
    person_id: str,
    version: int,
    reasons: Sequence[str] = (),
    note: str | None = None,
    blind: bool = False,
    seconds: float | None = None,
) -> Decision:
    """Record what a person says of the version they were shown, and return the event.

    A person's later verdict on the same version takes the place of their earlier one; both stay in the history.
    Raises :class:`DecisionError` when the listing is unknown, the version is not the one in the queue any more, the
    person may not decide, or the version is in a signed referral.
    """
    _check_words(verdict, reasons, note, seconds)
    needed = load_policy(casefile.workspace).confirmations_needed
    with casefile.write(f"person:{person_id}") as tx:
        person = _decider(tx, person_id)
        _check_version(tx, listing_id, version)
        _check_not_referred(tx, listing_id, version)
        _follow_rule(tx, needed)
        return _record(
            tx, person, listing_id, version, verdict,
            needed=needed, reasons=reasons, note=note, blind=blind, seconds=seconds, undoes=None,
        )  # fmt: skip


def undo_last(casefile: "Casefile", *, person_id: str) -> Decision | None:
    """Take back the last decision of a person that still stands, by one more event; None when there is none left.

    Repeating goes further back. Raises :class:`DecisionError` when the decision is part of a signed referral.
    """
    needed = load_policy(casefile.workspace).confirmations_needed
    with casefile.read() as db:
        if _last_of(db, person_id) is None:
            return None
    with casefile.write(f"person:{person_id}") as tx:
        person = _decider(tx, person_id)
        last = _last_of(tx, person_id)
        if last is None:
            raise DecisionError("this decision was taken back by another request just now; nothing was written")
        _check_not_referred(tx, last.listing, last.version)
        _follow_rule(tx, needed)
        return _record(
            tx, person, last.listing, last.version, last.verdict,
            needed=needed, reasons=last.reasons, note=None, blind=last.blind, seconds=None, undoes=last.id,
        )  # fmt: skip


def history(casefile: "Casefile", listing_id: str) -> list[Decision]:
    """Return every event on a listing, all versions, oldest first."""
    with casefile.read() as db:
        return events(db, listing_id)


def review_state(casefile: "Casefile", listing_id: str) -> ReviewState:
    """Return the state of the version that is in the queue (of the latest one when none is); ``open`` when unknown."""
    needed = load_policy(casefile.workspace).confirmations_needed
    with casefile.read() as db:
        return state_of(standing(events(db, listing_id), _shown_version(db, listing_id) or 0), needed)


def follow_policy(casefile: "Casefile", *, actor: str) -> bool:
    """Work out review states again when ``policy.yaml`` asks for another number of people; returns whether it did."""
    needed = load_policy(casefile.workspace).confirmations_needed
    with casefile.read() as db:
        if _rule(db) == needed:
            return False
    with casefile.write(actor) as tx:
        return _follow_rule(tx, needed) or bool(tx.audit("policy_read", "policy", confirmations_needed=needed))


def _check_words(verdict: str, reasons: Sequence[str], note: str | None, seconds: float | None) -> None:
    if verdict not in VERDICTS:
        raise DecisionError(f"verdict '{verdict}' is unknown; the verdicts are {', '.join(VERDICTS)}")
    if len(reasons) > MAX_REASONS or any(not one or len(one) > MAX_REASON for one in reasons):
        raise DecisionError(f"give at most {MAX_REASONS} reasons of 1 to {MAX_REASON} characters")
    if note is not None and len(note) > MAX_NOTE:
        raise DecisionError(f"the note has {len(note)} characters; {MAX_NOTE} is the most")
    if seconds is not None and not (math.isfinite(seconds) and seconds >= 0):
        raise DecisionError("the time on screen is not a number of seconds")


def _decider(reads: "Reads", person_id: str) -> Person:
    person = load_person(reads, person_id)
    if person is None or not allowed(person, "decide"):
        raise DecisionError("you have no role that may decide: ask whoever runs `pharmakon user`")
    return person


def _shown_version(reads: "Reads", listing_id: str) -> int | None:
    row = reads.execute(
        "SELECT coalesce(q.version, l.latest_version) FROM listings l LEFT JOIN queue q ON q.listing_id = l.id"
        " WHERE l.id = ?",
        (listing_id,),
    ).fetchone()
    return row[0] if row else None


def _check_version(reads: "Reads", listing_id: str, version: int) -> None:
    shown = _shown_version(reads, listing_id)
    if shown is None:
        raise DecisionError(f"listing {listing_id} is not in the casefile")
    if version != shown:
        raise DecisionError(
            f"the listing changed while you read it: you saw version {version}, version {shown} is in the queue now; "
            "look at it again"
        )


def _check_not_referred(reads: "Reads", listing_id: str, version: int) -> None:
    referral = cases.referral_of(reads, listing_id, version)
    if referral is not None:
        raise DecisionError(
            f"this version of the listing is in the signed referral {referral}: it cannot be decided or undone any more"
        )


def _rule(reads: "Reads") -> int:
    needed: int = reads.execute("SELECT confirmations_needed FROM review_rule").fetchone()[0]
    return needed


def _follow_rule(tx: "Transaction", needed: int) -> bool:
    before = _rule(tx)
    if before == needed:
        return False
    tx.execute("UPDATE review_rule SET confirmations_needed = ?", (needed,))
    touched = [row[0] for row in tx.execute("SELECT DISTINCT listing_id FROM decisions WHERE verdict = 'confirm'")]
    queue_rows.refresh(tx, touched)
    tx.audit("policy_changed", "policy", confirmations_needed=needed, before=before, listings=len(touched))
    return True


def _last_of(reads: "Reads", person_id: str) -> Decision | None:
    open_ones = "d.person_id = ? AND d.undoes IS NULL AND NOT EXISTS (SELECT 1 FROM decisions u WHERE u.undoes = d.id)"
    row = reads.execute(f"{DECISION_SQL} WHERE {open_ones} ORDER BY d.id DESC LIMIT 1", (person_id,)).fetchone()
    return decision_of_row(row) if row else None


def _record(
    tx: "Transaction",
    person: Person,
    listing_id: str,
    version: int,
    verdict: Verdict,
    *,
    needed: int,
    reasons: Sequence[str],
    note: str | None,
    blind: bool,
    seconds: float | None,
    undoes: int | None,
) -> Decision:
    before = state_of(standing(events(tx, listing_id), version), needed)
    number = tx.execute(
        "INSERT INTO decisions (listing_id, version, person_id, verdict, reasons, note, undoes, blind, seconds, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            listing_id, version, person.id, verdict, json.dumps(list(reasons), ensure_ascii=False), note, undoes,
            int(blind), seconds, utc_text(tx.now),
        ),
    ).lastrowid  # fmt: skip
    after = state_of(standing(events(tx, listing_id), version), needed)
    digest = decision_digest(tx.execute("SELECT * FROM decisions WHERE id = ?", (number,)).fetchone())
    tx.audit(
        "decided" if undoes is None else "undid",
        f"listing:{listing_id}",
        decision=number, sha256=digest, version=version, verdict=verdict, before=before, after=after,
        **({} if undoes is None else {"undoes": undoes}),
    )  # fmt: skip
    cases.follow(tx, listing_id, version, after)
    queue_rows.refresh(tx, [listing_id])
    return decision_of_row(tx.execute(f"{DECISION_SQL} WHERE d.id = ?", (number,)).fetchone())
