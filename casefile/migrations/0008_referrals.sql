-- Signed packages that were made. The row is committed before the package gets its name in referrals/, so that a crash
-- in between loses nothing: the finished draft is put in place by the next command (casefile/referral/outbox.py).
CREATE TABLE referrals (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    type TEXT NOT NULL CHECK (type IN ('initial', 'follow_up', 'correction', 'retraction')),
    made_at TEXT NOT NULL,
    made_by TEXT NOT NULL REFERENCES people (id),
    recipients TEXT NOT NULL,
    handling TEXT NOT NULL,
    file TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    bytes INTEGER NOT NULL CHECK (bytes > 0),
    key_fingerprint TEXT NOT NULL CHECK (length(key_fingerprint) = 64),
    relates_to TEXT REFERENCES referrals (id)
) STRICT;

CREATE INDEX referrals_by_case ON referrals (case_id, made_at);

CREATE TRIGGER referrals_never_updated BEFORE UPDATE ON referrals
BEGIN
    SELECT RAISE(ABORT, 'a referral was signed: it is never changed, a correction is one more');
END;

CREATE TRIGGER referrals_never_deleted BEFORE DELETE ON referrals
BEGIN
    SELECT RAISE(ABORT, 'a referral was signed: it is never deleted, a retraction is one more');
END;

-- INSERT OR REPLACE deletes without firing a delete trigger.
CREATE TRIGGER referrals_never_replaced BEFORE INSERT ON referrals
WHEN EXISTS (SELECT 1 FROM referrals WHERE id = NEW.id OR file = NEW.file)
BEGIN
    SELECT RAISE(ABORT, 'a referral was signed: it is never replaced');
END;
