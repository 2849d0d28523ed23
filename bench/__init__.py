"""Every published figure, each against a baseline measured in the same run. ``make bench`` runs them all."""
