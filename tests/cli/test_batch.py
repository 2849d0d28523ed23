import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from casefile.batches import get_batch
from casefile.decisions import decide
from casefile.people import add_person
from casefile.store import Casefile
from cli.batch import batch
from tests.casefile.making import listing
from tests.casefile.scene import queued

COUNT = 120


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    with Casefile.open(tmp_path / "ws") as casefile:
        rows = [
            (listing(n, text=f"Lot {n % 7}", site=f"s{n % 5}.example"), round(0.99 - n / 130, 4)) for n in range(COUNT)
        ]
        queued(casefile, tmp_path, rows)
    return tmp_path / "ws"


def run(workspace: Path, *arguments: str) -> str:
    result = CliRunner().invoke(batch, [*arguments, "--workspace", str(workspace)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_batch_is_made_kept_and_repeatable(workspace: Path) -> None:
    made = json.loads(run(workspace, "make", "--size", "20", "--seed", "5", "--json"))
    assert made["frame"] == COUNT and made["drawn"] == 3 and made["prevalence"] is None
    parts = [item["part"] for item in made["items"]]
    assert parts.count("top") == 12 and parts.count("margin") == 5
    again = json.loads(run(workspace, "make", "--size", "20", "--seed", "5", "--json"))
    assert [i["listing_id"] for i in again["items"]] == [i["listing_id"] for i in made["items"]]
    assert all(item["blind"] == item["drawn"] for item in made["items"])
    shown = run(workspace, "show", made["id"])
    assert "12 open" in shown and "none of the randomly drawn listings is decided" in shown


def test_prevalence_rests_on_the_random_part_alone(workspace: Path) -> None:
    made = json.loads(run(workspace, "make", "--size", "40", "--seed", "3", "--no-blind", "--json"))
    assert not any(item["blind"] for item in made["items"])
    with Casefile.open(workspace) as casefile:
        people = [add_person(casefile, name, roles=["investigator"], actor="test") for name in ("Ada", "Ben")]
        found = get_batch(casefile, made["id"])
        assert found is not None
        drawn = [item for item in found.items if item.drawn]
        for item in found.items:
            verdict = "confirm" if not item.drawn or item is drawn[0] else "reject"
            for person in people:
                decide(casefile, item.listing_id, verdict, person_id=person.id, version=1)  # type: ignore[arg-type]
    shown = json.loads(run(workspace, "show", made["id"], "--json"))["prevalence"]
    assert shown["estimate"] == pytest.approx(1 / len(drawn))  # although everything chosen at the top was confirmed
    assert shown["decided"] == len(drawn) and shown["low"] < shown["estimate"] < shown["high"]
    assert "95 % interval" in run(workspace, "show", made["id"])
    together = json.loads(run(workspace, "list", "--json"))["prevalence"]
    assert together["estimate"] == shown["estimate"] and "all batches together" in run(workspace, "list")


def test_wrong_use_is_said_in_one_line(tmp_path: Path) -> None:
    empty = CliRunner().invoke(batch, ["make", "--workspace", str(tmp_path)])
    assert empty.exit_code == 1 and "nothing to choose from" in empty.output
    unknown = CliRunner().invoke(batch, ["show", "B1", "--workspace", str(tmp_path)])
    assert unknown.exit_code == 1 and "holds no batch B1" in unknown.output
    assert CliRunner().invoke(batch, ["make", "--size", "0", "--workspace", str(tmp_path)]).exit_code == 2
    assert "no batch was made yet" in CliRunner().invoke(batch, ["list", "--workspace", str(tmp_path)]).output
