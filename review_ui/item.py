"""The item screen: one listing, what speaks against it and where that stands, its evidence, and the decision."""

import itertools
import time
from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from casefile.assessments import get_assessment
from casefile.audit import log_read
from casefile.batches import blind_among, next_in_batch
from casefile.cases import standing_decisions
from casefile.decisions import history, review_state
from casefile.evidence import EvidenceError, custody
from casefile.listings import get_capture, get_listing, get_site, listing_versions
from casefile.queue import next_item
from casefile.records import Assessment, Listing, Verdict
from review_ui.access import Desk, Visit
from review_ui.filters import filter_query, to_filter
from review_ui.item_address import item_path
from review_ui.item_view import (
    MAX_CUES,
    changes,
    facts,
    field_text,
    mark_field,
    mark_site_pages,
    number_cues,
)
from review_ui.reasons import REASONS
from review_ui.registers import shown_answers
from review_ui.shell import shell

TEXT_PART: Final = 40_000
"""Code points on one page of the whole-text screen."""
TEXT_FIELDS: Final = ("title", "description", "site_text", "price")
VERSIONS_SHOWN: Final = 20


def requested_listing(desk: Desk, visit: Visit) -> Listing:
    """Return the listing (and version) the address names; raises 404."""
    listing_id = visit.request.path_params.get("listing_id") or visit.query("id", 1000) or ""
    version = visit.query("version", 9)
    if version is not None and not (version.isascii() and version.isdigit()):
        raise HTTPException(HTTPStatus.NOT_FOUND, "A version is a number.")
    listing = get_listing(desk.casefile, listing_id, int(version) if version else None)
    if listing is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "The casefile holds no listing with this id and version.")
    return listing


def next_path(desk: Desk, visit: Visit, query: dict[str, str | None], listing_id: str, priority: float) -> str | None:
    """Return the address of the item after this one in the queue or batch, from the top again at its end, or None."""
    chosen, person = to_filter(query), visit.reader.id
    if query["batch"]:
        following = next_in_batch(desk.casefile, query["batch"], person=person, after=listing_id)
        return item_path(following, query) if following else None
    row = next_item(desk.casefile, chosen, person=person, after=(priority, listing_id), skip=(listing_id,))
    row = row or next_item(desk.casefile, chosen, person=person, skip=(listing_id,))
    return item_path(row.listing_id, query) if row else None


def priority_of(assessment: Assessment | None) -> float:
    """Return where the listing stands in the queue; one that is not assessed yet stands last."""
    return assessment.priority if assessment else 0.0


def _evidence(desk: Desk, listing: Listing) -> dict[str, Any]:
    stored = get_capture(desk.casefile, listing.capture) if listing.capture else None
    links, problem = [], None
    try:
        links = custody(desk.casefile, stored.bundle_hash) if stored else []
    except EvidenceError as error:
        # The listing can still be read; that its evidence cannot is what the reader must know.
        problem = str(error)
    return {
        "capture": stored.capture if stored else None,
        "bundle_hash": stored.bundle_hash if stored else None,
        "custody": links,
        "evidence_problem": problem,
    }


def show(desk: Desk, visit: Visit) -> Response:
    """Show one listing."""
    listing = requested_listing(desk, visit)
    return listing_page(desk, visit, listing, filter_query(visit))


def listing_page(
    desk: Desk,
    visit: Visit,
    listing: Listing,
    query: dict[str, str | None],
    *,
    problem: str | None = None,
    draft: tuple[list[str], str | None] = ([], None),
    status: int = HTTPStatus.OK,
) -> Response:
    """Return the page of a listing; ``problem`` says why a decision was refused, ``draft`` keeps what was filled in."""
    person = visit.reader
    log_read(desk.casefile, f"person:{person.id}", f"listing:{listing.id}")
    stored = get_assessment(desk.casefile, listing.id, listing.version)
    blind = bool(blind_among(desk.casefile, [listing.id], person=person.id))
    # What the model says must not be on the page at all: a person judging blind looks at the listing alone.
    assessment = None if blind else stored
    cues = number_cues(listing, assessment)
    versions = listing_versions(desk.casefile, listing.id)
    latest = versions[-1].version if versions else listing.version
    site = get_site(desk.casefile, listing.site) if listing.site else None
    standing = standing_decisions(desk.casefile, listing.id, listing.version)
    registers = desk.registers(listing, site, assessment) if desk.registers else None
    return desk.pages.page(
        "item.html",
        status=status,
        **shell(desk, visit),
        **_evidence(desk, listing),
        query=query,
        listing=listing,
        assessment=assessment,
        blind=blind,
        cues=cues,
        cues_left_out=max(0, len(assessment.cues) - MAX_CUES) if assessment else 0,
        title=mark_field(listing, "title", cues),
        description=mark_field(listing, "description", cues),
        price=mark_field(listing, "price", cues),
        site_text=mark_field(listing, "site_text", cues),
        site=site,
        site_pages=mark_site_pages(site, cues),
        facts=facts(listing),
        registers=registers,
        register_answers=shown_answers(registers) if registers else [],
        latest=latest,
        versions=[(after, changes(before, after)) for before, after in itertools.pairwise(versions)][-VERSIONS_SHOWN:],
        state=review_state(desk.casefile, listing.id),
        history=history(desk.casefile, listing.id),
        own_verdict=next((d.verdict for d in reversed(standing) if d.person == person.pseudonym), None),
        next_path=next_path(desk, visit, query, listing.id, priority_of(stored)),
        text_part=TEXT_PART,
        reasons=REASONS,
        verdicts=VERDICT_KEYS,
        shown_at=int(time.time() * 1000),
        problem=problem,
        draft_reasons=draft[0],
        draft_note=draft[1],
    )


VERDICT_KEYS: Final[tuple[tuple[Verdict, str, str], ...]] = (
    ("confirm", "Confirm", "c"),
    ("reject", "Reject", "r"),
    ("unsure", "Unsure", "u"),
    ("escalate", "Escalate", "e"),
)
"""Verdict, what its button says, its key."""


def show_text(desk: Desk, visit: Visit) -> Response:
    """Show the whole of one raw field, part by part, with its cues marked."""
    listing = requested_listing(desk, visit)
    field = visit.query("field", 20) or ""
    text = field_text(listing, field) if field in TEXT_FIELDS else None
    if not text:
        raise HTTPException(HTTPStatus.NOT_FOUND, "This listing has no such text.")
    log_read(desk.casefile, f"person:{visit.reader.id}", f"listing:{listing.id}")
    parts = (len(text) + TEXT_PART - 1) // TEXT_PART
    asked = visit.query("part", 9) or "1"
    part = min(max(int(asked), 1), parts) if asked.isascii() and asked.isdigit() else 1
    blind = blind_among(desk.casefile, [listing.id], person=visit.reader.id)
    cues = number_cues(listing, None if blind else get_assessment(desk.casefile, listing.id, listing.version))
    return desk.pages.page(
        "text.html",
        **shell(desk, visit),
        listing=listing,
        field=field,
        marked_field=mark_field(listing, field, cues, start=(part - 1) * TEXT_PART, limit=TEXT_PART),
        cues=[numbered for numbered in cues if numbered.cue.field == field],
        part=part,
        parts=parts,
        query=filter_query(visit),
    )
