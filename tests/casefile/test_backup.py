import errno
import json
import os
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest

from casefile import audit
from casefile import backup as backup_module
from casefile.backup import BackupError, backup, restore
from casefile.decisions import decide, history
from casefile.evidence import payload
from casefile.people import Person, make_login_link, open_session, redeem_login_link, session_person
from casefile.queue import QueueFilter, counts, page
from casefile.store import Casefile
from tests.casefile.making import listing
from tests.casefile.scene import queued


@pytest.fixture(autouse=True)
def scene(casefile: Casefile, tmp_path: Path, ada: Person) -> None:
    queued(casefile, tmp_path, [(listing(number), 0.5) for number in range(5)])
    decide(casefile, listing(1).id, "reject", person_id=ada.id, version=1)
    (casefile.workspace / "policy.yaml").write_text("agency: Agency of Examplia\n")
    for folder, name in (("keys", "signing.pem"), ("referrals", "R-1.zip"), ("referrals", ".draft")):
        (casefile.workspace / folder).mkdir(exist_ok=True)
        (casefile.workspace / folder / name).write_text(f"{name} of the machine")


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_restored_workspace_is_the_one_that_was_backed_up(casefile: Casefile, tmp_path: Path) -> None:
    made = backup(casefile, tmp_path / "backup", actor="test")
    assert made.audit_entries == audit.verify(casefile).entries - 1
    restore(tmp_path / "backup", tmp_path / "again", actor="test")
    with Casefile.open(tmp_path / "again") as again:
        assert page(again, QueueFilter()) == page(casefile, QueueFilter())
        assert page(again, QueueFilter(text="offer number 3")).rows[0].listing_id == listing(3).id
        assert counts(again) == counts(casefile)
        assert history(again, listing(1).id) == history(casefile, listing(1).id)
        assert payload(again, "capture-run-1", max_bytes=100) == payload(casefile, "capture-run-1", max_bytes=100)
        assert audit.verify(again).ok
        assert audit.entries(again)[0].action == "restored"
    kept = names(tmp_path / "again")
    assert {"policy.yaml", "referrals/R-1.zip"} <= kept
    assert not any("draft" in name for name in kept)


def test_the_signing_key_is_copied_only_when_asked_for(casefile: Casefile, tmp_path: Path) -> None:
    backup(casefile, tmp_path / "without", actor="test")
    assert not any("keys" in name for name in names(tmp_path / "without"))
    backup(casefile, tmp_path / "with", actor="test", include_keys=True)
    restore(tmp_path / "with", tmp_path / "again", actor="test")
    key = tmp_path / "again" / "keys" / "signing.pem"
    assert key.read_text() == "signing.pem of the machine"
    assert key.stat().st_mode & 0o077 == 0
    assert (tmp_path / "with").stat().st_mode & 0o077 == 0


def test_everybody_logs_in_anew_after_a_restore(casefile: Casefile, tmp_path: Path, ada: Person) -> None:
    session, link = open_session(casefile, ada.id), make_login_link(casefile, ada.id, actor="test")
    backup(casefile, tmp_path / "backup", actor="test")
    restore(tmp_path / "backup", tmp_path / "again", actor="test")
    with Casefile.open(tmp_path / "again", clock=casefile.clock) as again:
        assert session_person(again, session) is None
        assert redeem_login_link(again, link) is None
    assert session_person(casefile, session) == ada


def test_a_backup_taken_while_people_work_is_one_moment(casefile: Casefile, tmp_path: Path, ada: Person) -> None:
    stop = threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            number = (number + 1) % 5
            verdict = "reject" if number % 2 else "unsure"
            decide(casefile, listing(number).id, verdict, person_id=ada.id, version=1)  # type: ignore[arg-type] # one of them

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for number in range(5):
            backup(casefile, tmp_path / f"b{number}", actor="test")
    finally:
        stop.set()
        worker.join()
    for number in range(5):
        restore(tmp_path / f"b{number}", tmp_path / f"w{number}", actor="test")
        with Casefile.open(tmp_path / f"w{number}") as again:
            assert audit.verify(again).ok
            assert counts(again)["all"] == 5


def test_every_file_of_a_backup_is_checked_before_anything_is_written(casefile: Casefile, tmp_path: Path) -> None:
    backup(casefile, tmp_path / "backup", actor="test", include_keys=True)
    found = names(tmp_path / "backup") - {"backup.json"}
    assert len(found) == 12
    for name in found:
        file = tmp_path / "backup" / name
        data = file.read_bytes()
        file.chmod(0o600)
        flipped = bytes([data[0] ^ 1]) + data[1:] if data else b"x"
        for changed in (flipped, data + b"x"):
            file.write_bytes(changed)
            with pytest.raises(BackupError, match="Nothing was written") as caught:
                restore(tmp_path / "backup", tmp_path / "again", actor="test")
            assert name in str(caught.value)
            assert not (tmp_path / "again").exists()
        file.unlink()
        with pytest.raises(BackupError, match="missing"):
            restore(tmp_path / "backup", tmp_path / "again", actor="test")
        file.write_bytes(data)
    restore(tmp_path / "backup", tmp_path / "again", actor="test")


