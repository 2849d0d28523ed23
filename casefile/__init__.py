"""What is kept: records, the one SQLite file, the evidence beside it, people, decisions, cases and the audit log."""
