"""Which runs the casefile has taken in, by the id of the run."""

import json
from typing import TYPE_CHECKING

from casefile.ingest import IngestResult

if TYPE_CHECKING:
    from casefile.store import Casefile


def ingested_run(casefile: "Casefile", run_id: str) -> IngestResult | None:
    """Return what the run ``run_id`` brought, None when no bundle of it was taken in.

    The id of an import is derived from the content of its source, so this tells whether a file was imported before.
    """
    with casefile.read() as db:
        row = db.execute("SELECT hash, result FROM bundles WHERE run_id = ? ORDER BY rowid", (run_id,)).fetchone()
    return IngestResult(bundle_hash=row["hash"], already_known=True, **json.loads(row["result"])) if row else None
