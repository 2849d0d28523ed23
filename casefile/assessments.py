"""What models said of listings: kept beside each other, the newest one shown."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from casefile import queue_rows
from casefile.listings import record_text
from casefile.records import Assessment, utc_text
from casefile.store import CasefileError

if TYPE_CHECKING:
    from casefile.store import Casefile, Reads


def save_assessments(casefile: "Casefile", assessments: Sequence[Assessment], *, actor: str) -> None:
    """Keep assessments and put their listings where they belong in the queue, in one transaction.

    Saving the same assessment again changes nothing that is shown. Raises :class:`~casefile.store.CasefileError` when
    one names a listing version that the casefile does not have; then none is kept.
    """
    if not assessments:
        return
    with casefile.write(actor) as tx:
        keys = [(one.id, one.version) for one in assessments]
        sites = _site_versions(tx, sorted({one.id for one in assessments}))
        for listing_id, version in keys:
            if version not in sites.get(listing_id, ((), 0))[0]:
                raise CasefileError(
                    f"an assessment names listing {listing_id} version {version}, which the casefile does not have: "
                    "ingest its bundle first; no assessment of this batch was kept"
                )
        now = utc_text(tx.now)
        tx.executemany(
            "INSERT OR REPLACE INTO assessments"
            " (listing_id, version, model, lexicon, site_version, assessed_at, record) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (one.id, one.version, one.model, one.lexicon, sites[one.id][1], now, record_text(one.to_json()))
                for one in assessments
            ],
        )
        queue_rows.refresh(tx, list(dict.fromkeys(one.id for one in assessments)))
        models = sorted({one.model for one in assessments})
        tx.audit("assessed", f"model:{models[0]}", listings=len(assessments), models=models,
                 first=assessments[0].id, last=assessments[-1].id)  # fmt: skip


def _site_versions(reads: "Reads", listing_ids: list[str]) -> dict[str, tuple[frozenset[int], int]]:
    """Return for each listing the versions there are and the site version that is joined to it now (0: none)."""
    rows = reads.execute(
        """SELECT l.id, l.versions, coalesce(s.latest_version, 0) AS site_version
           FROM json_each(?) j CROSS JOIN listings l ON l.id = j.value LEFT JOIN sites s ON s.host = l.site""",
        (record_text(listing_ids),),  # type: ignore[arg-type] # any JSON value
    )
    return {row["id"]: (frozenset(range(1, row["versions"] + 1)), row["site_version"]) for row in rows}


def read_assessment(reads: "Reads", listing_id: str, version: int | None = None) -> Assessment | None:
    """As :func:`get_assessment`, inside a read or a transaction that is open already."""
    row = reads.execute(
        """SELECT a.record FROM assessments a WHERE a.listing_id = ?
           AND a.version = coalesce(?, (SELECT latest_version FROM listings WHERE id = a.listing_id))
           ORDER BY a.id DESC LIMIT 1""",
        (listing_id, version),
    ).fetchone()
    return Assessment.model_validate_json(row["record"]) if row else None


def get_assessment(casefile: "Casefile", listing_id: str, version: int | None = None) -> Assessment | None:
    """Return the newest assessment of a listing's latest or of one version, or None."""
    with casefile.read() as db:
        return read_assessment(db, listing_id, version)
