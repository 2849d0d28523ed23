import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from casefile.decisions import decide
from casefile.people import add_person
from casefile.store import Casefile
from classifier.examples import Example, read_corpus
from classifier.train import CORPUS
from cli.second_look import second_look
from tests.casefile.making import listing
from tests.casefile.scene import queued

ENGLISH = [e for e in read_corpus(CORPUS) if e.language == "en" and e.suspicion != 1 and e.file in ("a", "b", "c")]
ROGUE = "Buy Xanax without prescription. Pay in bitcoin, order on WhatsApp, discreet stealth shipping worldwide."
HARMLESS = "Steel garden chair, folding, set of two. Free parking at the shop."


def content(workspace: Path) -> str:
    with Casefile.open(workspace) as casefile, casefile.read() as db:
        rows = [tuple(row) for table in ("decisions", "queue", "audit") for row in db.execute(f"SELECT * FROM {table}")]  # noqa: S608 - constant names
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def test_doubts_are_listed_and_nothing_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gathered(**_: object) -> list[Example]:
        return ENGLISH[::3][:160]

    monkeypatch.setattr("classifier.train.gather", gathered)
    workspace = tmp_path / "ws"
    texts = [ROGUE, HARMLESS, HARMLESS]
    with Casefile.open(workspace) as casefile:
        items = [listing(n, text=text) for n, text in enumerate(texts)]
        queued(casefile, tmp_path, [(one, 0.5) for one in items])
        people = [add_person(casefile, name, roles=["investigator"], actor="test") for name in ("Ada", "Ben")]
        for person in people:
            for number, verdict in enumerate(("reject", "reject", "confirm")):
                decide(casefile, items[number].id, verdict, person_id=person.id, version=1)  # type: ignore[arg-type]
    before = content(workspace)
    result = CliRunner().invoke(second_look, ["--workspace", str(workspace), "--sure", "0.5", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["decisions"] == 3
    assert {(one["id"], one["decided"]) for one in found["doubts"]} == {
        (items[0].id, "rejected"), (items[2].id, "confirmed"),
    }  # fmt: skip
    assert content(workspace) == before
    said = CliRunner().invoke(second_look, ["--workspace", str(workspace), "--sure", "1.0"])
    assert said.exit_code == 0 and "0 of 3 decisions" in said.output


def test_it_says_when_nothing_was_decided(tmp_path: Path) -> None:
    result = CliRunner().invoke(second_look, ["--workspace", str(tmp_path)])
    assert result.exit_code == 1 and "nothing is confirmed or rejected" in result.output
