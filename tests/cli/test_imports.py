import json
from pathlib import Path

from click.testing import CliRunner, Result

from cli.imports import import_


def run(*arguments: str) -> Result:
    return CliRunner().invoke(import_, list(arguments))


def test_importing_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text('{"id": "a-long-enough-id", "title": "Xanax 2 mg"}\n', encoding="utf-8")
    workspace = str(tmp_path / "ws")
    first = run(str(source), "--workspace", workspace, "--json")
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["listings_new"] == 1
    again = run(str(source), "--workspace", workspace)
    assert again.exit_code == 0 and "nothing changed" in again.stdout
    assert len(list((tmp_path / "ws" / "bundles").glob("*/bundle.json"))) == 1


def test_a_fault_is_named_and_makes_the_exit_status_1_after_all_is_done(tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.jsonl", tmp_path / "good.jsonl"
    bad.write_text('{"id": "a-long-enough-id", "title": "kept"}\n{broken\n', encoding="utf-8")
    good.write_text('{"id": "another-long-id", "title": "kept too"}\n', encoding="utf-8")
    result = run(str(bad), str(tmp_path / "missing.csv"), str(good), "--workspace", str(tmp_path / "ws"))
    assert result.exit_code == 1
    assert "bad.jsonl, line 2: no valid JSON" in result.stderr
    assert "missing.csv does not exist" in result.stderr
    assert "good.jsonl: 1 listings; 1 new" in result.stdout


def test_the_column_mapping_is_shown(tmp_path: Path) -> None:
    source = tmp_path / "table.csv"
    source.write_text("produit,prix,divers\nXanax,5 €,x\n", encoding="utf-8")
    result = run(str(source), "--workspace", str(tmp_path / "ws"))
    assert "columns read as produit -> title, prix -> price; others kept aside" in result.stdout


def test_a_malformed_mapping_is_wrong_use(tmp_path: Path) -> None:
    assert run(str(tmp_path), "--map", "title").exit_code == 2


def test_bundles_can_be_written_without_a_casefile(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text('{"id": "a-long-enough-id", "title": "Xanax 2 mg"}\n', encoding="utf-8")
    assert run(str(source), "--out", str(tmp_path / "out")).exit_code == 0
    assert len(list((tmp_path / "out").glob("import-*/bundle.json"))) == 1
    assert "nothing changed" in run(str(source), "--out", str(tmp_path / "out")).stdout
