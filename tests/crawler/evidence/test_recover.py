"""Recovery: what was written whole is kept, what was torn is set aside and named, nothing is lost."""

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest

from casefile.records import BundleManifest, CustodyEntry
from crawler.evidence import EvidenceError
from crawler.evidence.recover import Recovery, recover_bundle, whole_members
from tests.crawler.evidence.samples import MOMENT, open_writer, report, write_page


def cut_run(folder: Path, pages: int = 3) -> Path:
    """Write a run and leave it as a kill would."""
    with open_writer(folder) as writer:
        writer.custody("run_started", kind="crawl", start_urls=["http://shop.example/"], settings={"max_pages": 5})
        for number in range(pages):
            write_page(writer, number)
    return folder


def recover(folder: Path) -> Recovery:
    recovery = recover_bundle(folder, clock=lambda: MOMENT + timedelta(hours=1))
    assert recovery is not None
    return recovery


def lines(folder: Path, name: str) -> int:
    return len((folder / name).read_text().splitlines())


def test_a_run_cut_between_two_pages_is_sealed_whole(tmp_path: Path) -> None:
    folder = cut_run(tmp_path / "bundle")
    recovery = recover(folder)
    assert (recovery.captures, recovery.listings, recovery.set_aside) == (3, 3, {})
    assert recovery.report.finish_reason == "recovered after the run was killed"
    assert recovery.report.start_urls == ("http://shop.example/",)
    assert recovery.report.settings == {"max_pages": 5}
    assert recovery.report.run_id == "20261121T100000Z-00000001"
    assert recovery.report.counts["ok"] == 3
    manifest = BundleManifest.from_json(json.loads((folder / "bundle.json").read_text()))
    assert {file.path for file in manifest.files} >= {"run.json", "captures.jsonl", "listings.jsonl", "custody.jsonl"}
    assert not (folder / ".writing").exists()


def test_a_torn_line_is_set_aside_and_named(tmp_path: Path) -> None:
    folder = cut_run(tmp_path / "bundle")
    with (folder / "listings.jsonl").open("ab") as stream:
        stream.write(b'{"id":"half')
    recovery = recover(folder)
    assert recovery.set_aside == {"listings.jsonl": 11}
    assert (folder / "torn" / "listings.jsonl.1").read_bytes() == b'{"id":"half'
    assert lines(folder, "listings.jsonl") == 3
    assert "torn/listings.jsonl.1" in {file.path for file in recovery.manifest.files}


def test_a_torn_record_takes_with_it_only_the_captures_that_name_it(tmp_path: Path) -> None:
    folder = cut_run(tmp_path / "bundle")
    (archive,) = (folder / "archive").iterdir()
    whole = archive.read_bytes()
    last = json.loads((folder / "captures.jsonl").read_text().splitlines()[-1])
    archive.write_bytes(whole[: last["warc_offset"] + 10])
    recovery = recover(folder)
    assert (recovery.captures, recovery.listings) == (2, 2)
    assert set(recovery.set_aside) == {f"archive/{archive.name}", "captures.jsonl", "listings.jsonl"}
    assert archive.read_bytes() == whole[: last["warc_offset"]]
    assert (folder / "torn" / f"{archive.name}.1").read_bytes() == whole[last["warc_offset"] :][:10]


def test_the_custody_log_goes_on_and_says_what_was_set_aside(tmp_path: Path) -> None:
    folder = cut_run(tmp_path / "bundle")
    with (folder / "custody.jsonl").open("ab") as stream:
        stream.write(b"{")
    recover(folder)
    first, last = (
        CustodyEntry.from_json(json.loads(line)) for line in (folder / "custody.jsonl").read_text().splitlines()
    )
    assert (last.action, last.previous, last.hash) == ("recovered", first.hash, last.expected_hash())
    assert last.detail["set_aside"] == {"custody.jsonl": 1}


def test_a_custody_log_that_was_changed_is_not_sealed(tmp_path: Path) -> None:
    folder = cut_run(tmp_path / "bundle")
    log = folder / "custody.jsonl"
    log.write_text(log.read_text().replace("shop.example", "good.example"))
    with pytest.raises(EvidenceError, match="line 1: the custody chain is broken"):
        recover(folder)
    assert not (folder / "bundle.json").exists()


def test_a_sealed_bundle_is_left_as_it_is(tmp_path: Path) -> None:
    with open_writer(tmp_path / "bundle") as writer:
        writer.custody("run_started", kind="crawl")
        writer.seal(report(writer.run_id))
    before = (tmp_path / "bundle" / "bundle.json").read_bytes()
    assert recover_bundle(tmp_path / "bundle") is None
    assert (tmp_path / "bundle" / "bundle.json").read_bytes() == before


def test_a_run_that_is_still_written_is_not_touched(tmp_path: Path) -> None:
    with open_writer(tmp_path / "bundle") as writer:
        writer.custody("run_started", kind="crawl")
        with pytest.raises(EvidenceError, match="another process is writing"):
            recover_bundle(tmp_path / "bundle")
        write_page(writer, 1)


def test_a_recovery_that_was_cut_itself_can_be_begun_again(tmp_path: Path) -> None:
    folder = cut_run(tmp_path / "bundle")
    (folder / ".listings.jsonl.partial").write_text("half of a rewritten file")
    recovery = recover(folder)
    assert (recovery.captures, recovery.listings) == (3, 3)
    assert (folder / "torn" / "listings.jsonl.partial.1").read_text() == "half of a rewritten file"


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="holds no run"):
        recover_bundle(tmp_path)


def test_a_run_killed_before_its_first_entry_says_that_nothing_was_fetched(tmp_path: Path) -> None:
    with open_writer(tmp_path / "bundle"):
        pass
    with pytest.raises(EvidenceError, match="killed before it fetched anything"):
        recover(tmp_path / "bundle")


@pytest.mark.parametrize("cut", range(0, 120, 7))
def test_whole_members_are_counted_at_any_cut(tmp_path: Path, cut: int) -> None:
    members = [gzip.compress(text, mtime=0) for text in (b"one", b"two two", b"three three three")]
    data = b"".join(members)
    (tmp_path / "file").write_bytes(data[:cut])
    ends = [sum(map(len, members[:number])) for number in range(4)]
    assert whole_members(tmp_path / "file") == max(end for end in ends if end <= min(cut, len(data)))
