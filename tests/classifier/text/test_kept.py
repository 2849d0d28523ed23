import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from classifier.text import kept as module
from classifier.text.kept import kept


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PHARMAKON_KEPT", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "words.yaml"
    path.write_text("words: one", encoding="utf-8")
    return path


class Builder:
    """Builds another thing each time it is asked, so that a kept one is told from a fresh one."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Any:
        self.times += 1
        return {"built": self.times, "words": ["нет", "no"]}


def test_what_was_built_is_kept_for_the_next_start(folder: Path, source: Path) -> None:
    build = Builder()
    assert kept("cues", [source], build) == kept("cues", [source], build) == {"built": 1, "words": ["нет", "no"]}
    assert len(list(folder.iterdir())) == 1


def test_changed_data_is_built_anew_and_only_its_newest_state_is_kept(folder: Path, source: Path) -> None:
    build = Builder()
    kept("other", [source], build)
    kept("cues", [source], build)
    source.write_text("words: two", encoding="utf-8")
    assert kept("cues", [source], build)["built"] == 3
    assert sorted(path.name.partition("-")[0] for path in folder.iterdir()) == ["cues", "other"]


def test_changed_code_is_another_state(
    folder: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "reader.py").write_text("fold = str.lower\n", encoding="utf-8")
    monkeypatch.setattr(module, "_READERS", (code,))
    build = Builder()
    kept("cues", [source], build)
    (code / "reader.py").write_text("fold = str.casefold\n", encoding="utf-8")
    assert kept("cues", [source], build)["built"] == 2


def _damages(body: bytes) -> Iterator[bytes]:
    yield b""
    yield body[:-1]
    yield body.replace(b"no", b"on")
    yield b"\xff" + body
    digest, _, _ = body.partition(b"\n")
    yield digest + b"\n" + json.dumps({"built": 7}).encode()


def test_a_damaged_file_is_built_anew_and_put_right(folder: Path, source: Path) -> None:
    build = Builder()
    kept("cues", [source], build)
    (path,) = folder.iterdir()
    for number, damaged in enumerate(_damages(path.read_bytes()), 2):
        path.write_bytes(damaged)
        assert kept("cues", [source], build)["built"] == number
        assert kept("cues", [source], build)["built"] == number


def test_a_file_larger_than_any_is_not_read(folder: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = Builder()
    kept("cues", [source], build)
    monkeypatch.setattr(module, "_LARGEST", 10)
    assert kept("cues", [source], build)["built"] == 2


def test_a_folder_that_cannot_be_written_costs_only_time(folder: Path, source: Path) -> None:
    folder.write_text("a file where the folder should be", encoding="utf-8")
    build = Builder()
    assert [kept("cues", [source], build)["built"] for _ in range(2)] == [1, 2]


def test_a_write_that_fails_leaves_nothing_behind(folder: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Path:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert kept("cues", [source], Builder())["built"] == 1
    assert list(folder.iterdir()) == []


def test_only_its_owner_reads_what_is_kept(folder: Path, source: Path) -> None:
    kept("cues", [source], Builder())
    assert [path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())] == [0, 0]


def test_a_fault_of_the_sources_is_reported_and_nothing_kept(folder: Path, source: Path) -> None:
    def faulty() -> Any:
        raise ValueError("words.yaml: a bracket is not closed")

    with pytest.raises(ValueError, match="bracket"):
        kept("cues", [source], faulty)
    assert not folder.exists()
