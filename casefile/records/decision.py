"""What people say of a listing. Decisions are events: nothing is overwritten, undo is one more event."""

from typing import Literal

from pydantic import Field

from casefile.records._base import Record, UtcTime

Verdict = Literal["confirm", "reject", "unsure", "escalate"]
VERDICTS: tuple[Verdict, ...] = ("confirm", "reject", "unsure", "escalate")

ReviewState = Literal["open", "unsure", "escalated", "rejected", "needs_second", "disputed", "confirmed"]
"""Derived from the standing decisions:

``needs_second`` one person confirmed and policy asks for two; ``confirmed`` enough people confirmed;
``disputed`` one confirmed and another rejected.
"""


class Decision(Record):
    """One verdict by one person, or the undoing of one."""

    id: int
    listing: str
    version: int
    person: str
    """Pseudonym; the only form that leaves the house."""
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    note: str | None = None
    undoes: int | None = None
    """Id of the decision this event takes back; ``verdict`` then repeats what is taken back."""
    blind: bool = False
    seconds: float | None = None
    """Time the item was on screen."""
    at: UtcTime


class AuditEntry(Record):
    """One line of the append-only log."""

    seq: int
    at: UtcTime
    actor: str
    action: str
    subject: str
    detail: dict[str, object] = Field(default_factory=dict)
    previous: str
    hash: str
