"""``ingest``, ``audit``, ``user``, ``backup`` and ``restore`` as a person types them."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from tests.casefile.making import listing, make_bundle, site


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def run(workspace: Path, *words: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, [*map(str, words), "--workspace", str(workspace)], input=typed)


@pytest.mark.parametrize(
    "words",
    ["ingest", "audit", "audit verify", "audit list", "user", "user add", "user list", "user roles", "user disable",
     "user link", "user password", "backup", "restore"],
)  # fmt: skip
def test_help_says_what_it_does_and_gives_an_example(words: str) -> None:
    result = CliRunner().invoke(main, [*words.split(), "--help"])
    assert result.exit_code == 0
    assert "Example: pharmakon " in result.output


@pytest.mark.parametrize(
    "words", ["ingest", "user add Ada", "user link", "backup", "audit list --limit 0", "user dance"]
)
def test_wrong_use_is_exit_status_2(workspace: Path, words: str) -> None:
    assert run(workspace, *words.split()).exit_code == 2


class TestIngest:
    def test_a_bundle_is_taken_in_and_then_known(self, workspace: Path, tmp_path: Path) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1), listing(2)], sites=[site()])
        first = run(workspace, "ingest", folder)
        assert first.exit_code == 0
        assert "2 new, 0 changed, 0 unchanged listings; 1 captures, 1 sites" in first.output
        assert "known already" in run(workspace, "ingest", folder).output

    def test_a_folder_of_bundles_is_taken_in_whole(self, workspace: Path, tmp_path: Path) -> None:
        for number in range(3):
            make_bundle(tmp_path / "runs" / f"b{number}", [listing(number)], run_id=f"run-{number}")
        result = run(workspace, "ingest", tmp_path / "runs", "--json")
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        assert [row["listings_new"] for row in rows] == [1, 1, 1]

    def test_a_tampered_bundle_is_named_and_the_others_are_taken_in(self, workspace: Path, tmp_path: Path) -> None:
        bad = make_bundle(tmp_path / "runs" / "bad", [listing(1)], run_id="bad")
        make_bundle(tmp_path / "runs" / "good", [listing(2)], run_id="good")
        (bad / "run.json").write_text("{}")
        result = run(workspace, "ingest", tmp_path / "runs")
        assert result.exit_code == 1
        assert f"refused: {bad / 'run.json'} was changed since the bundle was sealed" in result.stderr
        assert "1 bundle was refused" in result.stderr
        assert "1 new" in result.stdout

    def test_an_unsealed_bundle_says_what_to_do(self, workspace: Path, tmp_path: Path) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1)], seal=False)
        result = run(workspace, "ingest", folder)
        assert result.exit_code == 1
        assert f"pharmakon crawl --recover {folder}" in result.stderr

    def test_a_foreign_casefile_is_refused(self, workspace: Path, tmp_path: Path) -> None:
        workspace.mkdir()
        with sqlite3.connect(workspace / "casefile.db") as db:
            db.execute("CREATE TABLE other (a)")
        db.close()
        result = run(workspace, "ingest", make_bundle(tmp_path / "b", [listing(1)]))
        assert result.exit_code == 1
        assert "another program" in result.stderr


class TestUsers:
    def test_from_nobody_to_a_link(self, workspace: Path) -> None:
        assert "nobody yet" in run(workspace, "user", "list").stderr
        added = run(workspace, "user", "add", "Ada", "--role", "investigator", "--role", "reviewer", "--json")
        person = json.loads(added.stdout)
        listed = json.loads(run(workspace, "user", "list", "--json").stdout)
        assert listed == person | {"roles": ["investigator", "reviewer"], "active": True}
        link = run(workspace, "user", "link", "ada", "--url", "https://desk.example/").stdout.strip()
        assert link.startswith("https://desk.example/login/link?token=")
        assert len(link.partition("token=")[2]) >= 43

    def test_roles_password_and_disabling(self, workspace: Path) -> None:
        run(workspace, "user", "add", "Ada", "--role", "investigator")
        assert "is now exporter" in run(workspace, "user", "roles", "Ada", "--role", "exporter").stdout
        assert run(workspace, "user", "password", "Ada", typed="a long enough password\n").exit_code == 0
        short = run(workspace, "user", "password", "Ada", typed="short\n")
        assert (short.exit_code, "12 to 1024" in short.stderr) == (1, True)
        assert "shut out" in run(workspace, "user", "disable", "Ada").stdout
        assert "disabled" in run(workspace, "user", "list").stdout
        assert run(workspace, "user", "link", "Ada").exit_code == 1

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["add", "Ada", "--role", "king"], "role 'king' is unknown; the roles are investigator"),
            (["add", "", "--role", "admin"], "printable"),
            (["link", "Nobody"], "nobody is called 'Nobody'"),
            (["disable", "Nobody"], "nobody is called 'Nobody'"),
        ],
    )
    def test_a_refusal_is_one_line_and_exit_status_1(self, workspace: Path, words: list[str], message: str) -> None:
        result = run(workspace, "user", *words)
        assert result.exit_code == 1
        assert message in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


class TestAudit:
    def test_a_whole_log(self, workspace: Path) -> None:
        run(workspace, "user", "add", "Ada", "--role", "investigator")
        assert "the log is whole: 1 entries" in run(workspace, "audit", "verify").stdout
        assert json.loads(run(workspace, "audit", "verify", "--json").stdout)["ok"] is True
        (entry,) = run(workspace, "audit", "list", "--json").stdout.splitlines()
        assert json.loads(entry)["action"] == "person_added"
        assert "person_added" in run(workspace, "audit", "list").stdout
        assert run(workspace, "audit", "list", "--subject", "nothing").stdout == ""

    def test_a_changed_entry_is_named_with_exit_status_1(self, workspace: Path) -> None:
        run(workspace, "user", "add", "Ada", "--role", "investigator")
        with sqlite3.connect(workspace / "casefile.db") as db:
            (sql,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_never_updated'").fetchone()
            db.execute("DROP TRIGGER audit_never_updated")
            db.execute("UPDATE audit SET actor = 'somebody'")
            db.execute(sql)
        db.close()
        result = run(workspace, "audit", "verify")
        assert result.exit_code == 1
        assert "audit entry 1 (person_added" in result.stderr
        assert json.loads(run(workspace, "audit", "verify", "--json").stdout)["ok"] is False


class TestBackup:
    def test_there_and_back(self, workspace: Path, tmp_path: Path) -> None:
        run(workspace, "ingest", make_bundle(tmp_path / "b", [listing(1)]))
        made = run(workspace, "backup", tmp_path / "backup")
        assert made.exit_code == 0
        assert "the signing key is not in it" in made.stdout
        again = run(tmp_path / "again", "restore", tmp_path / "backup", "--json")
        assert json.loads(again.stdout)["files"] == 9
        assert "the log is whole" in run(tmp_path / "again", "audit", "verify").stdout

    def test_refusals_are_exit_status_1(self, workspace: Path, tmp_path: Path) -> None:
        run(workspace, "user", "list")
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "x").write_text("")
        assert run(workspace, "backup", tmp_path / "full").exit_code == 1
        assert run(workspace, "restore", tmp_path / "full").exit_code == 1
        assert run(tmp_path / "fresh", "restore", tmp_path / "full").exit_code == 1
        assert not (tmp_path / "fresh").exists()
