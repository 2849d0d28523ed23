"""Puts listings into a casefile for tests, through the real ingest."""

from collections.abc import Sequence
from pathlib import Path

from casefile.assessments import save_assessments
from casefile.ingest import IngestResult, ingest_bundle
from casefile.records import Listing, Site
from casefile.store import Casefile
from tests.casefile.making import assessment, make_bundle


def ingested(
    casefile: Casefile, folder: Path, listings: Sequence[Listing], *, run_id: str = "run-1", sites: Sequence[Site] = ()
) -> IngestResult:
    bundle = make_bundle(folder / run_id, listings, run_id=run_id, sites=sites)
    return ingest_bundle(casefile, bundle, actor="test")


def queued(
    casefile: Casefile,
    folder: Path,
    risks: Sequence[tuple[Listing, float]],
    *,
    run_id: str = "run-1",
    sites: Sequence[Site] = (),
    version: int = 1,
) -> None:
    """Ingest listings and assess each with its risk."""
    ingested(casefile, folder, [one for one, _ in risks], run_id=run_id, sites=sites)
    rows = [assessment(one, risk=risk, version=version) for one, risk in risks]
    save_assessments(casefile, rows, actor="test")
