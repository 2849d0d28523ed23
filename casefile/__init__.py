"""What is kept: records, one SQLite file, evidence by hash, the audit log."""
