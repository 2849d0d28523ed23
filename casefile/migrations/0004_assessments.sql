-- What a model said of a listing version, read together with a version of the site's pages (0: no site known).
-- The newest row (highest id) of a listing version is the one shown.
CREATE TABLE assessments (
    id INTEGER PRIMARY KEY,
    listing_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    model TEXT NOT NULL,
    lexicon TEXT NOT NULL,
    site_version INTEGER NOT NULL,
    assessed_at TEXT NOT NULL,
    record TEXT NOT NULL,
    UNIQUE (listing_id, version, model, lexicon, site_version),
    FOREIGN KEY (listing_id, version) REFERENCES listing_versions (listing_id, version)
) STRICT;
