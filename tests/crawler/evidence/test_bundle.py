"""The bundle folder: complete, sealed last, never written over."""

import hashlib
import json
from pathlib import Path

import pytest

from casefile.records import BundleManifest, Capture, CustodyEntry, Listing, RunReport
from crawler.evidence import BundleWriter, EvidenceError
from tests.crawler.evidence.samples import open_writer, report, write_page


def test_the_manifest_names_every_file_with_its_digest(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    with open_writer(folder) as writer:
        writer.custody("run_started", kind="crawl")
        write_page(writer, 1)
        original = tmp_path / "rows.jsonl.gz"
        original.write_bytes(b"as received")
        kept = writer.keep_original(original)
        assert writer.write_screenshot("abc", b"PNG") == "screenshots/abc.png"
        manifest = writer.seal(report(writer.run_id))
    stored = BundleManifest.from_json(json.loads((folder / "bundle.json").read_text()))
    assert stored == manifest
    on_disk = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {"bundle.json"}
    assert {file.path for file in manifest.files} == on_disk
    assert kept in manifest.files
    for file in manifest.files:
        data = (folder / file.path).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (file.sha256, file.bytes)


def test_lines_read_back_as_the_records_that_were_written(tmp_path: Path) -> None:
    with open_writer(tmp_path / "bundle") as writer:
        capture = write_page(writer, 1)
        writer.seal(report(writer.run_id))
    lines = (tmp_path / "bundle" / "captures.jsonl").read_text().splitlines()
    assert [Capture.from_json(json.loads(line)) for line in lines] == [capture]
    (listing,) = (tmp_path / "bundle" / "listings.jsonl").read_text().splitlines()
    assert Listing.from_json(json.loads(listing)).capture == capture.id
    assert RunReport.from_json(json.loads((tmp_path / "bundle" / "run.json").read_text())).counts == {}


def test_the_custody_log_is_a_chain(tmp_path: Path) -> None:
    with open_writer(tmp_path / "bundle") as writer:
        writer.custody("run_started", kind="crawl")
        writer.seal(report(writer.run_id))
    entries = [
        CustodyEntry.from_json(json.loads(line))
        for line in (tmp_path / "bundle" / "custody.jsonl").read_text().splitlines()
    ]
    previous = "0" * 64
    for entry in entries:
        assert entry.previous == previous
        assert entry.hash == entry.expected_hash()
        previous = entry.hash
    assert [entry.action for entry in entries] == ["run_started", "run_finished"]


def test_a_folder_with_anything_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(EvidenceError, match="is not empty: choose a new folder"):
        open_writer(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_with_a_cut_run_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with open_writer(tmp_path / "bundle") as writer:
        write_page(writer, 1)
    with pytest.raises(EvidenceError, match="pharmakon crawl --recover"):
        open_writer(tmp_path / "bundle")


def test_a_run_that_fails_leaves_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_writer(tmp_path / "bundle") as writer:
        write_page(writer, 1)
        raise ZeroDivisionError
    assert not (tmp_path / "bundle" / "bundle.json").exists()
    assert (tmp_path / "bundle" / "captures.jsonl").read_text().count("\n") == 1


def test_a_report_of_another_run_cannot_seal_it(tmp_path: Path) -> None:
    with open_writer(tmp_path / "bundle") as writer, pytest.raises(EvidenceError, match="report of run other"):
        writer.seal(report("other"))


def test_a_path_that_is_no_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EvidenceError, match="cannot write a bundle to"):
        BundleWriter(tmp_path / "file", run_id="r")


def test_records_are_on_disk_before_the_method_returns(tmp_path: Path) -> None:
    with open_writer(tmp_path / "bundle") as writer:
        capture = write_page(writer, 1)
        assert capture.id in (tmp_path / "bundle" / "captures.jsonl").read_text()
        assert (tmp_path / "bundle" / capture.warc_file).stat().st_size >= capture.warc_offset + capture.warc_length


def test_half_a_character_is_replaced_and_a_whole_pair_joined(tmp_path: Path) -> None:
    with open_writer(tmp_path / "bundle") as writer:
        writer.write_listing(Listing.model_construct(id="a", title="half \ud83d, whole \ud83d\ude00", sources={}))
    (line,) = (tmp_path / "bundle" / "listings.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["title"] == "half \ufffd, whole \U0001f600"
