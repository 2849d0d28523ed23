"""Custody entries and manifests are tied by hash."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from casefile.records import FIRST_LINK, BundleFile, BundleManifest, CustodyEntry

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_an_entry_carries_the_hash_of_itself_and_of_the_one_before() -> None:
    first = CustodyEntry.link(FIRST_LINK, at=NOON, actor="t", action="run_started")
    second = CustodyEntry.link(first.hash, at=NOON, actor="t", action="run_finished", detail={"pages": 3})

    assert second.previous == first.hash
    assert second.hash == second.expected_hash()
    assert second.model_copy(update={"detail": {"pages": 4}}).expected_hash() != second.hash
    assert second.model_copy(update={"previous": FIRST_LINK}).expected_hash() != second.hash


def test_the_bundle_hash_covers_every_file() -> None:
    file = BundleFile(path="listings.jsonl", sha256="0" * 64, bytes=1)
    manifest = BundleManifest(run_id="r", created_at=NOON, files=(file,))

    changed = manifest.model_copy(update={"files": (file.model_copy(update={"sha256": "1" * 64}),)})
    assert manifest.bundle_hash() != changed.bundle_hash()


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="zone"):
        CustodyEntry.link(FIRST_LINK, at=datetime(2026, 11, 21), actor="t", action="x")
