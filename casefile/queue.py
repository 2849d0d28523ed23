"""The queue as people read it: pages in order of priority, the next item, filters, counts and search.

Order: priority from high to low, then listing id. Paging is by key (``priority <= ? AND (priority < ? OR id > ?)``; a
row-value comparison with mixed directions would sort in a temporary B-tree), never by offset. A page reads rows of
one index in order; with filters it walks the rarest filter value and looks the others up; with search text it asks
the trigram index when the words are rare and walks the queue when they are common.
"""

import heapq
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, NamedTuple

from casefile.queue_rows import fold
from casefile.records import ReviewState

if TYPE_CHECKING:
    import sqlite3

    from casefile.store import Casefile

STATES: tuple[ReviewState, ...] = (
    "open", "needs_second", "confirmed", "rejected", "unsure", "escalated", "disputed",
)  # fmt: skip
Facet = Literal["product", "site", "country", "language", "suspected"]
FACETS: tuple[Facet, ...] = ("product", "site", "country", "language", "suspected")
MAX_PAGE = 200
RARE = 5_000
"""A search with at most so many candidates is answered from the trigram index alone."""
WALK = 20_000
"""How many rows one search or one page of several filters walks at most before it hands back a shorter page."""
SAMPLE = 2_000
"""Facets under a filter are counted over so many rows of the highest priority."""
FACET_VALUES = 50


class QueueError(ValueError):
    """A filter or cursor that makes no sense; the message says which."""


@dataclass(frozen=True)
class QueueFilter:
    """What to show. ``state`` is a review state or ``all``; everything else is left open when None."""

    product: str | None = None
    """A substance, as INN in lower case."""
    site: str | None = None
    country: str | None = None
    language: str | None = None
    suspected: str | None = None
    state: str | None = "open"
    text: str | None = None
    """Words or fragments in any script, all of which must occur; ``"..."`` keeps words together."""

    def facets(self) -> dict[str, str]:
        """Return the facet values asked for."""
        return {name: value for name in FACETS if (value := getattr(self, name))}

    def states(self) -> tuple[str, ...]:
        """Return the review states asked for; raises :class:`QueueError`."""
        state = self.state or "open"
        if state == "all":
            return STATES
        if state not in STATES:
            raise QueueError(f"state '{state}' is unknown; the states are {', '.join(STATES)} and all")
        return (state,)


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


class _Place(NamedTuple):
    priority: float
    listing_id: str


_TOP = _Place(float("inf"), "")


def page(
    casefile: "Casefile", filter: QueueFilter, *, after: str | None = None, limit: int = 50, person: str | None = None
) -> QueuePage:
    """Return the next ``limit`` rows (at most 200) after a cursor.

    With ``person`` (an id), rows that wait for a second confirmation do not include those this person confirmed.
    Raises :class:`QueueError` for a cursor or state that this module did not make.
    """
    limit = max(1, min(limit, MAX_PAGE))
    with casefile.read() as db:
        found, last, ended = _collect(db, filter, after=_place(after), wanted=limit, person=person)
    return QueuePage(tuple(found), None if ended or last is None else _cursor(last))


def next_item(
    casefile: "Casefile",
    filter: QueueFilter,
    *,
    person: str,
    after: tuple[float, str] | None = None,
    skip: Sequence[str] = (),
) -> QueueRow | None:
    """Return the most valuable row that ``person`` can decide, after a place and without the ids in ``skip``."""
    start: _Place | None = _Place(*after) if after is not None else _TOP
    with casefile.read() as db:
        while start is not None:
            found, last, ended = _collect(db, filter, after=start, wanted=len(skip) + 1, person=person)
            for row in found:
                if row.listing_id not in skip:
                    return row
            start = None if ended else last
    return None


def counts(casefile: "Casefile") -> dict[str, int]:
    """Return how many listings are in each state, and under ``all``."""
    with casefile.read() as db:
        rows = dict(db.execute("SELECT state, n FROM queue_counts WHERE facet = '' AND value = ''").fetchall())
    return {state: rows.get(state, 0) for state in STATES} | {"all": sum(rows.values())}


