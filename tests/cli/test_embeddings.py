import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from classifier.embeddings.folder import MODEL
from cli.embeddings import told
from cli.main import main
from tests.classifier.embeddings.tiny import write_tiny


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["embeddings", *arguments])
    return done.exit_code, done.output


def test_status_names_every_encoder_and_finds_a_damaged_one(tmp_path: Path) -> None:
    manifest = write_tiny(tmp_path)
    status, output = run("status", "--folder", str(tmp_path), "--json")
    assert status == 0 and json.loads(output)["encoders"][0] == {
        "digest": manifest.digest, "name": "tiny", "whole": True, "kept": 0,
    }  # fmt: skip
    (manifest.folder(tmp_path) / MODEL).write_bytes(b"changed")
    status, output = run("status", "--folder", str(tmp_path))
    assert status == 1 and "does not match the digest" in output


def test_an_encoder_that_is_not_here_is_refused_in_one_line(tmp_path: Path) -> None:
    status, output = run("export", "--encoder", "nobody/unheard-of", "--folder", str(tmp_path))
    assert status == 1 and "nothing is downloaded" in output and not list(tmp_path.iterdir())


@pytest.mark.parametrize(("parts", "said"), [([], "left out"), (["kind"], "kept for kind (10.0% of the rows")])
def test_train_says_whether_stage_two_was_kept_and_by_which_figures(parts: list[str], said: str) -> None:
    precision = {"stage_one": 0.9, "cascade": 0.91, "embeddings_everywhere": None}
    line = told({"rows": 100, "asked": 10, "parts": parts, "average_precision": precision})
    assert said in line and "0.910" in line and "not measurable" in line
