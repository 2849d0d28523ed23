import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from classifier.embeddings.cache import CachedEncoder, EmbeddingCache
from classifier.embeddings.encoder import LONGEST_TEXT, Embeddings


class Counting:
    """An encoder that counts what it was asked."""

    digest, width = "a" * 64, 4

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Embeddings:
        self.asked += texts
        return np.array([[len(t), 1 / 3, -1.0, 0.1] for t in texts], dtype=np.float32)


def cache(folder: Path, *, digest: str = "a" * 64, most_files: int = 1000) -> EmbeddingCache:
    return EmbeddingCache(folder, digest=digest, width=4, most_files=most_files)


VECTOR = np.array([0.1, -2.0, 1 / 3, 0.0], dtype=np.float32)


def test_a_text_is_embedded_once_and_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    behind = Counting()
    first = CachedEncoder(behind, tmp_path).encode(["a", "bb", "a"])
    second = CachedEncoder(behind, tmp_path).encode(["bb", "a"])
    assert behind.asked == ["a", "bb"]
    assert np.array_equal(first[[1, 0]], second)


def test_another_encoder_finds_nothing_of_this_one(tmp_path: Path) -> None:
    cache(tmp_path).put("a", VECTOR)
    assert cache(tmp_path).get("a") is not None
    assert cache(tmp_path, digest="b" * 64).get("a") is None


def test_texts_that_differ_only_beyond_what_is_read_share_a_vector(tmp_path: Path) -> None:
    cache(tmp_path).put("x" * LONGEST_TEXT + "one", VECTOR)
    assert cache(tmp_path).get("x" * LONGEST_TEXT + "two") is not None


@pytest.mark.parametrize("damage", [lambda d: d[:-1], lambda d: b"", lambda d: d[:-1] + b"\x07", lambda d: d + b"x"])
def test_a_damaged_file_counts_as_missing_and_is_replaced(tmp_path: Path, damage: object) -> None:
    held = cache(tmp_path)
    held.put("a", VECTOR)
    (path,) = (p for p in tmp_path.rglob("*") if p.is_file())
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    assert held.get("a") is None
    held.put("a", VECTOR)
    assert np.array_equal(held.get("a"), VECTOR)  # type: ignore[arg-type]


def test_only_the_owner_may_read_what_tells_of_listings(tmp_path: Path) -> None:
    cache(tmp_path / "cache").put("a", VECTOR)
    (path,) = (p for p in tmp_path.rglob("*") if p.is_file())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_cache_stays_bounded_and_keeps_what_came_last(tmp_path: Path) -> None:
    held = cache(tmp_path, most_files=256 * 4)
    for number in range(3000):
        held.put(str(number), VECTOR)
    assert sum(p.is_file() for p in tmp_path.rglob("*")) <= 256 * 4
    assert held.get("2999") is not None


def test_many_writers_of_one_text_leave_one_whole_vector(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: cache(tmp_path).put("a", VECTOR), range(200)))
    assert [p.suffix for p in tmp_path.rglob("*") if p.is_file()] == [""]
    assert np.array_equal(cache(tmp_path).get("a"), VECTOR)  # type: ignore[arg-type]


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    encoder = CachedEncoder(Counting(), tmp_path / "file" / "cache")
    assert encoder.encode(["abc"])[0, 0] == 3
