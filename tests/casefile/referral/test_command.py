import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casefile.referral.outbox import outbox
from cli.refer import refer
from tests.casefile.referral.desk import Desk, small_case

STATED = ["--recipient", "Customs", "--legal-basis", "Act", "--purpose", "Investigate", "--agency", "Agency"]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(refer, [str(one) for one in arguments])


def make(desk: Desk, case: str, *more: str | Path) -> Result:
    return run("make", "--workspace", desk.workspace, "--case", case, "--by", "Ada", *STATED, *more)


def test_make_then_verify(desk: Desk, tmp_path: Path) -> None:
    done = make(desk, small_case(desk), "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    path = done.output.splitlines()[0]
    assert Path(path).parent == tmp_path / "out"
    assert "Nothing was sent" in done.output
    checked = run("verify", path)
    assert checked.exit_code == 0
    assert "Proved:" in checked.output
    assert "NOT checked" in checked.output


def test_verify_with_the_key_of_the_workspace(desk: Desk, tmp_path: Path) -> None:
    made = json.loads(make(desk, small_case(desk), "--json").output)
    spoken = run("key", "--workspace", desk.workspace).output.strip()
    assert spoken.replace(" ", "") == made["key_fingerprint"]
    (tmp_path / "key.pem").write_text(run("key", "--workspace", desk.workspace, "--pem").output)
    for key in (spoken, tmp_path / "key.pem"):
        done = run("verify", made["path"], "--key", key)
        assert (done.exit_code, "signed by the key you gave" in done.output) == (0, True)
    other = run("verify", made["path"], "--key", "0" * 64)
    assert other.exit_code == 1
    assert "another key than the one you gave" in other.output


def test_a_fault_gives_exit_status_1_and_names_the_file(package: Path, tmp_path: Path) -> None:
    data = bytearray(package.read_bytes())
    data[data.index(b"<!DOCTYPE")] ^= 1
    broken = tmp_path / "broken.zip"
    broken.write_bytes(data)
    done = run("verify", broken)
    assert done.exit_code == 1
    assert "cover.html: was changed after signing" in done.output
    as_json = run("verify", broken, "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.output) == {"ok": False, "fault": "cover.html: was changed after signing"}


@pytest.mark.parametrize("arguments", [["verify"], ["verify", "/nowhere.zip"], ["make"], ["make", "--case", "C1"]])
def test_wrong_use_gives_exit_status_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_key_that_is_none_gives_exit_status_2(package: Path) -> None:
    done = run("verify", package, "--key", "abc")
    assert done.exit_code == 2
    assert "neither a fingerprint" in done.output


def test_a_refusal_gives_exit_status_1_and_says_why(desk: Desk) -> None:
    done = make(desk, "C2026-99999")
    assert done.exit_code == 1
    assert "case 'C2026-99999' is unknown" in done.output


def test_the_person_must_be_named_when_several_may_refer(desk: Desk) -> None:
    done = run("make", "--workspace", desk.workspace, "--case", small_case(desk), *STATED)
    assert done.exit_code == 2
    assert "say who refers with --by; allowed: Ada, Bob" in done.output


def test_an_unknown_person_is_refused(desk: Desk) -> None:
    done = run("make", "--workspace", desk.workspace, "--case", "C1", "--by", "Zoe", *STATED)
    assert (done.exit_code, "nobody is called 'Zoe'" in done.output) == (1, True)


def test_list_shows_cases_then_referrals(desk: Desk) -> None:
    assert "no referral was made yet" in run("list", "--workspace", desk.workspace).output
    case = small_case(desk)
    (row,) = run("list", "--cases", "--json", "--workspace", desk.workspace).output.splitlines()
    assert json.loads(row)["state"] == "ready"
    make(desk, case)
    (row,) = run("list", "--json", "--workspace", desk.workspace).output.splitlines()
    found = json.loads(row)
    assert (found["case"], found["type"]) == (case, "initial")
    with outbox(desk.casefile):
        assert found["referral"] in run("list", "--workspace", desk.workspace).output
    Path(found["package"]).unlink()
    assert "MISSING" in run("list", "--workspace", desk.workspace).output


def test_key_before_the_first_referral_says_so(tmp_path: Path) -> None:
    done = run("key", "--workspace", tmp_path)
    assert (done.exit_code, "has no signing key yet" in done.output) == (1, True)


@pytest.mark.parametrize("verb", ["make", "verify", "list", "key"])
def test_help_gives_an_example(verb: str) -> None:
    assert "Example: pharmakon refer" in run(verb, "--help").output
