"""Batches for review: which there are, how far each is, and the way through one."""

from collections import Counter
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from casefile.batches import Batch, batch_ids, blind_among, get_batch, next_in_batch
from review_ui.access import Desk, Visit
from review_ui.filters import clean_query
from review_ui.item_address import item_path
from review_ui.shell import shell

BATCHES_SHOWN: Final = 50


def requested_batch(desk: Desk, visit: Visit) -> Batch:
    """Return the batch the address names; raises 404."""
    found = get_batch(desk.casefile, visit.query("id", 40) or visit.query("batch", 40) or "")
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "The casefile holds no batch with this id.")
    return found


def progress(found: Batch) -> list[tuple[str, int]]:
    """Return how many listings of a batch are in each state, most first."""
    counted = Counter(item.state for item in found.items)
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))


def show_all(desk: Desk, visit: Visit) -> Response:
    """Show the newest batches and how far they are."""
    ids = batch_ids(desk.casefile)
    shown = [one for one in (get_batch(desk.casefile, each) for each in ids[:BATCHES_SHOWN]) if one is not None]
    return desk.pages.page(
        "batches.html", **shell(desk, visit), batches=[(one, progress(one)) for one in shown], total=len(ids),
        prevalence=desk.prevalence(shown) if desk.prevalence and shown else None,
    )  # fmt: skip


def show(desk: Desk, visit: Visit) -> Response:
    """Show one batch; what a person still has to judge blind is listed without the model's word."""
    found = requested_batch(desk, visit)
    blind = blind_among(desk.casefile, [item.listing_id for item in found.items], person=visit.reader.id)
    return desk.pages.page(
        "batch.html", **shell(desk, visit), batch=found, progress=progress(found), blind=blind,
        query=clean_query({"batch": found.id}), prevalence=desk.prevalence([found]) if desk.prevalence else None,
        left=next_in_batch(desk.casefile, found.id, person=visit.reader.id),
    )  # fmt: skip


def start(desk: Desk, visit: Visit) -> Response:
    """Open the first listing of a batch that this person has to look at."""
    found = requested_batch(desk, visit)
    listing_id = next_in_batch(desk.casefile, found.id, person=visit.reader.id)
    query = clean_query({"batch": found.id})
    where = item_path(listing_id, query) if listing_id else f"/batch?id={found.id}"
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)
