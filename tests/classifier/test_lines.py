import io
import json
from pathlib import Path
from typing import Any

import pytest

from classifier.assess import Assessor
from classifier.engines.local import score_rows
from classifier.lines import LineError, assess_lines, dump_line, parse_line, split_lines
from classifier.persist import ModelError


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "not JSON"), (b"[1]", "JSON object"), (b'"x"', "JSON object"), (b"null", "JSON object"),
        (b'{"id": "1"}', "'title' and 'description'"), (b'{"title": "x"}', "'id'"),
        (b'{"id": [], "title": "x"}', "'id'"),
        (b'{"id": "1", "title": {"a": 1}}', "'title'"), (b'{"id": "1", "title": "x", "price": NaN}', "NaN"),
        (b'{"id": "1", "title": "x", "price": -Infinity}', "Infinity"), (b'{"id": "1", "title": "\xff"}', "UTF-8"),
        (b'{"id": "1", "title": "x", "version": "many"}', "version"), (b"[" * 200_000, "nested"), (None, "longer"),
        (b'{"id": "1", "title": "x", "offers": 3}', "offers"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_listing_is_refused_with_its_reason(line: bytes | None, said: str) -> None:
    with pytest.raises(LineError, match=said):
        parse_line(line)


def test_a_refused_line_still_gives_its_id() -> None:
    with pytest.raises(LineError) as refused:
        parse_line(b'{"id": 7}')
    assert refused.value.row_id == "7"


def test_a_lone_surrogate_hides_nothing(assessor: Assessor) -> None:
    (row,) = assess_lines(assessor, [b'{"id": "1", "title": "xanax \\ud800 no prescription"}'])
    assert row["risk"] > 0.5 and dump_line(row)


def test_a_bad_line_stops_nothing_and_order_is_kept(assessor: Assessor) -> None:
    lines: list[bytes | None] = [b'{"id": "a", "title": "xanax"}', b"oops", None, b'{"id": "a", "title": "xanax"}']
    rows = assess_lines(assessor, lines)
    assert [row.get("id") for row in rows] == ["a", None, None, "a"]
    assert ["error" in row for row in rows] == [False, True, True, False]
    assert rows[0] == rows[3]


def test_a_line_longer_than_the_limit_is_passed_over() -> None:
    stream = io.BytesIO(b"short\n" + b"x" * 50 + b"\n\nlast")
    assert list(split_lines(stream, limit=10)) == [b"short\n", None, b"last"]


def test_a_listing_that_breaks_the_assessor_is_lost_alone(assessor: Assessor, monkeypatch: pytest.MonkeyPatch) -> None:
    from classifier import assess, reading

    real = reading.read

    def read(catalogue: Any, listing: Any) -> Any:
        if listing.id == "bad":
            raise ZeroDivisionError("boom")
        return real(catalogue, listing)

    monkeypatch.setattr(assess, "read", read)
    lines = [json.dumps({"id": i, "title": "xanax"}).encode() for i in ("a", "bad", "b")]
    rows = assess_lines(assessor, list(lines))
    assert [row["id"] for row in rows] == ["a", "bad", "b"]
    assert ["error" in row for row in rows] == [False, True, False]


def test_a_pool_gives_the_same_bytes_in_the_same_order(tmp_path: Path) -> None:
    lines = [json.dumps({"id": str(n), "title": f"xanax {n} mg no prescription"}).encode() for n in range(600)]
    lines[300] = b"oops"
    alone = [line for chunk, _ in score_rows(lines) for line in chunk]
    pooled = [line for chunk, _ in score_rows(lines, workers=2) for line in chunk]
    assert alone == pooled and len(alone) == 600


def test_lines_are_taken_as_they_are_needed() -> None:
    taken = 0

    def endless() -> Any:
        nonlocal taken
        while True:
            taken += 1
            yield b'{"id": "1", "title": "x"}'

    next(iter(score_rows(endless())))
    assert taken <= 600


@pytest.mark.parametrize("workers", [1, 2])
def test_a_missing_model_is_reported_before_a_line_is_read(tmp_path: Path, workers: int) -> None:
    lines = iter([b'{"id": "a", "title": "xanax"}'])
    with pytest.raises(ModelError, match="holds no model"):
        next(score_rows(lines, tmp_path, workers=workers))
    assert len(list(lines)) == 1
