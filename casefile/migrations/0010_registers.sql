-- Editions of official lists: authorised products, licensed sellers, alerted batches. A newer edition supersedes an
-- older one and never erases it: what was known on the day of a decision stays known.
CREATE TABLE registers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('products', 'sellers', 'batches')),
    country TEXT NOT NULL CHECK (length(country) = 2),
    covers TEXT NOT NULL CHECK (covers IN ('all', 'some')),
    source TEXT NOT NULL,
    edition TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_sha256 TEXT NOT NULL CHECK (length(file_sha256) = 64),
    mapping_sha256 TEXT NOT NULL CHECK (length(mapping_sha256) = 64),
    entries INTEGER NOT NULL CHECK (entries >= 1),
    set_aside INTEGER NOT NULL CHECK (set_aside >= 0),
    imported_at TEXT NOT NULL,
    UNIQUE (name, kind, file_sha256, mapping_sha256)
) STRICT;

-- substances: a JSON array of names as written. number: of the authorisation or the licence. line: in the file.
CREATE TABLE register_entries (
    register_id INTEGER NOT NULL REFERENCES registers (id),
    line INTEGER NOT NULL,
    name TEXT NOT NULL,
    substances TEXT NOT NULL,
    strength TEXT NOT NULL,
    form TEXT NOT NULL,
    holder TEXT NOT NULL,
    number TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('authorised', 'withdrawn')),
    host TEXT NOT NULL,
    batch TEXT NOT NULL,
    PRIMARY KEY (register_id, line)
) STRICT, WITHOUT ROWID;

-- Under which words an entry is found: names without salts, hosts, licence numbers, batch numbers. An index of ours: it
-- refers to the register only, since a check of each entry would cost more than the import itself.
CREATE TABLE register_keys (
    key TEXT NOT NULL,
    register_id INTEGER NOT NULL REFERENCES registers (id),
    line INTEGER NOT NULL,
    PRIMARY KEY (key, register_id, line)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER registers_never_updated BEFORE UPDATE ON registers
BEGIN
    SELECT RAISE(ABORT, 'an edition of a register is never changed');
END;

CREATE TRIGGER registers_never_deleted BEFORE DELETE ON registers
BEGIN
    SELECT RAISE(ABORT, 'an edition of a register is never deleted');
END;

CREATE TRIGGER register_entries_never_updated BEFORE UPDATE ON register_entries
BEGIN
    SELECT RAISE(ABORT, 'an edition of a register is never changed');
END;

CREATE TRIGGER register_entries_never_deleted BEFORE DELETE ON register_entries
BEGIN
    SELECT RAISE(ABORT, 'an edition of a register is never deleted');
END;

-- INSERT OR REPLACE deletes without firing a delete trigger.
CREATE TRIGGER registers_never_replaced BEFORE INSERT ON registers
WHEN EXISTS (SELECT 1 FROM registers WHERE id = NEW.id
             OR (name = NEW.name AND kind = NEW.kind AND file_sha256 = NEW.file_sha256
                 AND mapping_sha256 = NEW.mapping_sha256))
BEGIN
    SELECT RAISE(ABORT, 'an edition of a register is never replaced');
END;

CREATE TRIGGER register_entries_never_replaced BEFORE INSERT ON register_entries
WHEN EXISTS (SELECT 1 FROM register_entries WHERE register_id = NEW.register_id AND line = NEW.line)
BEGIN
    SELECT RAISE(ABORT, 'an edition of a register is never replaced');
END;