def test_a_manifest_that_points_outside_is_refused(casefile: Casefile, tmp_path: Path) -> None:
    backup(casefile, tmp_path / "backup", actor="test")
    manifest = json.loads((tmp_path / "backup" / "backup.json").read_text())
    manifest["files"][1]["path"] = "../outside"
    (tmp_path / "backup" / "backup.json").write_text(json.dumps(manifest))
    with pytest.raises(BackupError, match="stay inside"):
        restore(tmp_path / "backup", tmp_path / "again", actor="test")


def test_a_forged_log_with_fitting_digests_is_refused(casefile: Casefile, tmp_path: Path) -> None:
    import hashlib

    backup(casefile, tmp_path / "backup", actor="test")
    file = tmp_path / "backup" / "casefile.db"
    with sqlite3.connect(file) as db:
        db.execute("DROP TRIGGER audit_never_updated")
        db.execute("UPDATE audit SET actor = 'somebody' WHERE seq = 2")
    db.close()
    manifest = json.loads((tmp_path / "backup" / "backup.json").read_text())
    entry = next(one for one in manifest["files"] if one["path"] == "casefile.db")
    entry |= {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "bytes": file.stat().st_size}
    (tmp_path / "backup" / "backup.json").write_text(json.dumps(manifest))
    with pytest.raises(BackupError, match="audit entry 2"):
        restore(tmp_path / "backup", tmp_path / "again", actor="test")
    assert not (tmp_path / "again").exists()


def test_a_casefile_of_another_moment_than_its_manifest_is_refused(casefile: Casefile, tmp_path: Path) -> None:
    backup(casefile, tmp_path / "backup", actor="test")
    manifest = json.loads((tmp_path / "backup" / "backup.json").read_text())
    for change in ({"audit_entries": manifest["audit_entries"] + 1}, {"audit_head": "0" * 64}):
        (tmp_path / "backup" / "backup.json").write_text(json.dumps(manifest | change))
        with pytest.raises(BackupError, match="not the one that"):
            restore(tmp_path / "backup", tmp_path / "again", actor="test")


@pytest.mark.parametrize("text", ["", "{}", '{"format": "other"}'])
def test_a_folder_that_is_no_backup_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "backup").mkdir()
    with pytest.raises(BackupError, match="missing"):
        restore(tmp_path / "backup", tmp_path / "again", actor="test")
    (tmp_path / "backup" / "backup.json").write_text(text)
    with pytest.raises(BackupError, match="no manifest"):
        restore(tmp_path / "backup", tmp_path / "again", actor="test")


def test_nothing_is_ever_overwritten(casefile: Casefile, tmp_path: Path) -> None:
    backup(casefile, tmp_path / "backup", actor="test")
    with pytest.raises(BackupError, match="never overwrites"):
        backup(casefile, tmp_path / "backup", actor="test")
    with pytest.raises(BackupError, match="not empty"):
        restore(tmp_path / "backup", casefile.workspace, actor="test")
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupError, match="not empty"):
        restore(tmp_path / "backup", tmp_path / "file", actor="test")
    (tmp_path / "empty").mkdir()
    restore(tmp_path / "backup", tmp_path / "empty", actor="test")


def test_changed_evidence_is_found_when_it_is_backed_up(casefile: Casefile, tmp_path: Path) -> None:
    (file,) = (casefile.workspace / "bundles").glob("*/archive/pages.warc.gz")
    file.chmod(0o600)
    file.write_bytes(b"x" * file.stat().st_size)
    with pytest.raises(BackupError, match=r"pages\.warc\.gz was changed"):
        backup(casefile, tmp_path / "backup", actor="test")
    assert not (tmp_path / "backup").exists()
    shutil.rmtree(file.parent.parent)
    with pytest.raises(BackupError, match="not a folder"):
        backup(casefile, tmp_path / "backup", actor="test")


def test_a_full_disk_leaves_nothing_behind(casefile: Casefile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(backup_module, "_copy", full)
    before = set(tmp_path.iterdir())
    with pytest.raises(BackupError, match=r"disk that holds .* is full"):
        backup(casefile, tmp_path / "backup", actor="test")
    assert set(tmp_path.iterdir()) == before
