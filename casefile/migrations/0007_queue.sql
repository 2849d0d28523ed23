-- The queue as the desk reads it: one narrow row per assessed listing, kept by code (casefile/queue_rows.py) in the
-- transaction that changes what it shows. Nothing here is evidence: all of it can be worked out again.
CREATE TABLE queue (
    id INTEGER PRIMARY KEY,
    listing_id TEXT NOT NULL UNIQUE REFERENCES listings (id),
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    priority REAL NOT NULL,
    risk REAL NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    site TEXT NOT NULL,
    language TEXT,
    country TEXT,
    captured_at TEXT,
    suspected TEXT NOT NULL,
    cues TEXT NOT NULL,
    substances TEXT NOT NULL,
    first_decider TEXT REFERENCES people (id)
) STRICT;

CREATE INDEX queue_in_order ON queue (state, priority DESC, listing_id);

-- One row per value a listing can be filtered by, in queue order. Several filters meet by point look-ups.
CREATE TABLE queue_facets (
    facet TEXT NOT NULL,
    value TEXT NOT NULL,
    state TEXT NOT NULL,
    priority REAL NOT NULL,
    listing_id TEXT NOT NULL,
    PRIMARY KEY (facet, value, state, priority DESC, listing_id)
) STRICT, WITHOUT ROWID;

-- How many listings stand under each facet value and state; facet '' counts the states themselves.
CREATE TABLE queue_counts (
    facet TEXT NOT NULL,
    value TEXT NOT NULL,
    state TEXT NOT NULL,
    n INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (facet, value, state)
) STRICT, WITHOUT ROWID;

CREATE INDEX queue_counts_in_order ON queue_counts (facet, state, n DESC, value);

-- Folded text of each queue row, and a trigram index over it: fragments of any script of three characters and more.
CREATE TABLE queue_text (
    id INTEGER PRIMARY KEY REFERENCES queue (id),
    text TEXT NOT NULL
) STRICT;

CREATE VIRTUAL TABLE queue_search USING fts5(
    text, content='queue_text', content_rowid='id', tokenize='trigram', detail='none', columnsize=0
);
