"""What every page of a signed-in person carries: navigation, counts, notices."""

from typing import Any, Final

from casefile.permissions import allowed
from casefile.policy import PolicyError, load_policy
from casefile.queue import counts
from review_ui.access import Desk, Visit

NOTICES: Final = {
    "confirm": "Confirmed.",
    "reject": "Rejected.",
    "unsure": "Marked unsure.",
    "escalate": "Escalated.",
    "undone": "Your last decision is taken back; this is the listing it was about.",
    "nothing_to_undo": "You have no decision that could be taken back.",
    "signed_out": "You are signed out.",
}
"""What a redirect may say, by code: a page never repeats words that came in its address."""


KEYS: Final = (
    ("c", "confirm"),
    ("r", "reject"),
    ("u", "unsure"),
    ("e", "escalate"),
    ("z", "undo your last decision"),
    ("j or n", "next item, or next row of the queue"),
    ("k or p", "previous item, or previous row of the queue"),
    ("Enter", "open the row that has the focus"),
    ("/", "search"),
    ("?", "show the keys"),
)


def shell(desk: Desk, visit: Visit) -> dict[str, Any]:
    """Return the context that ``base.html`` needs."""
    person = visit.reader
    policy_note: str | None = None
    try:
        policy = load_policy(desk.casefile.workspace)
        if not policy.second_confirmation:
            policy_note = policy.second_confirmation_reason or "no reason given"
    except PolicyError as error:
        policy_note = f"unknown, since the file was refused: {error}"
    return {
        "person": person,
        "counts": counts(desk.casefile),
        "may_decide": allowed(person, "decide"),
        "may_refer": allowed(person, "refer"),
        "single_confirmation_reason": policy_note,
        "key_list": KEYS,
        "notice": NOTICES.get(visit.query("done") or ""),
    }
