import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

_SMALL = 20_000
"""Bytes a file may grow to: a full disk as the program sees it."""


def run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    rows = ({"id": str(n), "title": "Xanax 2mg, no prescription, pay with Bitcoin"} for n in range(200))
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    limited = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2);"
        "sys.argv = sys.argv[2:]; runpy.run_module('cli.main', run_name='__main__')"
    )
    command = [sys.executable, "-c", limited, str(_SMALL), "pharmakon", "assess"]
    command += ["--in", str(folder / "in.jsonl"), "--out", str(folder / "out.jsonl"), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="the system cannot limit the size of files")
def test_a_full_disk_is_one_message_and_leaves_no_half_file(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert done.stderr.strip() == f"Error: {tmp_path / 'out.jsonl'}: cannot be written (File too large)"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl"]


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="the system cannot limit the size of files")
def test_with_resume_what_was_written_before_the_disk_was_full_is_kept(tmp_path: Path) -> None:
    done = run(tmp_path, "--resume")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert (tmp_path / "out.jsonl.part").stat().st_size > 1000
