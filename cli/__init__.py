"""The ``pharmakon`` command: one module per group of verbs, wiring only."""
