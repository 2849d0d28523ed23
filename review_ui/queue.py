"""The queue screen: what to look at first."""

from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus

from starlette.responses import RedirectResponse, Response

from casefile.batches import blind_among
from casefile.listings import count_unassessed
from casefile.queue import QueuePage, QueueRow, facets, next_item, page
from casefile.queue_filter import QueueError, QueueFilter
from review_ui.access import Desk, Visit
from review_ui.filters import FACET_OF, FACETS, filter_query, to_filter
from review_ui.item_address import item_path
from review_ui.render import query_string
from review_ui.shell import shell

PAGE_ROWS = 50
COUNTED_ROWS = 100
"""How many rows the numbers beside narrowed filter values are counted over."""


def facet_values(desk: Desk, chosen: QueueFilter, shown: QueuePage) -> tuple[dict[str, list[tuple[str, int]]], bool]:
    """Return what each filter offers, under the names that stand in the address, and whether the numbers are exact.

    From counters where no other filter narrows; else counted over the first rows of what is chosen. A search is not
    walked twice: it counts over the rows of the page ``shown``.
    """
    found = facets(desk.casefile, QueueFilter(state=chosen.state))
    asked = chosen.facets().keys()
    exact = True
    if asked or chosen.text:
        first = shown if chosen.text else page(desk.casefile, chosen, limit=COUNTED_ROWS)
        exact = first.next_cursor is None
        for facet, values in _count_values(first.rows).items():
            if chosen.text or asked - {facet}:
                found[facet] = values
    return {name: found[FACET_OF.get(name, name)] for name in FACETS}, exact


def _count_values(rows: Sequence[QueueRow]) -> dict[str, list[tuple[str, int]]]:
    """Count the facet values of rows, most first."""
    counted: dict[str, Counter[str]] = {
        "product": Counter(name for row in rows for name in set(row.substances)),
        "suspected": Counter(name for row in rows for name in row.suspected),
        "site": Counter(row.site for row in rows if row.site),
        "country": Counter(row.country for row in rows if row.country),
        "language": Counter(row.language for row in rows if row.language),
    }
    return {facet: sorted(values.items(), key=lambda one: (-one[1], one[0])) for facet, values in counted.items()}


def show(desk: Desk, visit: Visit) -> Response:
    """Show one page of the queue in order of priority."""
    query = filter_query(visit)
    if query["batch"]:  # where the way through a batch ends
        return RedirectResponse(
            f"/batch{query_string({'id': query['batch'], 'done': visit.query('done')})}", HTTPStatus.SEE_OTHER
        )
    chosen = to_filter(query)
    try:
        found = page(desk.casefile, chosen, after=visit.query("after", 1000), limit=PAGE_ROWS, person=visit.reader.id)
    except QueueError:
        # A cursor from another filter or an edited address: the first page is what is meant.
        return RedirectResponse(f"/{query_string(query)}", HTTPStatus.SEE_OTHER)
    frame = shell(desk, visit)
    values, exact = facet_values(desk, chosen, found)
    return desk.pages.page(
        "queue.html",
        **frame,
        unassessed=0 if frame["counts"]["all"] else count_unassessed(desk.casefile, model_id=None),
        query=query,
        state=chosen.state,
        rows=found.rows,
        blind=blind_among(desk.casefile, [row.listing_id for row in found.rows], person=visit.reader.id),
        next_cursor=found.next_cursor,
        paged=visit.query("after", 1000) is not None,
        facet_names=FACETS,
        facets=values,
        facets_exact=exact,
        filtered=any(value for name, value in query.items() if name != "state"),
    )


def start(desk: Desk, visit: Visit) -> Response:
    """Open the most valuable item of the filter."""
    query = filter_query(visit)
    row = next_item(desk.casefile, to_filter(query), person=visit.reader.id)
    where = item_path(row.listing_id, query) if row else f"/{query_string(query)}"
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)
