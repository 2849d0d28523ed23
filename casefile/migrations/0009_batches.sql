-- Batches for review: which listings were chosen together, for which reason each, and how probable that was. What was
-- drawn at random is the only ground on which prevalence is estimated, so none of it is ever changed.
CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    made_at TEXT NOT NULL,
    made_by TEXT NOT NULL,
    seed INTEGER NOT NULL,
    model TEXT NOT NULL,
    threshold REAL NOT NULL,
    frame INTEGER NOT NULL CHECK (frame >= 1),
    drawn INTEGER NOT NULL CHECK (drawn >= 0 AND drawn <= frame)
) STRICT;

-- part: why it was chosen first. drawn: whether the random draw over the whole frame hit it as well (its probability
-- there is batches.drawn / batches.frame). probability: of being in the batch for any reason. blind: judged without
-- the score being shown.
CREATE TABLE batch_items (
    batch_id TEXT NOT NULL REFERENCES batches (id),
    place INTEGER NOT NULL CHECK (place >= 1),
    listing_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    part TEXT NOT NULL CHECK (part IN ('top', 'margin', 'random')),
    drawn INTEGER NOT NULL CHECK (drawn IN (0, 1)),
    probability REAL NOT NULL CHECK (probability > 0 AND probability <= 1),
    risk REAL NOT NULL,
    blind INTEGER NOT NULL CHECK (blind IN (0, 1)),
    PRIMARY KEY (batch_id, place),
    UNIQUE (batch_id, listing_id),
    FOREIGN KEY (listing_id, version) REFERENCES listing_versions (listing_id, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX batch_items_by_listing ON batch_items (listing_id, version);

CREATE TRIGGER batches_never_updated BEFORE UPDATE ON batches
BEGIN
    SELECT RAISE(ABORT, 'a batch is how listings were chosen: it is never changed');
END;

CREATE TRIGGER batches_never_deleted BEFORE DELETE ON batches
BEGIN
    SELECT RAISE(ABORT, 'a batch is how listings were chosen: it is never deleted');
END;

CREATE TRIGGER batch_items_never_updated BEFORE UPDATE ON batch_items
BEGIN
    SELECT RAISE(ABORT, 'a batch is how listings were chosen: it is never changed');
END;

CREATE TRIGGER batch_items_never_deleted BEFORE DELETE ON batch_items
BEGIN
    SELECT RAISE(ABORT, 'a batch is how listings were chosen: it is never deleted');
END;

-- INSERT OR REPLACE deletes without firing a delete trigger.
CREATE TRIGGER batches_never_replaced BEFORE INSERT ON batches
WHEN EXISTS (SELECT 1 FROM batches WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'a batch is how listings were chosen: it is never replaced');
END;

CREATE TRIGGER batch_items_never_replaced BEFORE INSERT ON batch_items
WHEN EXISTS (SELECT 1 FROM batch_items WHERE batch_id = NEW.batch_id AND (place = NEW.place OR listing_id = NEW.listing_id))
BEGIN
    SELECT RAISE(ABORT, 'a batch is how listings were chosen: it is never replaced');
END;
