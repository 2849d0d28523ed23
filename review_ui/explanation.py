"""Why a listing has its risk: worked out when somebody asks on its page, never shown before a blind verdict.

The desk does not classify. Whoever starts it may give it something that explains (:data:`Explain`); without that the
page says how to get an explanation on the command line.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from casefile.assessments import get_assessment
from casefile.audit import log_read
from casefile.batches import blind_among
from casefile.records import Explanation, Listing, Term, WhatIf
from review_ui.access import Desk, Visit
from review_ui.filters import filter_query
from review_ui.item import requested_listing
from review_ui.shell import shell

Explain = Callable[[Listing], Explanation]
"""Raises :class:`ExplainError` where no explanation can be given."""

TERMS_SHOWN: Final = 25

CHANGES: Final = {
    "without_cue": "without the quotes of this cue",
    "without_all_cues": "without any of the cues",
    "fewest_quotes": "without the fewest quotes that bring it below the review threshold",
    "with_statement": "with this sentence added",
    "statement_instead": "with this sentence in place of the quotes it answers",
}

SORTS: Final = {
    "start": "model", "words": "words of the listing", "concepts": "meaning in any language",
    "clause": "how a clause reads", "signal": "rules and lexicon", "rest": "together",
}  # fmt: skip


class ExplainError(Exception):
    """No explanation can be given; the message says why and what to do."""


def change_words(what: WhatIf) -> str:
    """Return what was changed, in words."""
    return CHANGES[what.change]


def signed(log_odds: float) -> str:
    """Return ``+0.42`` or ``−0.42``, with a minus that lines up."""
    return f"{log_odds:+.2f}".replace("-", "−")


def _split(found: Explanation) -> tuple[tuple[Term, ...], float]:
    """Return the terms that are listed and the sum of the others."""
    shown = tuple(term for term in found.terms if term.sort not in ("start", "rest"))[:TERMS_SHOWN]
    return shown, found.log_odds - sum(term.log_odds for term in shown)


def show(desk: Desk, visit: Visit) -> Response:
    """Show why a listing has its risk."""
    listing = requested_listing(desk, visit)
    if blind_among(desk.casefile, [listing.id], person=visit.reader.id):
        raise HTTPException(
            HTTPStatus.FORBIDDEN, "This listing is judged blind: decide first, then its explanation opens."
        )
    log_read(desk.casefile, f"person:{visit.reader.id}", f"listing:{listing.id}")
    problem, found = None, None
    if desk.explain is None:
        problem = f"This desk was started without a model. On the command line: pharmakon explain {listing.id}"
    else:
        try:
            found = desk.explain(listing)
        except ExplainError as error:
            problem = str(error)
    assessment = get_assessment(desk.casefile, listing.id, listing.version)
    shown, rest = _split(found) if found else ((), 0.0)
    return desk.pages.page(
        "explanation.html",
        **shell(desk, visit),
        listing=listing,
        query=filter_query(visit),
        explanation=found,
        terms=shown,
        rest=rest,
        sorts=SORTS,
        change_words=change_words,
        signed=signed,
        problem=problem,
        stale=assessment is not None and found is not None and assessment.model != found.model,
        assessment=assessment,
    )
