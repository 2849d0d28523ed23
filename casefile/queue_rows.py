"""Keeps the queue's rows, filters, counters and search text in step with what they show.

Called in the transaction that saves an assessment or a decision. Everything here can be worked out again from the
listings, assessments and decisions; it exists so that a page of the queue never has to look at more than it shows.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casefile.listings import load_site
from casefile.records import Assessment, Listing, utc_text
from casefile.standing import events, first_confirmer, standing, state_of

if TYPE_CHECKING:
    from casefile.store import Transaction

TITLE_CHARACTERS = 300
SEARCH_CHARACTERS = 20_000
SUSPECTED_FROM = 0.5
"""A class is named in the queue from this probability on."""


@dataclass(frozen=True)
class _Row:
    """One row of the queue, in the order of its columns after ``id``."""

    listing_id: str
    version: int
    state: str
    priority: float
    risk: float
    kind: str
    title: str
    site: str
    language: str | None
    country: str | None
    captured_at: str | None
    suspected: str
    cues: str
    substances: str
    first_decider: str | None

    def values(self) -> tuple[object, ...]:
        return tuple(self.__dict__.values())

    def facets(self) -> list[tuple[str, str]]:
        """Return every facet value this listing can be found under."""
        single = [("site", self.site), ("language", self.language), ("country", self.country)]
        found = [(facet, value) for facet, value in single if value]
        found += [("product", value) for value in dict.fromkeys(json.loads(self.substances))]
        return found + [("suspected", value) for value in json.loads(self.suspected)]


_COLUMNS = tuple(_Row.__dataclass_fields__)


def fold(text: str) -> str:
    """Return text as it is searched: compatibility forms and letter case do not matter."""
    return unicodedata.normalize("NFKC", text).casefold()


def refresh(tx: "Transaction", listing_ids: Sequence[str]) -> None:
    """Work out the queue rows of these listings again; those without an assessment get none."""
    needed = tx.execute("SELECT confirmations_needed FROM review_rule").fetchone()[0]
    ids = json.dumps(list(listing_ids))
    old = {
        row["listing_id"]: row
        for row in tx.execute("SELECT q.* FROM json_each(?) j CROSS JOIN queue q ON q.listing_id = j.value", (ids,))
    }
    asked = "SELECT j.value FROM json_each(?) j WHERE EXISTS (SELECT 1 FROM decisions WHERE listing_id = j.value)"
    decided = {row[0] for row in tx.execute(asked, (ids,))}
    counts: Counter[tuple[str, str, str]] = Counter()
    countries: dict[str, str | None] = {}
    for listing_id in listing_ids:
        source = tx.execute(_SOURCE, (listing_id,)).fetchone()
        if source is None:
            continue
        listing = Listing.model_validate_json(source["listing"])
        assessment = Assessment.model_validate_json(source["assessment"])
        state, decider = "open", None
        if listing_id in decided:
            now_standing = standing(events(tx, listing_id), assessment.version)
            state, decider = state_of(now_standing, needed), first_confirmer(tx, now_standing)
        country = _country(tx, listing, countries)
        row = _row(listing, assessment, state=state, country=country, first_decider=decider)
        before = _Row(**{name: old[listing_id][name] for name in _COLUMNS}) if listing_id in old else None
        if row != before:
            _put(tx, old[listing_id]["id"] if before else None, row, before, counts)
            if before is None or (before.version, before.title) != (row.version, row.title):
                _put_text(tx, listing)
    tx.executemany(
        "INSERT INTO queue_counts VALUES (?, ?, ?, max(?, 0)) ON CONFLICT DO UPDATE SET n = n + ?",
        [(*key, change, change) for key, change in counts.items() if change],
    )


# The version shown is the latest that was assessed.
_SOURCE = """
    SELECT v.record AS listing, a.record AS assessment
    FROM assessments a
    JOIN listings l ON l.id = a.listing_id
    JOIN listing_versions v ON v.listing_id = a.listing_id AND v.version = a.version
    WHERE a.listing_id = ?
    ORDER BY a.version = l.latest_version DESC, a.version DESC, a.id DESC LIMIT 1"""


def _country(tx: "Transaction", listing: Listing, known: dict[str, str | None]) -> str | None:
    """Return where the listing ships from, else the country of its site."""
    if listing.ships_from:
        return listing.ships_from[:60]
    host = listing.site
    if host is None:
        return None
    if host not in known:
        site = load_site(tx, host)
        known[host] = site.country if site else None
    return known[host]


def _row(
    listing: Listing, assessment: Assessment, *, state: str, country: str | None, first_decider: str | None
) -> _Row:
    likely = sorted((-p, name) for name, p in assessment.suspected.items() if p >= SUSPECTED_FROM)
    substances = assessment.substances or (listing.product.substances if listing.product else ())
    return _Row(
        listing_id=listing.id,
        version=listing.version,
        state=state,
        # Rounded, since cursors carry it as text and filters meet on it exactly.
        priority=round(assessment.priority, 6),
        risk=assessment.risk,
        kind=assessment.kind,
        title=(listing.title or listing.description or "")[:TITLE_CHARACTERS],
        site=listing.site or "",
        language=assessment.language or listing.language,
        country=country,
        captured_at=utc_text(listing.captured_at) if listing.captured_at else None,
        suspected=json.dumps([name for _, name in likely]),
        cues=json.dumps(list(dict.fromkeys(cue.cue for cue in assessment.cues))),
        substances=json.dumps([value[:100] for value in substances], ensure_ascii=False),
        first_decider=first_decider,
    )


def _put(
    tx: "Transaction", row_id: int | None, row: _Row, before: _Row | None, counts: Counter[tuple[str, str, str]]
) -> None:
    if row_id is None:
        marks = ", ".join("?" * len(_COLUMNS))
        tx.execute(f"INSERT INTO queue ({', '.join(_COLUMNS)}) VALUES ({marks})", row.values())  # noqa: S608 - constant names
    else:
        sets = ", ".join(f"{name} = ?" for name in _COLUMNS)
        tx.execute(f"UPDATE queue SET {sets} WHERE id = ?", (*row.values(), row_id))  # noqa: S608 - constant names
    if before is not None:
        tx.executemany(
            "DELETE FROM queue_facets WHERE facet = ? AND value = ? AND state = ? AND priority = ? AND listing_id = ?",
            [(*key, before.state, before.priority, before.listing_id) for key in before.facets()],
        )
        counts.subtract((*key, before.state) for key in [("", ""), *before.facets()])
    tx.executemany(
        "INSERT INTO queue_facets VALUES (?, ?, ?, ?, ?)",
        [(*key, row.state, row.priority, row.listing_id) for key in row.facets()],
    )
    counts.update((*key, row.state) for key in [("", ""), *row.facets()])


def _put_text(tx: "Transaction", listing: Listing) -> None:
    """Index the text of a listing, and take what its row had before out of the index."""
    row_id = tx.execute("SELECT id FROM queue WHERE listing_id = ?", (listing.id,)).fetchone()[0]
    before = tx.execute("SELECT text FROM queue_text WHERE id = ?", (row_id,)).fetchone()
    seller = (listing.seller.name, listing.seller.handle) if listing.seller else ()
    contacts = (contact.raw for contact in listing.contacts)
    parts = (listing.title, listing.site, *seller, *contacts, listing.description)
    text = fold("\n".join(part for part in parts if part))[:SEARCH_CHARACTERS]
    if before is not None:
        if before["text"] == text:
            return
        # An external-content index is told the old text to forget it.
        tx.execute(
            "INSERT INTO queue_search (queue_search, rowid, text) VALUES ('delete', ?, ?)", (row_id, before["text"])
        )
    tx.execute("INSERT OR REPLACE INTO queue_text VALUES (?, ?)", (row_id, text))
    tx.execute("INSERT INTO queue_search (rowid, text) VALUES (?, ?)", (row_id, text))
