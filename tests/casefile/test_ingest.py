import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from casefile import audit, ingest
from casefile.bundles import MAX_LINE_BYTES, BundleError
from casefile.ingest import IngestError, ingest_bundle
from casefile.listings import get_capture, get_listing, get_site, listing_versions, observations
from casefile.records import BundleFile
from casefile.store import Casefile, CasefileError
from tests.casefile.making import NOON, listing, make_bundle, seal_bundle, site
from tests.casefile.scene import ingested

TABLES = ("bundles", "captures", "listings", "listing_versions", "observations", "site_versions", "sites")


def rows(casefile: Casefile) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows an ingest makes, but for the moment it was made at."""
    with casefile.read() as db:
        found = {
            table: sorted(tuple(row) for row in db.execute(f"SELECT * FROM {table}"))  # noqa: S608 - constant names
            for table in TABLES
        }
    found["bundles"] = [(*row[:4], *row[5:]) for row in found["bundles"]]
    return found


def files(casefile: Casefile) -> set[str]:
    home = casefile.workspace / "bundles"
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file() and path.name != ".lock"}


def nothing_kept(casefile: Casefile) -> bool:
    return all(not kept for kept in rows(casefile).values()) and not files(casefile)


def test_a_bundle_brings_its_listings_captures_and_sites(casefile: Casefile, tmp_path: Path) -> None:
    result = ingested(casefile, tmp_path, [listing(1), listing(2)], sites=[site()])
    assert (result.listings_new, result.captures, result.sites, result.already_known) == (2, 1, 1, False)
    first = get_listing(casefile, listing(1).id)
    assert first is not None
    assert (first.title, first.version, first.captured_at) == ("Tablets 1", 1, NOON)
    stored = get_capture(casefile, "capture-run-1")
    assert stored is not None
    assert stored.bundle_hash == result.bundle_hash
    shop = get_site(casefile, "shop.example")
    assert shop is not None
    assert shop.country == "IN"


def test_the_evidence_is_copied_byte_for_byte_and_made_read_only(casefile: Casefile, tmp_path: Path) -> None:
    result = ingested(casefile, tmp_path, [listing(1)])
    copy = casefile.workspace / "bundles" / result.bundle_hash
    for path in (tmp_path / "run-1").rglob("*"):
        if path.is_file():
            twin = copy / path.relative_to(tmp_path / "run-1")
            assert twin.read_bytes() == path.read_bytes()
            assert twin.stat().st_mode & 0o222 == 0


def test_ingesting_twice_changes_nothing(casefile: Casefile, tmp_path: Path) -> None:
    first = ingested(casefile, tmp_path, [listing(1)])
    before, log = rows(casefile), audit.verify(casefile).entries
    again = ingest_bundle(casefile, tmp_path / "run-1", actor="test")
    assert again.already_known
    assert (again.bundle_hash, again.listings_new) == (first.bundle_hash, 1)
    assert rows(casefile) == before
    assert audit.verify(casefile).entries == log


def test_a_moved_copy_of_a_bundle_is_the_same_bundle(casefile: Casefile, tmp_path: Path) -> None:
    ingested(casefile, tmp_path, [listing(1)])
    shutil.copytree(tmp_path / "run-1", tmp_path / "elsewhere")
    assert ingest_bundle(casefile, tmp_path / "elsewhere", actor="test").already_known


def test_the_ingest_continues_the_custody_chain_and_is_in_the_log(casefile: Casefile, tmp_path: Path) -> None:
    result = ingested(casefile, tmp_path, [listing(1)])
    from casefile.evidence import custody

    chain = custody(casefile, result.bundle_hash)
    assert [entry.action for entry in chain] == ["run_finished", "ingested"]
    assert chain[1].previous == chain[0].hash
    assert chain[1].hash == chain[1].expected_hash()
    entry = audit.entries(casefile, subject=f"bundle:{result.bundle_hash}")[0]
    assert (entry.actor, entry.action, entry.detail["listings_new"]) == ("test", "ingested", 1)


class TestVersions:
    def test_the_same_words_seen_again_are_an_observation_and_no_version(
        self, casefile: Casefile, tmp_path: Path
    ) -> None:
        ingested(casefile, tmp_path, [listing(1)])
        result = ingested(casefile, tmp_path, [listing(1, minutes=60)], run_id="run-2")
        assert (result.listings_new, result.listings_changed, result.listings_same) == (0, 0, 1)
        assert len(listing_versions(casefile, listing(1).id)) == 1
        assert [one.capture_id for one in observations(casefile, listing(1).id)] == ["capture-run-1", "capture-run-2"]

    def test_changed_words_are_a_new_version_beside_the_old_one(self, casefile: Casefile, tmp_path: Path) -> None:
        ingested(casefile, tmp_path, [listing(1)])
        result = ingested(casefile, tmp_path, [listing(1, text="Now cheaper.", minutes=60)], run_id="run-2")
        assert result.listings_changed == 1
        old, new = listing_versions(casefile, listing(1).id)
        assert (old.version, new.version) == (1, 2)
        assert old.description == "Offer number 1."
        assert new.description == "Offer number 1. Now cheaper."
        assert get_listing(casefile, listing(1).id) == new
        assert get_listing(casefile, listing(1).id, 1) == old

    def test_words_that_come_back_are_a_new_version(self, casefile: Casefile, tmp_path: Path) -> None:
        for number, text in enumerate(("a", "b", "a")):
            ingested(casefile, tmp_path, [listing(1, text=text, minutes=number)], run_id=f"run-{number}")
        assert [one.version for one in listing_versions(casefile, listing(1).id)] == [1, 2, 3]

    def test_a_bundle_that_arrives_late_joins_the_history_and_is_not_shown(
        self, casefile: Casefile, tmp_path: Path
    ) -> None:
        ingested(casefile, tmp_path, [listing(1, text="new", minutes=60)], sites=[site(policy="New.", minutes=60)])
        late = [listing(1, text="old", minutes=0)]
        result = ingested(casefile, tmp_path, late, run_id="late", sites=[site(policy="Old.", minutes=0)])
        assert result.listings_changed == 1
        shown = get_listing(casefile, listing(1).id)
        assert shown is not None
        assert (shown.version, shown.description) == (1, "Offer number 1. new")
        assert "New." in (shown.site_text or "")
        assert len(listing_versions(casefile, listing(1).id)) == 2
        again = ingested(casefile, tmp_path, [listing(1, text="old", minutes=1)], run_id="later")
        assert again.listings_same == 1

    def test_one_listing_twice_in_a_bundle_is_one_listing(self, casefile: Casefile, tmp_path: Path) -> None:
        result = ingested(casefile, tmp_path, [listing(1), listing(1), listing(1, text="other", minutes=1)])
        assert (result.listings_new, result.listings_same, result.listings_changed) == (1, 1, 1)

    def test_a_version_number_in_a_bundle_is_not_believed(self, casefile: Casefile, tmp_path: Path) -> None:
        ingested(casefile, tmp_path, [listing(1, version=7)])
        shown = get_listing(casefile, listing(1).id)
        assert shown is not None
        assert shown.version == 1

    def test_a_site_is_a_new_version_only_when_it_says_something_else(self, casefile: Casefile, tmp_path: Path) -> None:
        for number, policy in enumerate(("Ask first.", "Ask first.", "No questions.")):
            ingested(casefile, tmp_path, [], run_id=f"run-{number}", sites=[site(policy=policy, minutes=number)])
        with casefile.read() as db:
            assert db.execute("SELECT count(*) FROM site_versions").fetchone()[0] == 2

    def test_a_later_bundle_cannot_take_the_place_of_an_earlier_capture(
        self, casefile: Casefile, tmp_path: Path
    ) -> None:
        first = ingested(casefile, tmp_path, [listing(1)])
        forged = make_bundle(tmp_path / "forged", [], run_id="run-1", body=b"something else")
        second = ingest_bundle(casefile, forged, actor="test")
        kept = get_capture(casefile, "capture-run-1")
        other = get_capture(casefile, "capture-run-1", bundle_hash=second.bundle_hash)
        assert kept is not None
        assert other is not None
        assert kept.bundle_hash == first.bundle_hash
        assert other.capture.payload_sha256 != kept.capture.payload_sha256


class TestRefused:
    def refused(self, casefile: Casefile, folder: Path) -> str:
        with pytest.raises(BundleError) as caught:
            ingest_bundle(casefile, folder, actor="test")
        assert nothing_kept(casefile)
        return str(caught.value)

    @pytest.mark.parametrize(
        "name",
        ["listings.jsonl", "captures.jsonl", "sites.jsonl", "custody.jsonl", "run.json", "archive/pages.warc.gz",
         "screenshots/one.png"],
    )  # fmt: skip
    def test_a_changed_file_is_named(self, casefile: Casefile, tmp_path: Path, name: str) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1)], sites=[site()])
        data = bytearray((folder / name).read_bytes())
        for place in {0, len(data) // 2, len(data) - 1}:
            changed = data.copy()
            changed[place] ^= 1
            (folder / name).write_bytes(changed)
            assert name in self.refused(casefile, folder)
        (folder / name).write_bytes(data + b" ")
        assert "its size" in self.refused(casefile, folder)
        (folder / name).unlink()
        assert "missing" in self.refused(casefile, folder)

    def test_a_changed_manifest_is_another_bundle_or_none(self, casefile: Casefile, tmp_path: Path) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1)])
        manifest = json.loads((folder / "bundle.json").read_text())
        manifest["files"][0]["sha256"] = "0" * 64
        (folder / "bundle.json").write_text(json.dumps(manifest))
        assert "changed since" in self.refused(casefile, folder)
        (folder / "bundle.json").write_text("{")
        assert "no manifest" in self.refused(casefile, folder)

    def test_an_unsealed_bundle_says_how_to_seal_it(self, casefile: Casefile, tmp_path: Path) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1)], seal=False)
        assert f"pharmakon crawl --recover {folder}" in self.refused(casefile, folder)

    def test_a_folder_that_is_not_there_is_refused(self, casefile: Casefile, tmp_path: Path) -> None:
        assert "not a folder" in self.refused(casefile, tmp_path / "nowhere")

    @pytest.mark.parametrize(
        "path",
        ["../outside", "archive/../../outside", "/etc/passwd", "a//b", "./a", "a\\b", "C:/x", "", "a/\x00b", "a\nb",
         "x/" * 20 + "y", "n" * 300, "bundle.json", "Listings.jsonl", "archive/.."],
    )  # fmt: skip
    def test_a_path_that_is_not_plain_is_refused(self, casefile: Casefile, tmp_path: Path, path: str) -> None:
        (tmp_path / "outside").write_bytes(b"")
        folder = make_bundle(tmp_path / "b", [listing(1)], seal=False)
        empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        seal_bundle(folder, extra=[BundleFile(path=path, sha256=empty, bytes=0)])
        assert repr(path) in self.refused(casefile, folder)

    def test_a_negative_size_is_refused(self, casefile: Casefile, tmp_path: Path) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1)], seal=False)
        seal_bundle(folder, extra=[BundleFile(path="x", sha256="0" * 64, bytes=-1)])
        assert "negative" in self.refused(casefile, folder)

    def test_a_symbolic_link_is_refused_at_every_step_of_a_path(self, casefile: Casefile, tmp_path: Path) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1)])
        (folder / "archive").rename(tmp_path / "archive")
        (folder / "archive").symlink_to(tmp_path / "archive")
        assert "symbolic link" in self.refused(casefile, folder)
        (folder / "archive").unlink()
        (tmp_path / "archive").rename(folder / "archive")
        (folder / "run.json").rename(tmp_path / "run.json")
        (folder / "run.json").symlink_to(tmp_path / "run.json")
        assert "symbolic link" in self.refused(casefile, folder)
        (folder / "run.json").unlink()
        (folder / "bundle.json").rename(tmp_path / "bundle.json")
        (folder / "bundle.json").symlink_to(tmp_path / "bundle.json")
        assert "symbolic link" in self.refused(casefile, folder)

    def test_a_pipe_is_refused_and_not_waited_for(self, casefile: Casefile, tmp_path: Path) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1)])
        (folder / "run.json").unlink()
        os.mkfifo(folder / "run.json")
        assert "not a plain file" in self.refused(casefile, folder)

    def edited(self, tmp_path: Path, name: str, change: Callable[[list[Any]], None]) -> Path:
        """Return a bundle whose maker wrote something wrong and sealed it."""
        folder = make_bundle(tmp_path / "b", [listing(1)], seal=False)
        lines = [json.loads(line) for line in (folder / name).read_text().splitlines()]
        change(lines)
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
        seal_bundle(folder)
        return folder

    @pytest.mark.parametrize(
        ("name", "field", "value", "message"),
        [
            ("custody.jsonl", "action", "nothing happened", "custody chain is broken"),
            ("captures.jsonl", "warc_file", "archive/other.warc.gz", "does not list"),
            ("captures.jsonl", "warc_file", "../../../etc/passwd", "does not list"),
            ("captures.jsonl", "warc_offset", 10**9, "points outside"),
            ("captures.jsonl", "warc_length", -5, "points outside"),
            ("captures.jsonl", "screenshot", "screenshots/two.png", "does not list"),
            ("captures.jsonl", "status", "ok", "line 1: field 'status'"),
            ("listings.jsonl", "capture", "never-made", "is not in captures.jsonl"),
            ("listings.jsonl", "price", {"raw": "1", "amount": "a"}, "line 1: field 'price.amount'"),
            ("listings.jsonl", "surprise", 1, "line 1: field 'surprise'"),
        ],
    )
    def test_a_wrong_record_is_named_by_file_line_and_field(
        self, casefile: Casefile, tmp_path: Path, name: str, field: str, value: object, message: str
    ) -> None:
        folder = self.edited(tmp_path, name, lambda lines: lines[0].update({field: value}))
        assert message in self.refused(casefile, folder)

    def test_an_empty_custody_log_is_refused(self, casefile: Casefile, tmp_path: Path) -> None:
        assert "nobody vouches" in self.refused(
            casefile, self.edited(tmp_path, "custody.jsonl", lambda one: one.clear())
        )

    def test_the_same_capture_twice_is_refused(self, casefile: Casefile, tmp_path: Path) -> None:
        folder = self.edited(tmp_path, "captures.jsonl", lambda lines: lines.append(lines[0]))
        assert "twice" in self.refused(casefile, folder)

    @pytest.mark.parametrize("line", [b"{", b"\xff\xfe", b"[" * 100_000, b"null", b'{"id": "\\ud800"}'])
    def test_a_line_that_is_no_json_record_is_refused(self, casefile: Casefile, tmp_path: Path, line: bytes) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1)], seal=False)
        with (folder / "listings.jsonl").open("ab") as stream:
            stream.write(line + b"\n")
        seal_bundle(folder)
        assert "listings.jsonl, line 2" in self.refused(casefile, folder)

    def test_a_line_without_end_is_refused_before_it_fills_the_memory(self, casefile: Casefile, tmp_path: Path) -> None:
        folder = make_bundle(tmp_path / "b", [], seal=False)
        (folder / "listings.jsonl").write_bytes(b" " * (MAX_LINE_BYTES + 1))
        seal_bundle(folder)
        assert "longer than" in self.refused(casefile, folder)

    @pytest.mark.parametrize("name", ["run.json", "custody.jsonl", "listings.jsonl", "captures.jsonl"])
    def test_a_bundle_without_one_of_its_logs_is_refused(self, casefile: Casefile, tmp_path: Path, name: str) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1)], seal=False)
        (folder / name).unlink()
        seal_bundle(folder)
        assert name in self.refused(casefile, folder)

    def test_a_file_changed_between_check_and_copy_is_not_kept(
        self, casefile: Casefile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1)])
        spool = ingest._spool

        def change_meanwhile(*args: Any) -> Any:
            (folder / "screenshots" / "one.png").write_bytes(b"another picture")
            return spool(*args)

        monkeypatch.setattr(ingest, "_spool", change_meanwhile)
        assert "one.png" in self.refused(casefile, folder)

    def test_what_is_not_in_the_manifest_is_not_taken_in(self, casefile: Casefile, tmp_path: Path) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1)])
        (folder / "extra.exe").write_bytes(b"hello")
        result = ingest_bundle(casefile, folder, actor="test")
        assert f"{result.bundle_hash}/extra.exe" not in files(casefile)


class TestFullDisk:
    def test_while_copying(self, casefile: Casefile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1)])
        monkeypatch.setattr(ingest, "_sync", _no_space)
        with pytest.raises(IngestError, match=r"disk that holds .* is full.*Nothing was kept; free some space"):
            ingest_bundle(casefile, folder, actor="test")
        assert nothing_kept(casefile)
        monkeypatch.undo()
        assert ingest_bundle(casefile, folder, actor="test").listings_new == 1

    def test_seen_before_copying(self, casefile: Casefile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = make_bundle(tmp_path / "b", [listing(1)])
        usage = shutil.disk_usage(tmp_path)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
        with pytest.raises(IngestError, match="is full"):
            ingest_bundle(casefile, folder, actor="test")
        assert nothing_kept(casefile)

    def test_while_writing_rows(self, casefile: Casefile, tmp_path: Path) -> None:
        folder = make_bundle(tmp_path / "b", [listing(number, text="x" * 500) for number in range(500)])
        with casefile.write("test") as tx:
            tx.audit("changed", "limit")
            tx.execute(f"PRAGMA max_page_count = {tx.execute('PRAGMA page_count').fetchone()[0] + 20}")
        with pytest.raises(CasefileError, match="full: nothing was written; free some space"):
            ingest_bundle(casefile, folder, actor="test")
        assert nothing_kept(casefile)
        with casefile.write("test") as tx:
            tx.audit("changed", "limit")
            tx.execute("PRAGMA max_page_count = 1000000")
        assert ingest_bundle(casefile, folder, actor="test").listings_new == 500
        assert audit.verify(casefile).ok


def _no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path
    from casefile import ingest, store, versions
    workspace, bundle, moment = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

    def die(*_args, **_kw):
        os.kill(os.getpid(), signal.SIGKILL)

    def after(module, name):
        real = getattr(module, name)
        def wrapped(*args, **kw):
            real(*args, **kw)
            die()
        setattr(module, name, wrapped)

    def at_call(module, name, number):
        real, calls = getattr(module, name), []
        def wrapped(*args, **kw):
            calls.append(1)
            return die() if len(calls) == number else real(*args, **kw)
        setattr(module, name, wrapped)

    casefile = store.Casefile.open(workspace)
    match moment:
        case "spooled": at_call(ingest, "_copy", 1)
        case "copying": at_call(ingest, "_sync", 3)
        case "copied": at_call(ingest, "_sync_folder", 1)
        case "renamed": after(ingest, "_copy")
        case "first rows": after(versions, "add_site")
        case "many rows": at_call(versions, "add_listings", 2)
        case "all rows": at_call(store.Transaction, "audit", 1)
        case "committed": after(ingest, "_write")
    ingest.ingest_bundle(casefile, bundle, actor="test")
    """
)
MOMENTS = ("spooled", "copying", "copied", "renamed", "first rows", "many rows", "all rows", "committed")


