"""The queue as people read it: pages in order of priority, the next item, filters, counts and search."""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from casefile.queue_filter import FACETS, STATES, Facet, QueueError, QueueFilter
from casefile.queue_walk import TOP, Place, collect

if TYPE_CHECKING:
    from casefile.store import Casefile

__all__ = [
    "FACETS", "STATES", "Facet", "QueueError", "QueueFilter", "QueuePage", "QueueRow", "counts", "facets", "next_item",
    "page",
]  # fmt: skip

MAX_PAGE = 200
SAMPLE = 1_000
"""Facets under a filter are counted over so many rows of the highest priority."""
FACET_VALUES = 50


@dataclass(frozen=True)
class QueueRow:
    """One assessed listing as a list shows it."""

    listing_id: str
    version: int
    title: str
    """At most 300 characters; the description's beginning where there is no title."""
    site: str
    language: str | None
    country: str | None
    kind: str
    risk: float
    priority: float
    suspected: tuple[str, ...]
    """Classes with a probability of at least 0.5, most probable first."""
    cues: tuple[str, ...]
    state: str
    captured_at: str | None
    """ISO 8601 in UTC."""
    substances: tuple[str, ...]
    first_decider: str | None
    """Pseudonym of who confirmed first."""

    @property
    def key(self) -> tuple[float, str]:
        """Return the place of the row in the order; give it to :func:`next_item` as ``after``."""
        return (self.priority, self.listing_id)


@dataclass(frozen=True)
class QueuePage:
    """Rows in order, and where the next page starts (None at the end)."""

    rows: tuple[QueueRow, ...]
    next_cursor: str | None
    """May be given although the page is short: then a search stopped after walking ``WALK`` rows and can go on."""


def page(
    casefile: "Casefile", filter: QueueFilter, *, after: str | None = None, limit: int = 50, person: str | None = None
) -> QueuePage:
    """Return the next ``limit`` rows (at most 200) after a cursor.

    With ``person`` (an id), rows that wait for a second confirmation do not include those this person confirmed.
    Raises :class:`QueueError` for a cursor or state that this module did not make.
    """
    limit = max(1, min(limit, MAX_PAGE))
    with casefile.read() as db:
        found, last, ended = collect(db, filter, after=_place(after), wanted=limit, person=person)
        rows = _rows(db, found)
    return QueuePage(tuple(rows), None if ended or last is None else _cursor(last))


def next_item(
    casefile: "Casefile",
    filter: QueueFilter,
    *,
    person: str,
    after: tuple[float, str] | None = None,
    skip: Sequence[str] = (),
) -> QueueRow | None:
    """Return the most valuable row that ``person`` can decide, after a place and without the ids in ``skip``."""
    start: Place | None = Place(*after) if after is not None else TOP
    with casefile.read() as db:
        while start is not None:
            found, last, ended = collect(db, filter, after=start, wanted=len(skip) + 1, person=person)
            for row in found:
                if row["listing_id"] not in skip:
                    return _rows(db, [row])[0]
            start = None if ended else last
    return None


def counts(casefile: "Casefile") -> dict[str, int]:
    """Return how many listings are in each state, and under ``all``."""
    with casefile.read() as db:
        rows = dict(db.execute("SELECT state, n FROM queue_counts WHERE facet = '' AND value = ''").fetchall())
    return {state: rows.get(state, 0) for state in STATES} | {"all": sum(rows.values())}


def facets(casefile: "Casefile", filter: QueueFilter) -> dict[str, list[tuple[str, int]]]:
    """Return up to 50 values of each facet with how many listings have them, most first.

    Exact, from counters, for a facet that no other filter narrows; counted over the 1,000 rows of highest priority
    otherwise.
    """
    asked = filter.facets()
    result: dict[str, list[tuple[str, int]]] = {}
    with casefile.read() as db:
        narrowed: dict[str, Counter[str]] | None = None
        for facet in FACETS:
            if not filter.text and not asked.keys() - {facet}:
                result[facet] = _counted(db, facet, filter.states())
                continue
            if narrowed is None:
                narrowed = _sampled(db, filter)
            result[facet] = sorted(narrowed[facet].items(), key=lambda item: (-item[1], item[0]))[:FACET_VALUES]
    return result


def _counted(db: sqlite3.Connection, facet: str, states: tuple[str, ...]) -> list[tuple[str, int]]:
    total: Counter[str] = Counter()
    for state in states:
        rows = db.execute(
            "SELECT value, n FROM queue_counts WHERE facet = ? AND state = ? AND n > 0 ORDER BY n DESC, value LIMIT ?",
            (facet, state, FACET_VALUES),
        )
        total.update(dict(rows.fetchall()))
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))[:FACET_VALUES]


def _sampled(db: sqlite3.Connection, filter: QueueFilter) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
    rows, _, _ = collect(db, filter, after=TOP, wanted=SAMPLE, person=None)
    for row in rows:
        found["product"].update(set(json.loads(row["substances"])))
        found["suspected"].update(json.loads(row["suspected"]))
        for facet in ("site", "country", "language"):
            if row[facet]:
                found[facet][row[facet]] += 1
    return found


def _place(cursor: str | None) -> Place:
    if cursor is None:
        return TOP
    priority, _, listing_id = cursor.partition("~")
    try:
        return Place(float(priority), listing_id)
    except ValueError:
        raise QueueError("this page address is not one the queue gave out: start again at its first page") from None


def _cursor(place: Place) -> str:
    return f"{place.priority!r}~{place.listing_id}"


def _rows(db: sqlite3.Connection, found: Sequence[sqlite3.Row]) -> list[QueueRow]:
    people = {row["first_decider"] for row in found} - {None}
    names = dict(
        db.execute(
            "SELECT id, pseudonym FROM people WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(people)),)
        ).fetchall()
    )
    return [
        QueueRow(
            **{field.name: row[field.name] for field in fields(QueueRow)}
            | {name: tuple(json.loads(row[name])) for name in ("suspected", "cues", "substances")}
            | {"first_decider": names.get(row["first_decider"])}
        )
        for row in found
    ]
