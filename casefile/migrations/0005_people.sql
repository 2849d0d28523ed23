-- Who works with the casefile. Tokens are kept as sha256 only; passwords as argon2id.
CREATE TABLE people (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    pseudonym TEXT NOT NULL UNIQUE,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at TEXT NOT NULL,
    password_hash TEXT
) STRICT;

CREATE TABLE person_roles (
    person_id TEXT NOT NULL REFERENCES people (id),
    role TEXT NOT NULL,
    PRIMARY KEY (person_id, role)
) STRICT, WITHOUT ROWID;

-- Wrong passwords in a row, by name as typed (folded, sha256): names nobody has are locked like others, so that a lock
-- does not tell who works here.
CREATE TABLE login_failures (
    name_sha256 TEXT PRIMARY KEY,
    failed INTEGER NOT NULL,
    last_at TEXT NOT NULL,
    locked_until TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE login_links (
    token_sha256 TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    made_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
) STRICT;

CREATE TABLE sessions (
    token_sha256 TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    opened_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    closed_at TEXT
) STRICT;

CREATE INDEX sessions_by_person ON sessions (person_id);
CREATE INDEX login_links_by_person ON login_links (person_id);
