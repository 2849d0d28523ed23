import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from casefile.audit import verify
from casefile.decisions import decide
from casefile.people import add_person
from casefile.store import Casefile
from classifier.examples import Example, read_corpus
from classifier.persist import load_model
from classifier.train import CORPUS
from cli.frozen import frozen_sets, sandbox_examples
from cli.model import model
from cli.train import train
from tests.casefile.making import listing
from tests.casefile.scene import queued

TEXT = "quinquereme of Nineveh from distant Ophir"
"""Words that stand in no data of the project."""


ENGLISH = [e for e in read_corpus(CORPUS) if e.language == "en" and e.suspicion != 1]


def corpus(**_: Any) -> list[Example]:
    return ENGLISH[::18]


def crippled(**_: Any) -> list[Example]:
    """Labels that say the opposite."""
    return [dataclasses.replace(e, suspicion=2 - e.suspicion, kind="street_drug") for e in ENGLISH[::40]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models: ``good`` and one that has seen a dozen rows."""
    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        for name, rows in (("good", corpus), ("poor", crippled)):
            patch.setattr("classifier.train.gather", rows)
            result = CliRunner().invoke(train, ["--out", str(folder / name)])
            assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def models(trained: Path, tmp_path: Path) -> Path:
    for name in ("good", "poor"):
        (tmp_path / name).mkdir()
        for path in (trained / name).iterdir():
            (tmp_path / name / path.name).write_bytes(path.read_bytes())
    return tmp_path


@pytest.fixture
def frozen(tmp_path: Path) -> Path:
    path = tmp_path / "frozen.jsonl"
    rows = []
    for e in ENGLISH[3::18]:
        fields = {k: v for k, v in e.listing.to_json().items() if k in ("id", "title", "description")}
        rows.append(fields | {"kind": e.kind, "suspicion": e.suspicion, "suspected": sorted(e.suspected)})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def ids(folder: Path) -> str:
    return str(load_model(folder)[1]["id"])


def test_models_are_shown_side_by_side_and_a_worse_one_ends_with_status_1(models: Path, frozen: Path) -> None:
    fall = ["compare", str(models / "poor"), "--current", str(models / "good"), "--frozen", str(frozen)]
    result = CliRunner().invoke(model, fall)
    assert result.exit_code == 1 and "WORSE" in result.output and "in use" in result.output
    rise = ["compare", str(models / "good"), "--current", str(models / "poor"), "--frozen", str(frozen), "--json"]
    result = CliRunner().invoke(model, rise)
    found = json.loads(result.stdout)
    assert (
        result.exit_code == 0
        and found["worse"] == []
        and found["sets"][f"{frozen.parent.name}/frozen.jsonl"]["ap"]["candidate"] > 0
    )


def test_a_worse_model_is_not_adopted(models: Path, frozen: Path) -> None:
    before = ids(models / "good")
    given = ["adopt", str(models / "poor"), "--current", str(models / "good"), "--frozen", str(frozen)]
    result = CliRunner().invoke(model, given)
    assert result.exit_code == 1 and "not adopted: worse on" in result.output
    assert ids(models / "good") == before
    assert CliRunner().invoke(model, [*given, "--anyway", " "]).exit_code == 2


def test_adopting_it_anyway_is_kept_in_the_audit_log(models: Path, frozen: Path) -> None:
    poor, good = ids(models / "poor"), ids(models / "good")
    result = CliRunner().invoke(model, [
        "adopt", str(models / "poor"), "--current", str(models / "good"), "--frozen", str(frozen),
        "--anyway", "the venue it lost is gone", "--workspace", str(models / "ws"),
    ])  # fmt: skip
    assert result.exit_code == 0, result.output
    assert ids(models / "good") == poor and ids(models / "good.previous") == good
    with Casefile.open(models / "ws") as casefile:
        with casefile.read() as db:
            row = db.execute("SELECT subject, detail FROM audit WHERE action = 'model_adopted'").fetchone()
        assert verify(casefile).entries
    assert row["subject"] == f"model:{poor}"
    detail = json.loads(row["detail"])
    assert detail["replaces"] == good and detail["anyway"] == "the venue it lost is gone" and detail["worse"]


def test_a_set_that_a_model_was_trained_on_is_refused(models: Path) -> None:
    seen = sorted(CORPUS.glob("*.jsonl"))[0]
    result = CliRunner().invoke(
        model, ["compare", str(models / "good"), "--current", str(models / "poor"), "--frozen", str(seen)]
    )
    assert result.exit_code == 1 and "was trained on" in result.output


def test_the_first_model_needs_nothing_to_be_compared_with(models: Path) -> None:
    result = CliRunner().invoke(model, ["adopt", str(models / "good"), "--current", str(models / "new")])
    assert result.exit_code == 0 and ids(models / "new") == ids(models / "good")


def test_a_model_in_use_that_cannot_be_read_takes_a_reason_too(models: Path) -> None:
    (models / "poor" / "weights.skops").write_bytes(b"damaged")
    given = ["adopt", str(models / "good"), "--current", str(models / "poor")]
    result = CliRunner().invoke(model, given)
    assert result.exit_code == 1 and "nothing to compare with" in result.output and "--anyway" in result.output
    result = CliRunner().invoke(model, [*given, "--anyway", "the disk lost it"])
    assert result.exit_code == 0 and ids(models / "poor") == ids(models / "good")


def test_without_a_file_the_frozen_rows_of_the_project_decide() -> None:
    sets = frozen_sets([])
    assert list(sets) == ["frozen/pairs.jsonl", "sandbox market"]
    pairs = sets["frozen/pairs.jsonl"]
    learned = {text for e in read_corpus(CORPUS) for text in (e.listing.title, e.listing.description)}
    assert not any(e.listing.description in learned for e in pairs)
    by_id = {e.listing.id: e for e in pairs}
    for e in pairs:
        other = by_id[str(e.pair)]
        assert other.pair == e.listing.id and {e.suspicion, other.suspicion} == {0, 2} and e.group == other.group
        assert e.suspicion == 0 or e.cues
        assert all(quote in (e.listing.description or "") for quote in (*(q for _, q in e.cues), *e.protective))
    assert len({e.language for e in pairs}) >= 20


def test_the_sandbox_market_is_a_frozen_set_with_what_each_shop_says_of_itself() -> None:
    rows = sandbox_examples()
    assert len(rows) >= 100 and {0, 2} <= {row.suspicion for row in rows}
    learned = {e.listing.description for e in read_corpus(CORPUS)}
    assert not any(row.listing.description in learned for row in rows)  # part of the market came from the corpus
    for row in rows:
        said = "\n".join(filter(None, (row.listing.title, row.listing.description, row.listing.site_text)))
        assert sum(quote in said for _, quote in row.cues) >= len(row.cues) / 2, row.listing.id


def test_training_on_decisions_leaves_no_text_in_the_model_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifier.train.gather", corpus)
    ws = tmp_path / "ws"
    with Casefile.open(ws) as casefile:
        queued(casefile, tmp_path, [(listing(n, text=f"{TEXT} {n}", site=f"s{n}.example"), 0.5) for n in range(4)])
        people = [add_person(casefile, name, roles=["investigator"], actor="test") for name in ("Ada", "Ben")]
        for person in people:
            decide(casefile, listing(0).id, "confirm", person_id=person.id, version=1, reasons=["fraud"])
        decide(casefile, listing(1).id, "reject", person_id=people[0].id, version=1)
    out = tmp_path / "m"
    result = CliRunner().invoke(train, ["--out", str(out), "--decisions", "--workspace", str(ws)])
    assert result.exit_code == 0, result.output
    data = load_model(out)[1]["about"]["data"]
    line = next(part for part in data if part["name"].startswith("decisions"))
    assert (line["rows"], line["confirmed"], line["rejected"], line["weight"]) == (2, 1, 1, 1.0)
    for path in out.iterdir():
        assert not any(word.encode() in path.read_bytes() for word in TEXT.split() if len(word) > 4)
    without = CliRunner().invoke(train, ["--out", str(tmp_path / "m2")])
    assert without.exit_code == 0 and ids(tmp_path / "m2") != ids(out)  # the decisions moved the weights


def test_training_on_decisions_says_when_there_are_none(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        train, ["--out", str(tmp_path / "m"), "--decisions", "--workspace", str(tmp_path / "w")]
    )
    assert result.exit_code == 1 and "nothing is confirmed or rejected" in result.output
    assert not (tmp_path / "m").exists()


def test_train_adopts_only_what_is_not_worse(models: Path, frozen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.train.gather", crippled)
    before = ids(models / "good")
    given = ["--out", str(models / "good"), "--adopt", "--frozen", str(frozen), "--workspace", str(models / "none")]
    result = CliRunner().invoke(train, given)
    assert result.exit_code == 1 and "not adopted" in result.output and ids(models / "good") == before
    monkeypatch.setattr("classifier.train.gather", corpus)
    result = CliRunner().invoke(train, [*given[:1], str(models / "poor"), *given[2:]])
    assert result.exit_code == 0, result.output
    assert ids(models / "poor") == before and (models / "poor.previous").is_dir()
    assert not (models / "none").exists()
    assert CliRunner().invoke(train, ["--frozen", str(frozen)]).exit_code == 2
