"""The queue's filter as it stands in the address, so that a filtered queue can be bookmarked and shared."""

import re
from collections.abc import Mapping
from typing import Final

from casefile.queue_filter import QueueFilter
from casefile.records import SUSPECTED_CLASSES
from review_ui.access import Visit
from review_ui.render import STATE_NAMES

FACETS: Final = {
    "product": "Product",
    "site": "Site",
    "country": "Country",
    "language": "Language",
    "class": "Suspected class",
}
"""Query parameter to its label, in the order shown."""


FACET_OF: Final = {"class": "suspected"}
"""Query parameters that the casefile knows by another name."""

_BATCH: Final = re.compile(r"B\d{4}-\d{5}")
"""The id of a batch: in an address, it takes the place of the queue."""

MOST_CHARACTERS: Final = 200
"""Of one parameter: longer than any host or substance name, short enough for an address."""


def clean_query(given: Mapping[str, str]) -> dict[str, str | None]:
    """Return the filter's parameters; what is over-long, an unknown state, class or batch falls away."""
    query: dict[str, str | None] = {}
    for name in (*FACETS, "state", "q", "batch"):
        value = given.get(name, "").strip()
        query[name] = value if value and len(value) <= MOST_CHARACTERS else None
    if query["batch"] and not _BATCH.fullmatch(query["batch"]):
        query["batch"] = None
    if query["class"] not in SUSPECTED_CLASSES:
        query["class"] = None
    if query["state"] not in STATE_NAMES or query["state"] == "open":
        query["state"] = None
    return query


def filter_query(visit: Visit) -> dict[str, str | None]:
    """Return the filter's parameters of a request."""
    return clean_query(visit.request.query_params)


def to_filter(query: Mapping[str, str | None]) -> QueueFilter:
    """Return the casefile's filter for the parameters of :func:`clean_query`."""
    return QueueFilter(
        product=query["product"],
        site=query["site"],
        country=query["country"],
        language=query["language"],
        suspected=query["class"],
        state=query["state"] or "open",
        text=query["q"],
    )
