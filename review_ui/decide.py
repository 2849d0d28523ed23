"""Deciding: one verdict, then the next item; undo."""

import time
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from casefile.assessments import get_assessment
from casefile.batches import blind_among
from casefile.decisions import DecisionError, decide, undo_last
from casefile.listings import get_listing
from casefile.records import VERDICTS
from review_ui.access import Desk, Visit
from review_ui.filters import clean_query
from review_ui.item import listing_page, next_path, priority_of
from review_ui.item_address import item_path
from review_ui.reasons import fitting_reasons
from review_ui.render import query_string
from review_ui.shell import NOTICES

NOTE_CHARACTERS: Final = 10_000
LONGEST_LOOK: Final = 4 * 3600.0
"""Seconds; a page left open over lunch says nothing about how long the decision took."""


def seconds_on_screen(visit: Visit) -> float | None:
    """Return how long the item was looked at.

    The script counts only while the page is visible; without it the time since the page was sent is taken.
    """
    measured = visit.field("seconds", 20)
    try:
        if measured is not None:
            seconds = float(measured)
        else:
            seconds = time.time() - int(visit.field("shown_at", 20) or "") / 1000
    except ValueError:
        return None
    return round(seconds, 1) if 0 <= seconds <= LONGEST_LOOK else None


def _form_query(visit: Visit) -> dict[str, str | None]:
    return clean_query(dict(parse_qsl(visit.field("query", 4000) or "", max_num_fields=20)))


def record(desk: Desk, visit: Visit) -> Response:
    """Record a verdict and go on to the next item."""
    listing_id = visit.field("listing", 1000) or ""
    verdict, version = visit.field("verdict", 20), visit.field("version", 9) or ""
    if verdict not in VERDICTS or not (version.isascii() and version.isdigit()):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "A decision needs a verdict and the version that was on screen.")
    chosen, note = list(visit.form.get("reasons", ())), visit.field("note", NOTE_CHARACTERS)
    query = _form_query(visit)
    # Found before deciding: the item still has its place in the queue then.
    assessment = get_assessment(desk.casefile, listing_id)
    after = next_path(desk, visit, query, listing_id, priority_of(assessment))
    try:
        decide(
            desk.casefile,
            listing_id,
            verdict,
            person_id=visit.reader.id,
            version=int(version),
            reasons=fitting_reasons(chosen, verdict),
            note=note,
            blind=bool(blind_among(desk.casefile, [listing_id], person=visit.reader.id)),
            seconds=seconds_on_screen(visit),
        )
    except DecisionError as error:
        return _refused(desk, visit, listing_id, query, str(error), (chosen, note))
    if visit.wants_json:
        return JSONResponse({"next": after or f"/{query_string(query, done=verdict)}", "notice": NOTICES[verdict]})
    if after is None:
        return RedirectResponse(f"/{query_string(query, done=verdict)}", HTTPStatus.SEE_OTHER)
    joint = "&" if "?" in after else "?"
    return RedirectResponse(f"{after}{joint}done={verdict}", HTTPStatus.SEE_OTHER)


def _refused(
    desk: Desk,
    visit: Visit,
    listing_id: str,
    query: dict[str, str | None],
    problem: str,
    draft: tuple[list[str], str | None],
) -> Response:
    """Say why a decision was not taken, with the listing as it is now and what was filled in still there."""
    if visit.wants_json:
        return JSONResponse({"problem": problem}, HTTPStatus.CONFLICT)
    listing = get_listing(desk.casefile, listing_id)
    if listing is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, problem)
    return listing_page(desk, visit, listing, query, problem=problem, draft=draft, status=HTTPStatus.CONFLICT)


def undo(desk: Desk, visit: Visit) -> Response:
    """Take back this person's last decision and show the listing it was about."""
    query = _form_query(visit)
    try:
        undone = undo_last(desk.casefile, person_id=visit.reader.id)
    except DecisionError as error:
        if visit.wants_json:
            return JSONResponse({"problem": str(error)}, HTTPStatus.CONFLICT)
        raise HTTPException(HTTPStatus.CONFLICT, str(error)) from None
    if undone is None:
        if visit.wants_json:
            return JSONResponse({"problem": NOTICES["nothing_to_undo"]}, HTTPStatus.CONFLICT)
        return RedirectResponse(f"/{query_string(query, done='nothing_to_undo')}", HTTPStatus.SEE_OTHER)
    if visit.wants_json:
        return JSONResponse({"next": item_path(undone.listing, query), "notice": NOTICES["undone"]})
    return RedirectResponse(item_path(undone.listing, query, done="undone"), HTTPStatus.SEE_OTHER)
