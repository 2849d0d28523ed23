"""File to file, and the process really killed in the middle of it."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.assess import assess

KILLED = """
import os, signal, sys
from classifier.engines import local
real = local.assess_lines
calls = []
def die(*args):
    calls.append(1)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args)
local.assess_lines, local.CHUNK_ROWS = die, 10
from cli.assess import assess
assess(["--in", sys.argv[1], "--out", sys.argv[2]], standalone_mode=False)
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [json.dumps({"id": str(n), "title": f"Xanax {n} mg without prescription " * 40}) for n in range(60)]
    rows[7] = "oops"
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def whole(source: Path, tmp_path: Path) -> bytes:
    """What an undisturbed run writes."""
    out = tmp_path / "whole.jsonl"
    assert run(source, out).exit_code == 1  # the faulty line
    return out.read_bytes()


def run(source: Path, out: Path, *more: str) -> Result:
    return CliRunner().invoke(assess, ["--in", str(source), "--out", str(out), *more])


def test_a_killed_run_goes_on_and_writes_what_an_undisturbed_one_writes(
    source: Path, whole: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    killed = subprocess.run([sys.executable, "-c", KILLED, source, out], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    part = out.with_name("out.jsonl.part")
    assert not out.exists() and 0 < part.stat().st_size < len(whole)
    result = run(source, out, "--resume", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["rows"] == 60 and json.loads(result.stdout)["errors"] == 1
    assert out.read_bytes() == whole and not part.exists()


@pytest.mark.parametrize("cut", [0, 1, 3000])
def test_a_half_written_line_is_written_again(source: Path, whole: bytes, tmp_path: Path, cut: int) -> None:
    out = tmp_path / "out.jsonl"
    lines = whole.splitlines(keepends=True)
    out.with_name("out.jsonl.part").write_bytes(b"".join(lines[:20]) + lines[20][:cut])
    assert run(source, out, "--resume").exit_code == 1
    assert out.read_bytes() == whole


def test_nothing_written_yet_is_the_beginning(source: Path, whole: bytes, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert run(source, out, "--resume").exit_code == 1
    assert out.read_bytes() == whole


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'"id":"4"', b'"id":"5"', "line 5 .* the input has '4'"),
        (b'"model":"', b'"model":"f', "line 1 .* another model or lexicon"),
        (b'"lexicon":"', b'"lexicon":"f', "line 1 .* another model or lexicon"),
        (b'{"id":"2"', b'"id":"2"', "line 3 .* no assessment"),
    ],
)
def test_lines_of_another_run_are_refused_and_kept(
    source: Path, whole: bytes, tmp_path: Path, old: bytes, new: bytes, said: str
) -> None:
    out, part = tmp_path / "out.jsonl", tmp_path / "out.jsonl.part"
    foreign = b"".join(whole.splitlines(keepends=True)[:20]).replace(old, new)
    part.write_bytes(foreign)
    result = run(source, out, "--resume")
    assert result.exit_code == 1
    assert re.search(said, " ".join(result.output.split())) and not out.exists()
    assert part.read_bytes() == foreign


def test_more_lines_than_the_input_has_are_refused(source: Path, whole: bytes, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.with_name("out.jsonl.part").write_bytes(whole + whole)
    result = run(source, out, "--resume")
    assert result.exit_code == 1 and "only 60 lines" in result.output


@pytest.mark.parametrize(
    "arguments", [["--resume"], ["--in", "x", "--resume"], ["--in", "x", "--out", "-", "--resume"]]
)
def test_only_a_file_can_be_gone_on_with(arguments: list[str]) -> None:
    result = CliRunner().invoke(assess, arguments)
    assert result.exit_code == 2 and "--resume needs" in result.output