@pytest.fixture(scope="module")
def big_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(
        tmp_path_factory.mktemp("big") / "b", [listing(number) for number in range(1500)], sites=[site()]
    )


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_and_started_again_gives_the_rows_of_one_ingest(
    casefile: Casefile, tmp_path: Path, big_bundle: Path, moment: str
) -> None:
    workspace = tmp_path / "killed"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(workspace), str(big_bundle), moment],
        check=False, capture_output=True, timeout=120,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with Casefile.open(workspace) as again:
        before = rows(again)
        assert before["bundles"] == [] or len(before["listings"]) == 1500
        assert not (before["bundles"] == [] and before["listings"])
        result = ingest_bundle(again, big_bundle, actor="test")
        assert result.already_known == (moment == "committed")
        ingest_bundle(casefile, big_bundle, actor="test")
        assert rows(again) == rows(casefile)
        assert files(again) == files(casefile)
        assert list((workspace / "bundles").glob(".incoming-*")) == []
        assert audit.verify(again).ok


def test_a_damaged_copy_left_by_a_killed_run_is_made_again(casefile: Casefile, tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "b", [listing(1)])
    from casefile.bundles import check_bundle

    left = casefile.workspace / "bundles" / check_bundle(folder).hash
    left.mkdir(parents=True)
    (left / "bundle.json").write_bytes((folder / "bundle.json").read_bytes())
    result = ingest_bundle(casefile, folder, actor="test")
    assert (left / "run.json").read_bytes() == (folder / "run.json").read_bytes()
    assert not result.already_known


def test_progress_reaches_its_end(casefile: Casefile, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    folder = make_bundle(tmp_path / "b", [listing(number) for number in range(30)])
    ingest_bundle(casefile, folder, actor="test", progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (1000, 1000)
