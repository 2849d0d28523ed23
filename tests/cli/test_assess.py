import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.progress import Progress

from casefile.assessments import get_assessment
from casefile.ingest import ingest_bundle
from casefile.store import Casefile
from classifier.cues.catalogue import CatalogueError
from cli.assess import assess
from cli.evaluate import evaluate
from cli.train import train
from tests.casefile.making import listing, make_bundle

ROWS = [
    {"id": "a", "title": "Xanax 2mg, no prescription"},
    {"id": "a", "title": "Xanax 2mg"},
    {"id": "c", "title": "Soap"},
]


@pytest.fixture
def listings(tmp_path: Path) -> Path:
    path = tmp_path / "listings.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_assess_writes_one_line_a_listing_in_order(listings: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    result = CliRunner().invoke(assess, ["--in", str(listings), "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["rows"] == 3
    rows = read(out)
    assert [row["id"] for row in rows] == ["a", "a", "c"]
    contract = {"id", "kind", "kind_probabilities", "risk", "suspected", "cues", "language", "model"}
    assert all(contract <= row.keys() for row in rows)


def test_assess_reads_gzip_and_standard_input_alike(listings: Path, tmp_path: Path) -> None:
    packed = tmp_path / "listings.jsonl.gz"
    packed.write_bytes(gzip.compress(listings.read_bytes()))
    from_gz = CliRunner().invoke(assess, ["--in", str(packed), "--out", "-"])
    from_stdin = CliRunner().invoke(assess, ["--in", "-"], input=listings.read_bytes())
    assert from_gz.exit_code == from_stdin.exit_code == 0
    assert from_gz.stdout_bytes == from_stdin.stdout_bytes
    assert len(from_gz.stdout.splitlines()) == 3


def test_a_bad_line_gives_exit_status_1_at_the_end_and_stops_nothing(listings: Path, tmp_path: Path) -> None:
    listings.write_text("oops\n" + listings.read_text() + '{"id": "d"}\n')
    out = tmp_path / "out.jsonl"
    result = CliRunner().invoke(assess, ["--in", str(listings), "--out", str(out)])
    assert result.exit_code == 1
    rows = read(out)
    assert [row["id"] for row in rows] == [None, "a", "a", "c", "d"]
    assert "error" in rows[0] and "error" in rows[4]


def test_a_damaged_archive_leaves_no_half_written_file(listings: Path, tmp_path: Path) -> None:
    packed, out = tmp_path / "cut.jsonl.gz", tmp_path / "out.jsonl"
    packed.write_bytes(gzip.compress(listings.read_bytes() * 500)[:-30])
    result = CliRunner().invoke(assess, ["--in", str(packed), "--out", str(out)])
    assert result.exit_code == 1 and "damaged" in result.output
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cut.jsonl.gz", "listings.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--in", "missing.jsonl", "--out", "-"], 1, "missing.jsonl: cannot be read"),
        (["--out", "x"], 2, "--out needs --in"),
        (["--in", "-", "--model", "nowhere"], 1, "holds no model"),
        (["--in", "-", "--workers", "0"], 2, "workers"),
    ],
)
def test_wrong_use_is_said_in_one_line(arguments: list[str], status: int, said: str) -> None:
    result = CliRunner().invoke(assess, arguments, input="")
    assert result.exit_code == status and said in result.output
    assert "Traceback" not in result.output


def test_a_tampered_model_gives_one_message(listings: Path, tmp_path: Path) -> None:
    from classifier.assess import DEFAULT_MODEL

    for path in DEFAULT_MODEL.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = bytearray((tmp_path / "weights.skops").read_bytes())
    weights[1000] ^= 1
    (tmp_path / "weights.skops").write_bytes(weights)
    result = CliRunner().invoke(assess, ["--in", str(listings), "--out", "-", "--model", str(tmp_path)])
    assert result.exit_code == 1 and result.stderr.count("\n") == 1 and "digest" in result.stderr


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    casefile = Casefile.open(tmp_path / "ws")
    items = [listing(n, text="Xanax 2mg, no prescription needed") for n in range(3)]
    ingest_bundle(casefile, make_bundle(tmp_path / "bundle", items), actor="test")
    casefile.close()
    return tmp_path / "ws"


