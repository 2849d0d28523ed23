"""Assessing again after a model was adopted, and the process really killed in the middle of it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from casefile.assessments import save_assessments
from casefile.audit import verify
from casefile.queue import QueueFilter, page
from casefile.store import Casefile
from cli.workspace import CHECKOUT
from tests.casefile.making import assessment, listing
from tests.casefile.scene import ingested

COUNT, BATCH = 60, 20

KILLED = """
import os, signal, sys
import casefile.assessments, casefile.queue_rows, casefile.listings, cli.assess
real_unassessed = casefile.listings.unassessed
casefile.listings.unassessed = lambda *a, **k: real_unassessed(*a, **k, batch=BATCH)
where, calls = sys.argv[1], []
def die(*args, **more):
    calls.append(1)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **more)
module = casefile.assessments if where == "between" else casefile.queue_rows
name = "save_assessments" if where == "between" else "refresh"
real = getattr(module, name)
setattr(module, name, die)
cli.assess.assess(["--all", "--workspace", sys.argv[2]], standalone_mode=False)
""".replace("BATCH", str(BATCH))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    with Casefile.open(tmp_path / "ws") as casefile:
        items = [listing(n, text="Xanax, no prescription needed") for n in range(COUNT)]
        ingested(casefile, tmp_path, items)
        save_assessments(casefile, [assessment(one) for one in items], actor="test")
    return tmp_path / "ws"


def by_model(workspace: Path) -> dict[str, int]:
    with Casefile.open(workspace) as casefile, casefile.read() as db:
        rows = db.execute("SELECT model, count(DISTINCT listing_id) FROM assessments GROUP BY model").fetchall()
    return {row[0]: row[1] for row in rows}


@pytest.mark.parametrize("where", ["between", "inside"])
def test_a_killed_run_goes_on_where_it_was_and_loses_nothing(workspace: Path, where: str) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, where, str(workspace)], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    half = by_model(workspace)
    assert half.pop("model-1") == COUNT and list(half.values()) == [BATCH]  # whole batches, and the old word stays
    again = [sys.executable, "-m", "cli.main", "assess", "--all", "--workspace", str(workspace), "--json"]
    result = subprocess.run(again, capture_output=True, check=False, cwd=CHECKOUT)
    assert result.returncode == 0, result.stderr.decode()
    assert json.loads(result.stdout)["rows"] == COUNT - BATCH  # none of the first batch again
    done = by_model(workspace)
    assert done.pop("model-1") == COUNT and list(done.values()) == [COUNT]
    with Casefile.open(workspace) as casefile:
        assert verify(casefile).entries
        rows = page(casefile, QueueFilter(), limit=COUNT).rows
    assert len(rows) == COUNT and all(row.risk != 0.5 for row in rows)  # the queue shows the new model's word
