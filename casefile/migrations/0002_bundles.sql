-- Evidence that was taken in: one row per bundle, its captures, and what happened to it since.
CREATE TABLE bundles (
    hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
    run_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at TEXT NOT NULL,
    ingested_at TEXT NOT NULL,
    ingested_by TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    listings INTEGER NOT NULL,
    captures INTEGER NOT NULL,
    sites INTEGER NOT NULL,
    result TEXT NOT NULL
) STRICT;

-- A capture id that a later bundle repeats never takes the place of the earlier one: lowest id first.
CREATE TABLE captures (
    id INTEGER PRIMARY KEY,
    capture_id TEXT NOT NULL,
    bundle_hash TEXT NOT NULL REFERENCES bundles (hash),
    record TEXT NOT NULL,
    UNIQUE (capture_id, bundle_hash)
) STRICT;

CREATE INDEX captures_by_bundle ON captures (bundle_hash);

-- Continues the custody chain that the bundle itself carries and that its manifest seals.
CREATE TABLE custody (
    id INTEGER PRIMARY KEY,
    bundle_hash TEXT NOT NULL REFERENCES bundles (hash),
    record TEXT NOT NULL
) STRICT;

CREATE INDEX custody_by_bundle ON custody (bundle_hash, id);

CREATE TRIGGER captures_never_updated BEFORE UPDATE ON captures
BEGIN
    SELECT RAISE(ABORT, 'a capture is evidence: it is never changed');
END;

CREATE TRIGGER custody_never_updated BEFORE UPDATE ON custody
BEGIN
    SELECT RAISE(ABORT, 'the custody log is append-only: an entry is never changed');
END;

CREATE TRIGGER captures_never_deleted BEFORE DELETE ON captures
BEGIN
    SELECT RAISE(ABORT, 'a capture is evidence: it is never deleted');
END;

CREATE TRIGGER custody_never_deleted BEFORE DELETE ON custody
BEGIN
    SELECT RAISE(ABORT, 'the custody log is append-only: an entry is never deleted');
END;
