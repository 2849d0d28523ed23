"""`doctor` says what is wrong, with advice, and its exit status tells a program."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from casefile.store import Casefile
from cli.doctor import doctor


def run(workspace: Path) -> tuple[int, dict[str, dict[str, object]]]:
    result = CliRunner().invoke(doctor, ["--json", "--workspace", str(workspace)])
    return result.exit_code, {finding["check"]: finding for finding in json.loads(result.stdout)}


def test_a_machine_set_up_by_make_is_fit_to_work(tmp_path: Path) -> None:
    status, findings = run(tmp_path / "new")

    assert status == 0
    assert all(finding["ok"] for finding in findings.values() if finding["vital"])
    assert not (tmp_path / "new").exists(), "looking must not create a workspace"


def test_a_bad_policy_is_a_fault_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("second_confirmation: false\n", encoding="utf-8")

    status, findings = run(tmp_path)

    assert status == 1
    assert "policy.yaml" in str(findings["policy"]["advice"])


def test_a_file_that_is_no_casefile_is_a_fault(tmp_path: Path) -> None:
    Casefile.open(tmp_path).close()
    (tmp_path / "casefile.db").write_bytes(b"not a database" * 1000)

    status, findings = run(tmp_path)

    assert status == 1
    assert not findings["casefile"]["ok"]


def test_a_machine_without_a_browser_can_still_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHARMAKON_BROWSER", str(tmp_path / "missing"))

    status, findings = run(tmp_path)

    assert status == 0
    assert not findings["browser"]["ok"]
