"""The queue screen: what to look at first."""

from http import HTTPStatus

from starlette.responses import RedirectResponse, Response

from casefile.listings import count_unassessed
from casefile.queue import facets, next_item, page
from casefile.queue_filter import QueueError, QueueFilter
from review_ui.access import Desk, Visit
from review_ui.filters import FACET_OF, FACETS, filter_query, to_filter
from review_ui.item_address import item_path
from review_ui.render import query_string
from review_ui.shell import shell

PAGE_ROWS = 50


def facet_values(desk: Desk, chosen: QueueFilter) -> dict[str, list[tuple[str, int]]]:
    """Return what each filter offers, under the names that stand in the address."""
    found = facets(desk.casefile, chosen)
    return {name: found[FACET_OF.get(name, name)] for name in FACETS}


def show(desk: Desk, visit: Visit) -> Response:
    """Show one page of the queue in order of priority."""
    query = filter_query(visit)
    chosen = to_filter(query)
    try:
        found = page(desk.casefile, chosen, after=visit.query("after", 1000), limit=PAGE_ROWS, person=visit.reader.id)
    except QueueError:
        # A cursor from another filter or an edited address: the first page is what is meant.
        return RedirectResponse(f"/{query_string(query)}", HTTPStatus.SEE_OTHER)
    frame = shell(desk, visit)
    return desk.pages.page(
        "queue.html",
        **frame,
        unassessed=0 if frame["counts"]["all"] else count_unassessed(desk.casefile, model_id=None),
        query=query,
        state=chosen.state,
        rows=found.rows,
        next_cursor=found.next_cursor,
        paged=visit.query("after", 1000) is not None,
        facet_names=FACETS,
        facets=facet_values(desk, chosen),
        filtered=any(value for name, value in query.items() if name != "state"),
    )


def start(desk: Desk, visit: Visit) -> Response:
    """Open the most valuable item of the filter."""
    query = filter_query(visit)
    row = next_item(desk.casefile, to_filter(query), person=visit.reader.id)
    where = item_path(row.listing_id, query) if row else f"/{query_string(query)}"
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)
