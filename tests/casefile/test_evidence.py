import gzip
import shutil
from pathlib import Path

import pytest

from casefile import evidence
from casefile.evidence import EvidenceError, bundle_path, custody, payload, screenshot, warc_record
from casefile.ingest import ingest_bundle
from casefile.store import Casefile
from tests.casefile.making import PNG, listing, make_bundle, warc_member

CAPTURE = "capture-run-1"
BODY = b"<html>the page</html>"


@pytest.fixture
def stored(casefile: Casefile, tmp_path: Path) -> Path:
    """Return the workspace's copy of a bundle."""
    result = ingest_bundle(casefile, make_bundle(tmp_path / "b", [listing(1)], body=BODY), actor="test")
    return bundle_path(casefile, result.bundle_hash)


def rewrite(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def test_a_body_comes_back_as_it_was(casefile: Casefile, stored: Path) -> None:
    assert payload(casefile, CAPTURE, max_bytes=1000) == BODY
    assert payload(casefile, CAPTURE, max_bytes=len(BODY)) == BODY


def test_a_compressed_body_comes_back_decoded_and_checked_as_received(casefile: Casefile, tmp_path: Path) -> None:
    body = b"word " * 1000
    ingest_bundle(casefile, make_bundle(tmp_path / "b", [], encoded=gzip.compress(body)), actor="test")
    assert payload(casefile, CAPTURE, max_bytes=5000) == body


def test_a_body_that_decodes_to_more_than_asked_for_is_refused(casefile: Casefile, tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    ingest_bundle(casefile, make_bundle(tmp_path / "b", [], encoded=bomb), actor="test")
    with pytest.raises(EvidenceError, match="larger than 1000 bytes"):
        payload(casefile, CAPTURE, max_bytes=1000)


def test_the_raw_record_is_one_gzip_member(casefile: Casefile, stored: Path) -> None:
    record = warc_record(casefile, CAPTURE)
    assert record == warc_member("https://shop.example/p/1", BODY)
    assert gzip.decompress(record).startswith(b"WARC/1.1\r\n")


def test_a_record_that_was_changed_after_ingest_is_not_shown(casefile: Casefile, stored: Path) -> None:
    file = stored / "archive" / "pages.warc.gz"
    forged = warc_member("https://shop.example/p/1", b"<html>the lies</html>")
    rewrite(file, forged + forged)
    with pytest.raises(EvidenceError, match=r"not the one that was received|cannot be read|shorter"):
        payload(casefile, CAPTURE, max_bytes=1000)


@pytest.mark.parametrize("data", [b"", b"garbage" * 100])
def test_a_damaged_record_is_refused(casefile: Casefile, stored: Path, data: bytes) -> None:
    rewrite(stored / "archive" / "pages.warc.gz", data)
    with pytest.raises(EvidenceError, match=f"capture {CAPTURE}"):
        payload(casefile, CAPTURE, max_bytes=1000)


def test_a_screenshot_comes_back_and_none_is_none(casefile: Casefile, stored: Path, tmp_path: Path) -> None:
    assert screenshot(casefile, CAPTURE) == PNG
    plain = make_bundle(tmp_path / "plain", [], run_id="run-2", seal=False)
    text = (plain / "captures.jsonl").read_text().replace('"screenshot": "screenshots/one.png", ', "")
    (plain / "captures.jsonl").write_text(text)
    from tests.casefile.making import seal_bundle

    seal_bundle(plain, run_id="run-2")
    ingest_bundle(casefile, plain, actor="test")
    assert screenshot(casefile, "capture-run-2") is None


def test_a_screenshot_of_huge_size_is_refused(
    casefile: Casefile, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MAX_SCREENSHOT_BYTES", 10)
    with pytest.raises(EvidenceError, match="screenshot is larger"):
        screenshot(casefile, CAPTURE)


def test_a_record_of_huge_size_is_refused(casefile: Casefile, stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MAX_RECORD_BYTES", 10)
    with pytest.raises(EvidenceError, match="too large to open"):
        warc_record(casefile, CAPTURE)


def test_what_is_not_there_is_said_so(casefile: Casefile, stored: Path) -> None:
    with pytest.raises(EvidenceError, match="capture nothing is not in the casefile"):
        payload(casefile, "nothing", max_bytes=1)
    with pytest.raises(EvidenceError, match="never ingested"):
        bundle_path(casefile, "0" * 64)
    shutil.rmtree(stored / "screenshots")
    with pytest.raises(EvidenceError, match="missing"):
        screenshot(casefile, CAPTURE)
    shutil.rmtree(stored)
    with pytest.raises(EvidenceError, match="restore it from a backup"):
        warc_record(casefile, CAPTURE)


def test_a_link_planted_in_the_workspace_is_not_followed(casefile: Casefile, stored: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    shutil.rmtree(stored / "screenshots")
    (stored / "screenshots").mkdir()
    (stored / "screenshots" / "one.png").symlink_to(tmp_path / "secret")
    with pytest.raises(EvidenceError, match="symbolic link"):
        screenshot(casefile, CAPTURE)


def test_a_damaged_custody_log_is_refused(casefile: Casefile, stored: Path) -> None:
    rewrite(stored / "custody.jsonl", b"{}\n")
    with pytest.raises(EvidenceError, match=r"custody\.jsonl, line 1"):
        custody(casefile, stored.name)
