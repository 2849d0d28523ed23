-- What people said: events only. An undo is one more row that names the row it takes back.
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    listing_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    person_id TEXT NOT NULL REFERENCES people (id),
    verdict TEXT NOT NULL CHECK (verdict IN ('confirm', 'reject', 'unsure', 'escalate')),
    reasons TEXT NOT NULL,
    note TEXT,
    undoes INTEGER UNIQUE REFERENCES decisions (id),
    blind INTEGER NOT NULL CHECK (blind IN (0, 1)),
    seconds REAL,
    at TEXT NOT NULL,
    FOREIGN KEY (listing_id, version) REFERENCES listing_versions (listing_id, version)
) STRICT;

CREATE INDEX decisions_by_listing ON decisions (listing_id, id);
CREATE INDEX decisions_by_person ON decisions (person_id, id);

CREATE TRIGGER decisions_never_updated BEFORE UPDATE ON decisions
BEGIN
    SELECT RAISE(ABORT, 'a decision is an event: it is never changed, undo adds one more');
END;

CREATE TRIGGER decisions_never_deleted BEFORE DELETE ON decisions
BEGIN
    SELECT RAISE(ABORT, 'a decision is an event: it is never deleted, undo adds one more');
END;

-- INSERT OR REPLACE deletes without firing a delete trigger.
CREATE TRIGGER decisions_never_replaced BEFORE INSERT ON decisions
WHEN EXISTS (SELECT 1 FROM decisions WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM decisions WHERE undoes = NEW.undoes)
BEGIN
    SELECT RAISE(ABORT, 'a decision is an event: it is never replaced, undo adds one more');
END;

-- The rule of the policy file that the stored review states were worked out under.
CREATE TABLE review_rule (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    confirmations_needed INTEGER NOT NULL CHECK (confirmations_needed IN (1, 2))
) STRICT;

INSERT INTO review_rule VALUES (1, 2);

CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    site TEXT NOT NULL,
    seller TEXT,
    seller_key TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'referred'))
) STRICT;

CREATE UNIQUE INDEX one_open_case_per_seller ON cases (site, seller_key) WHERE state = 'open';

CREATE TABLE case_listings (
    case_id TEXT NOT NULL REFERENCES cases (id),
    listing_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    added_at TEXT NOT NULL,
    PRIMARY KEY (case_id, listing_id, version),
    FOREIGN KEY (listing_id, version) REFERENCES listing_versions (listing_id, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX case_listings_by_listing ON case_listings (listing_id, version);

CREATE TABLE case_referrals (
    case_id TEXT NOT NULL REFERENCES cases (id),
    referral_id TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (case_id, referral_id)
) STRICT, WITHOUT ROWID;
