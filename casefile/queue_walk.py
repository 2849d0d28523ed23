"""Walking the queue in order: which index is read, which rows fit, and where the walk stopped.

Order: priority from high to low, then listing id. Paging is by key (``priority <= ? AND (priority < ? OR id > ?)``; a
row-value comparison with mixed directions would sort in a temporary B-tree), never by offset. A walk reads rows of
one index in order; with filters it walks the rarest filter value and looks the others up; with search text it asks
the trigram index when the words are rare and walks the queue when they are common.
"""

import heapq
import json
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from casefile.queue_filter import QueueFilter
from casefile.queue_rows import fold

RARE = 5_000
"""A search with at most so many candidates is answered from the trigram index alone."""
WALK = 10_000
"""How many rows a search walks at most before it hands back a shorter page and the place to go on from."""


class Place(NamedTuple):
    """A place in the order: after the row of this priority and id."""

    priority: float
    listing_id: str


TOP = Place(float("inf"), "")


def collect(
    db: sqlite3.Connection, filter: QueueFilter, *, after: Place, wanted: int, person: str | None
) -> tuple[list[sqlite3.Row], Place | None, bool]:
    """Return up to ``wanted`` rows, the place reached, and whether that is the end."""
    search = _Search.of(db, filter.text)
    streams = [_stream(db, filter, state, search, after, person, wanted) for state in filter.states()]
    merged = heapq.merge(*streams, key=lambda row: (-row["priority"], row["listing_id"]))
    found: list[sqlite3.Row] = []
    last: Place | None = None
    for walked, row in enumerate(merged):
        if len(found) == wanted or walked == WALK:
            return found, last, False
        last = Place(row["priority"], row["listing_id"])
        if row["fits"]:
            found.append(row)
    return found, last, True


def _stream(
    db: sqlite3.Connection,
    filter: QueueFilter,
    state: str,
    search: "_Search",
    after: Place,
    person: str | None,
    wanted: int,
) -> Iterator[sqlite3.Row]:
    """Yield the rows of one state in order, read in chunks; ``fits`` says whether the search text is in them."""
    sql, values = _select(db, filter, state, search, person)
    chunk = min(max(wanted + 1, 50), 500)
    while True:
        rows = db.execute(
            f"{sql} ORDER BY d.priority DESC, d.listing_id LIMIT ?",
            (*values, after.priority, after.priority, after.listing_id, chunk),
        ).fetchall()
        yield from rows
        if len(rows) < chunk:
            return
        after = Place(rows[-1]["priority"], rows[-1]["listing_id"])
        chunk = min(chunk * 4, 2_000)


def _select(
    db: sqlite3.Connection, filter: QueueFilter, state: str, search: "_Search", person: str | None
) -> tuple[str, list[object]]:
    """Return the statement that walks one state, up to its keyset condition, and its parameters."""
    asked = list(filter.facets().items())
    if len(asked) > 1:
        asked.sort(key=lambda item: _count(db, item, state))
    conditions = ["d.state = ?"]
    values: list[object] = [*search.values, state]
    fits = " AND ".join(["instr(t.text, ?) > 0"] * len(search.values)) or "1"
    text_join = "JOIN queue_text t ON t.id = q.id" if search.values else ""
    if search.candidates is not None:
        source = "json_each(?) c CROSS JOIN queue d ON d.id = c.value CROSS JOIN queue q ON q.id = d.id"
        values.insert(len(search.values), json.dumps(search.candidates))
    elif asked:
        source = "queue_facets d CROSS JOIN queue q ON q.listing_id = d.listing_id"
        conditions += ["d.facet = ?", "d.value = ?"]
        values += asked.pop(0)
    else:
        source = "queue d CROSS JOIN queue q ON q.id = d.id"
    for facet in asked:
        conditions.append(
            "EXISTS (SELECT 1 FROM queue_facets o WHERE o.facet = ? AND o.value = ? AND o.state = d.state"
            " AND o.priority = d.priority AND o.listing_id = d.listing_id)"
        )
        values += facet
    if person is not None and state == "needs_second":
        conditions.append("q.first_decider IS NOT ?")
        values.append(person)
    conditions.append("d.priority <= ? AND (d.priority < ? OR d.listing_id > ?)")
    sql = f"SELECT q.*, {fits} AS fits FROM {source} {text_join} WHERE {' AND '.join(conditions)}"  # noqa: S608 - constant parts
    return sql, values


def _count(db: sqlite3.Connection, facet: tuple[str, str], state: str) -> int:
    row = db.execute(
        "SELECT n FROM queue_counts WHERE facet = ? AND value = ? AND state = ?", (*facet, state)
    ).fetchone()
    return row["n"] if row else 0


class _Search(NamedTuple):
    """Search words, and the only rows that can hold them when the index knows so."""

    values: list[str]
    candidates: list[int] | None

    @classmethod
    def of(cls, db: sqlite3.Connection, text: str | None) -> "_Search":
        words = _words(text or "")
        # The index keeps three letters of text together: shorter words can only be looked for in the text itself.
        grams = dict.fromkeys(word[i : i + 3] for word in words for i in range(len(word) - 2))
        if not grams:
            return cls(words, None)
        match = " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams)
        rows = db.execute(
            "SELECT rowid FROM queue_search WHERE queue_search MATCH ? LIMIT ?", (match, RARE + 1)
        ).fetchall()
        return cls(words, None if len(rows) > RARE else [row[0] for row in rows])


def _words(text: str) -> list[str]:
    """Return the folded words of a query (at most 8 of 64 characters); quoted ones keep their spaces."""
    words = []
    for number, part in enumerate(fold(text).split('"')):
        words += [part.strip()] if number % 2 else part.split()
    return [word[:64] for word in dict.fromkeys(words) if word][:8]
