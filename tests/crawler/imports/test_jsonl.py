import gzip
import json
from pathlib import Path

import pytest

from crawler.imports.run import plan_import
from crawler.imports.source import MAX_LINE
from tests.crawler.imports.conftest import Import, json_lines


def test_rows_keep_what_they_say_and_unknown_fields_stay_aside(tmp_path: Path, imported: Import) -> None:
    row = {"id": "shop-a-0123456789", "title": "Xanax 2 mg", "price": "Rp96.500 - Rp168.500", "currency": "IDR",
           "language": "id", "source_repo": "someone/scrape", "side": "illicit", "x_year": 2019}  # fmt: skip
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps(row) + "\n", encoding="utf-8")
    report, (listing,) = imported(source)
    assert report.is_whole and report.listings == 1
    assert listing["id"] == "shop-a-0123456789" and listing["site"] == "someone/scrape"
    assert listing["price"]["amount"] == "96500" and listing["price"]["currency"] == "IDR"
    assert listing["extra"] == {"source_repo": "someone/scrape", "side": "illicit", "x_year": 2019}
    assert listing["sources"]["title"] == "import"


def test_short_ids_of_two_files_do_not_collide_and_stay_findable(tmp_path: Path, imported: Import) -> None:
    source = tmp_path / "market-a.jsonl"
    source.write_text('{"id": 17, "title": "one"}\n{"title": "no id at all"}\n', encoding="utf-8")
    _, (first, second) = imported(source)
    assert first["id"] == "market-a:17" and first["extra"]["given_id"] == 17
    assert len(second["id"]) == 20


def test_a_broken_line_is_set_aside_with_its_number_and_the_rest_is_kept(tmp_path: Path, imported: Import) -> None:
    source = tmp_path / "rows.jsonl.gz"
    lines = [b'{"id": "a-long-enough-id", "title": "kept"}', b'{"id": "b", "title": ', b"[1, 2]", b'{"id": "c"}',
             b'{"id": "d", "title": "caf\xe9"}', b'{"id": "e", "title": "\\ud800"}',
             b'{"id": "f", "title": "x", "y": NaN}',
             b"[" * 100_000, b'{"id": "another-long-id", "title": "kept too", "n": 12345678901234567890}']  # fmt: skip
    source.write_bytes(gzip.compress(b"\n".join(lines)))
    report, listings = imported(source)
    assert [listing["title"] for listing in listings] == ["kept", "kept too"]
    assert not report.is_whole
    rejects = json_lines(tmp_path / "bundle" / "rejects.jsonl")
    assert [reject["place"] for reject in rejects] == [f"line {number}" for number in range(2, 9)]
    assert "no valid JSON" in rejects[0]["error"] and "not UTF-8" in rejects[3]["error"]


def test_a_line_of_50_mb_is_set_aside_without_being_held(tmp_path: Path, imported: Import) -> None:
    source = tmp_path / "rows.jsonl"
    with source.open("wb") as stream:
        stream.write(b'{"id": "before-it-is-read", "title": "before"}\n{"id": "x", "title": "')
        for _ in range(50):
            stream.write(b"x" * 1024 * 1024)
        stream.write(b'"}\n{"id": "after-it-is-read", "title": "after"}\n')
    report, listings = imported(source)
    assert [listing["title"] for listing in listings] == ["before", "after"]
    assert report.first_rejects[0].place == "line 2" and str(MAX_LINE) in report.first_rejects[0].error


def test_a_gzip_file_cut_short_gives_what_stands_before_the_cut(tmp_path: Path, imported: Import) -> None:
    rows = b"".join(
        b'{"id": "row-number-%06d", "title": "t %d"}\n' % (number, number * 7919) for number in range(20_000)
    )
    packed = gzip.compress(rows)
    source = tmp_path / "rows.jsonl.gz"
    source.write_bytes(packed[: len(packed) // 2])
    report, listings = imported(source)
    assert 1_000 < len(listings) < 20_000
    assert report.cut is not None and "damaged after line" in report.cut and not report.is_whole


def test_a_gzip_bomb_is_refused(tmp_path: Path, imported: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.imports.source.RATIO_COUNTS_FROM", 1_000_000)
    source = tmp_path / "rows.jsonl.gz"
    source.write_bytes(gzip.compress(b'{"id": "kept-before-bomb", "title": "t"}\n' + (b" " * 99_999 + b"\n") * 200))
    report, listings = imported(source)
    assert len(listings) == 1
    assert report.cut is not None and "refused as a bomb" in report.cut


def test_the_same_content_gives_the_same_run_and_other_content_another(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "rows.jsonl", tmp_path / "b" / "rows.jsonl"
    for path in (first, second):
        path.parent.mkdir()
        path.write_text('{"id": "1", "title": "x"}\n', encoding="utf-8")
    assert plan_import(first).run_id == plan_import(second).run_id
    second.write_text('{"id": "1", "title": "y"}\n', encoding="utf-8")
    assert plan_import(first).run_id != plan_import(second).run_id


def test_the_original_is_kept_by_its_digest(tmp_path: Path, imported: Import) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text('{"id": "1", "title": "x"}\n', encoding="utf-8")
    imported(source)
    (original,) = (tmp_path / "bundle" / "originals").iterdir()
    assert original.read_bytes() == source.read_bytes()