def facets(casefile: "Casefile", filter: QueueFilter) -> dict[str, list[tuple[str, int]]]:
    """Return up to 50 values of each facet with how many listings have them, most first.

    Exact, from counters, for a facet that no other filter narrows; counted over the 2,000 rows of highest priority
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


def _counted(db: "sqlite3.Connection", facet: str, states: tuple[str, ...]) -> list[tuple[str, int]]:
    total: Counter[str] = Counter()
    for state in states:
        rows = db.execute(
            "SELECT value, n FROM queue_counts WHERE facet = ? AND state = ? AND n > 0 ORDER BY n DESC, value LIMIT ?",
            (facet, state, FACET_VALUES),
        )
        total.update(dict(rows.fetchall()))
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))[:FACET_VALUES]


def _sampled(db: "sqlite3.Connection", filter: QueueFilter) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
    rows, _, _ = _collect(db, filter, after=_TOP, wanted=SAMPLE, person=None)
    for row in rows:
        found["product"].update(dict.fromkeys(row.substances, 1))
        found["suspected"].update(row.suspected)
        for facet in ("site", "country", "language"):
            value = getattr(row, facet)
            if value:
                found[facet][value] += 1
    return found


def _place(cursor: str | None) -> _Place:
    if cursor is None:
        return _TOP
    priority, _, listing_id = cursor.partition("~")
    try:
        return _Place(float(priority), listing_id)
    except ValueError:
        raise QueueError("this page address is not one the queue gave out: start again at its first page") from None


def _cursor(place: _Place) -> str:
    return f"{place.priority!r}~{place.listing_id}"


def _collect(
    db: "sqlite3.Connection", filter: QueueFilter, *, after: _Place, wanted: int, person: str | None
) -> tuple[list[QueueRow], _Place | None, bool]:
    """Return up to ``wanted`` rows, the place reached, and whether that is the end."""
    search = _Search.of(db, filter.text)
    streams = [_stream(db, filter, state, search, after, person, wanted) for state in filter.states()]
    merged = heapq.merge(*streams, key=lambda row: (-row["priority"], row["listing_id"]))
    found: list[sqlite3.Row] = []
    last: _Place | None = None
    for walked, row in enumerate(merged):
        if len(found) == wanted or walked == WALK:
            return _rows(db, found), last, False
        last = _Place(row["priority"], row["listing_id"])
        if row["fits"]:
            found.append(row)
    return _rows(db, found), last, True


_COLUMNS = ", ".join(f"q.{field.name}" for field in fields(QueueRow))


def _stream(
    db: "sqlite3.Connection",
    filter: QueueFilter,
    state: str,
    search: "_Search",
    after: _Place,
    person: str | None,
    wanted: int,
) -> Iterator["sqlite3.Row"]:
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
        after = _Place(rows[-1]["priority"], rows[-1]["listing_id"])
        chunk = min(chunk * 4, 2_000)


def _select(
    db: "sqlite3.Connection", filter: QueueFilter, state: str, search: "_Search", person: str | None
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
    sql = f"SELECT {_COLUMNS}, {fits} AS fits FROM {source} {text_join} WHERE {' AND '.join(conditions)}"  # noqa: S608 - constant parts
    return sql, values


def _count(db: "sqlite3.Connection", facet: tuple[str, str], state: str) -> int:
    row = db.execute(
        "SELECT n FROM queue_counts WHERE facet = ? AND value = ? AND state = ?", (*facet, state)
    ).fetchone()
    return row["n"] if row else 0


class _Search(NamedTuple):
    """Search words, and the only rows that can hold them when the index knows so."""

    values: list[str]
    candidates: list[int] | None

    @classmethod
    def of(cls, db: "sqlite3.Connection", text: str | None) -> "_Search":
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


def _rows(db: "sqlite3.Connection", found: "list[sqlite3.Row]") -> list[QueueRow]:
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
