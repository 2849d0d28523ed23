import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from casefile.decisions import decide
from casefile.people import add_person
from casefile.store import Casefile
from cli.explain import explain
from tests.casefile.making import listing
from tests.casefile.scene import queued

ROW = {"id": "a", "title": "Xanax 2mg\x1b[31m", "description": "No prescription needed, pay in bitcoin"}


@pytest.fixture
def row(tmp_path: Path) -> Path:
    path = tmp_path / "row.json"
    path.write_text(json.dumps(ROW, indent=1))
    return path


def test_a_row_is_explained_in_words(row: Path) -> None:
    result = CliRunner().invoke(explain, ["--in", str(row)])
    assert result.exit_code == 0, result.output
    for said in ("no_prescription: “No prescription", "= the score", "What would have lowered it", "none decided yet"):
        assert said in result.stdout
    assert "\x1b" not in result.stdout  # a listing must not drive the terminal


def test_the_json_adds_up(row: Path) -> None:
    result = CliRunner().invoke(explain, ["--in", str(row), "--json"])
    found = json.loads(result.stdout)
    assert sum(term["log_odds"] for term in found["terms"]) == pytest.approx(found["log_odds"], abs=1e-9)
    assert {"id", "risk", "terms", "cues", "what_if", "model", "lexicon"} <= found.keys()


def test_a_listing_of_the_casefile_is_explained_beside_decided_cases(tmp_path: Path) -> None:
    with Casefile.open(tmp_path / "ws") as casefile:
        queued(casefile, tmp_path, [(listing(n, text="Xanax, no prescription"), 0.5) for n in range(3)])
        ada = add_person(casefile, "Ada", roles=["investigator"], actor="test")
        decide(casefile, listing(1).id, "reject", person_id=ada.id, version=1)
    result = CliRunner().invoke(explain, [listing(0).id, "--workspace", str(tmp_path / "ws"), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [case["id"] for case in found["rejected"]] == [listing(1).id] and "confirmed" not in found


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ([], 2, "ID of a listing"),
        (["nobody"], 1, "no listing nobody"),
        (["nobody", "--version", "7"], 1, "no version 7"),
        (["--in", "ROW", "--model", "nowhere"], 1, "holds no model"),
    ],
)
def test_wrong_use_is_said_in_one_line(row: Path, tmp_path: Path, arguments: list[str], status: int, said: str) -> None:
    given = [str(row) if word == "ROW" else word for word in arguments]
    result = CliRunner().invoke(explain, [*given, "--workspace", str(tmp_path / "ws")])
    assert result.exit_code == status and said in result.output and "Traceback" not in result.output


def test_a_file_that_is_no_listing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text("[1]")
    result = CliRunner().invoke(explain, ["--in", str(path)])
    assert result.exit_code == 1 and "bad.json" in result.output
