-- Listings with every version that was ever seen, and what whole shops say.
CREATE TABLE listings (
    id TEXT PRIMARY KEY,
    site TEXT,
    latest_version INTEGER NOT NULL,
    latest_hash TEXT NOT NULL,
    latest_at TEXT,
    versions INTEGER NOT NULL
) STRICT;

CREATE INDEX listings_by_site ON listings (site, id);

CREATE TABLE listing_versions (
    listing_id TEXT NOT NULL REFERENCES listings (id) DEFERRABLE INITIALLY DEFERRED,
    version INTEGER NOT NULL CHECK (version >= 1),
    content_hash TEXT NOT NULL,
    captured_at TEXT,
    bundle_hash TEXT NOT NULL REFERENCES bundles (hash),
    record TEXT NOT NULL,
    PRIMARY KEY (listing_id, version)
) STRICT;

CREATE TRIGGER listing_versions_never_updated BEFORE UPDATE ON listing_versions
BEGIN
    SELECT RAISE(ABORT, 'a changed listing is a new version, never an update');
END;

-- Each time a page showed a version: the first time and every time it was seen unchanged.
CREATE TABLE observations (
    listing_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    bundle_hash TEXT NOT NULL REFERENCES bundles (hash),
    capture_id TEXT NOT NULL,
    seen_at TEXT,
    PRIMARY KEY (listing_id, version, bundle_hash, capture_id),
    FOREIGN KEY (listing_id, version) REFERENCES listing_versions (listing_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE site_versions (
    host TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    content_hash TEXT NOT NULL,
    captured_at TEXT NOT NULL,
    bundle_hash TEXT NOT NULL REFERENCES bundles (hash),
    record TEXT NOT NULL,
    PRIMARY KEY (host, version)
) STRICT;

CREATE TRIGGER site_versions_never_updated BEFORE UPDATE ON site_versions
BEGIN
    SELECT RAISE(ABORT, 'a changed site is a new version, never an update');
END;

-- The version of each site that is shown and assessed: the one captured last.
CREATE TABLE sites (
    host TEXT PRIMARY KEY,
    latest_version INTEGER NOT NULL,
    FOREIGN KEY (host, latest_version) REFERENCES site_versions (host, version)
) STRICT;