def test_the_casefile_is_assessed_and_a_second_run_finds_nothing_to_do(workspace: Path) -> None:
    first = CliRunner().invoke(assess, ["--workspace", str(workspace), "--json"])
    again = CliRunner().invoke(assess, ["--workspace", str(workspace), "--json"])
    assert first.exit_code == again.exit_code == 0, first.output
    assert json.loads(first.stdout)["rows"] == 3 and json.loads(again.stdout)["rows"] == 0
    casefile = Casefile.open(workspace)
    found = get_assessment(casefile, listing(0).id)
    casefile.close()
    assert found is not None and found.risk > 0.5 and found.cues


def test_a_listing_that_cannot_be_assessed_is_named_and_the_rest_is_kept(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classifier import assess as module
    from classifier import reading

    real, bad = reading.read, listing(1).id

    def read(catalogue: Any, one: Any) -> Any:
        if one.id == bad:
            raise ZeroDivisionError("boom")
        return real(catalogue, one)

    monkeypatch.setattr(module, "read", read)
    result = CliRunner().invoke(assess, ["--workspace", str(workspace), "--json"])
    assert result.exit_code == 1 and bad in result.stderr
    assert json.loads(result.stdout) | {"seconds": 0, "rows_per_second": 0} == {
        "rows": 2, "errors": 1, "seconds": 0, "rows_per_second": 0,
    }  # fmt: skip


def test_evaluate_says_what_to_measure_on() -> None:
    assert CliRunner().invoke(evaluate, []).exit_code == 2
    assert CliRunner().invoke(evaluate, ["--authors", "--card"]).exit_code == 2


def test_evaluate_prints_figures_by_function_and_language(tmp_path: Path) -> None:
    gold = tmp_path / "cases.jsonl"
    both = {"function": "f", "language": "en", "title": "Xanax", "kind": "medicine"}
    rows = [
        {**both, "id": "1", "pair": "2", "description": "No prescription needed", "suspicion": 2},
        {**both, "id": "2", "pair": "1", "description": "Prescription required", "suspicion": 0},
    ]
    gold.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = CliRunner().invoke(evaluate, ["--gold", str(gold), "--json"])
    figures = json.loads(result.stdout)["cases"]
    assert figures["all"]["rows"] == 2 and "pair_acc" in figures["all"]
    assert figures["by_function"].keys() == {"f"} and figures["by_language"].keys() == {"en"}


def test_train_refuses_a_folder_without_labels(tmp_path: Path) -> None:
    result = CliRunner().invoke(train, ["--shared", str(tmp_path), "--out", str(tmp_path / "m")])
    assert result.exit_code == 1 and "dev.jsonl" in result.output
    assert not (tmp_path / "m").exists()


def test_damaged_reference_data_gives_one_message_and_exit_status_1(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged() -> None:
        raise CatalogueError("cues/price_bait.yaml: no rules; restore it from the repository")

    monkeypatch.setattr("classifier.assess.CueCatalogue.load", damaged)
    result = CliRunner().invoke(assess, ["--workspace", str(workspace)])
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit)
    assert result.output.strip().splitlines() == [result.output.strip()] and "price_bait.yaml" in result.output


def test_the_bar_knows_how_many_listings_wait(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    totals: list[object] = []

    def add_task(_: Progress, __: str, *, total: float | None) -> int:
        totals.append(total)
        return 0

    monkeypatch.setattr(Progress, "add_task", add_task)
    monkeypatch.setattr(Progress, "advance", lambda *_: None)
    assert CliRunner().invoke(assess, ["--workspace", str(workspace)]).exit_code == 0
    assert totals and isinstance(totals[0], int) and totals[0] > 0
