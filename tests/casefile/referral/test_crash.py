"""A referral is made whole or not at all, whatever stops the machine and wherever it does."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from casefile.audit import verify
from casefile.cases import get_case
from casefile.decisions import undo_last
from casefile.evidence import custody
from casefile.people import disable_person
from casefile.records import CustodyEntry
from casefile.referral import make, outbox
from casefile.referral import verify_package as layout
from casefile.referral.errors import ReferralError
from casefile.referral.keys import ensure_key
from casefile.referral.outbox import list_referrals
from casefile.referral.package import Packed, write_package
from casefile.referral.verify import verify_referral
from casefile.store import Casefile, CasefileError
from tests.casefile.making import listing
from tests.casefile.referral.desk import Desk, small_case

CHILD = """
import os, signal, sys
from pathlib import Path
from casefile.referral import make, outbox
from casefile.referral.make import make_referral
from casefile.store import Casefile
from tests.casefile.referral.desk import REQUEST

where, workspace, case, person = sys.argv[1:]
module, name, when = where.split(":")
owner = {"make": make, "outbox": outbox, "Path": Path, "os": os}[module]
real = getattr(owner, name)

def stopped(*arguments, **named):
    if when == "after":
        real(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, name, stopped)
make_referral(Casefile.open(Path(workspace)), case, person_id=person, request=REQUEST)
"""

BEFORE_COMMIT = (
    "make:gather:after", "make:build_referral:after",
    "make:write_package:after", "make:check_package:after", "make:_record:before",
    "make:_record:after",
)  # fmt: skip
AFTER_COMMIT = ("make:publish:before", "Path:rename:before", "Path:rename:after", "make:publish:after")


def kill_at(desk: Desk, where: str, case: str) -> None:
    root = str(Path(make.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", CHILD, where, str(desk.workspace), case, desk.ada.id],
        cwd=root, env={"PYTHONPATH": root}, check=False, capture_output=True,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def names(desk: Desk) -> list[str]:
    return sorted(path.name for path in (desk.workspace / "referrals").iterdir() if path.name != ".lock")


@pytest.mark.parametrize("where", BEFORE_COMMIT)
def test_killed_before_the_commit_nothing_was_made_and_the_next_try_works(desk: Desk, where: str) -> None:
    case = small_case(desk)
    ensure_key(desk.casefile, actor="test")
    kill_at(desk, where, case)
    assert not [name for name in names(desk) if name.endswith(".zip")]
    assert list_referrals(desk.casefile) == []
    made = desk.refer(case)
    assert names(desk) == [made.path.name]
    assert verify_referral(made.path).referral["type"] == "initial"
    assert verify(desk.casefile).ok


@pytest.mark.parametrize("where", AFTER_COMMIT)
def test_killed_after_the_commit_the_package_is_put_in_place_and_not_made_twice(desk: Desk, where: str) -> None:
    case = small_case(desk)
    ensure_key(desk.casefile, actor="test")
    kill_at(desk, where, case)
    (row,) = list_referrals(desk.casefile)
    with pytest.raises(ReferralError, match=f"was referred already as {row.id}"):
        desk.refer(case)
    assert names(desk) == [row.path.name]
    assert verify_referral(row.path).referral["id"] == row.id
    assert verify(desk.casefile).ok


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("owner", "name"),
    [(os, "fsync"), (make, "gather"), (make, "package_files"), (make, "write_package"), (make, "sync_folder")],
)
def test_a_full_disk_is_told_and_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise FULL

    case = small_case(desk)
    ensure_key(desk.casefile, actor="test")
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, full)
        with pytest.raises(ReferralError, match="is full: no referral was made"):
            desk.refer(case)
    assert names(desk) == []
    assert verify_referral(desk.refer(case).path)


def test_a_disk_that_fills_up_half_way_through_a_file_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = small_case(desk)
    written = 0
    real = layout.local_header

    def third_is_too_much(name: str, size: int, crc: int) -> bytes:
        nonlocal written
        written += 1
        if written == 3:
            raise FULL
        return real(name, size, crc)

    with monkeypatch.context() as patch:
        patch.setattr(layout, "local_header", third_is_too_much)
        with pytest.raises(ReferralError, match="is full"):
            desk.refer(case)
    assert names(desk) == []


def test_a_casefile_that_cannot_be_written_keeps_the_case_open(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise CasefileError("the disk that holds the casefile is full")

    case = small_case(desk)
    with monkeypatch.context() as patch:
        patch.setattr(make, "mark_referred", refuse)
        with pytest.raises(ReferralError, match="the disk that holds the casefile is full"):
            desk.refer(case)
    found = get_case(desk.casefile, case)
    assert found is not None
    assert found.state == "ready"
    assert names(desk) == []


def test_a_package_that_does_not_verify_never_leaves(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(make, "write_package", _write_damaged)
        with pytest.raises(ReferralError, match="does not verify, so it was thrown away"):
            desk.refer(small_case(desk))
    assert names(desk) == []


def _write_damaged(files: dict[str, bytes | Path], target: Path) -> Packed:
    written = write_package(files, target)
    with target.open("r+b") as stream:
        stream.seek(100)
        stream.write(b"damage")
    return written


def test_a_role_withdrawn_while_the_package_is_made_stops_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real = write_package

    def and_meanwhile(files: dict[str, bytes | Path], target: Path) -> Packed:
        with Casefile.open(desk.workspace) as elsewhere:
            disable_person(elsewhere, "Ada", actor="test")
        return real(files, target)

    monkeypatch.setattr(make, "write_package", and_meanwhile)
    with pytest.raises(ReferralError, match="Ada may not make referrals"):
        desk.refer(small_case(desk))
    assert list_referrals(desk.casefile) == []
    assert names(desk) == []


def test_a_confirmation_taken_back_while_the_package_is_made_stops_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = write_package

    def and_meanwhile(files: dict[str, bytes | Path], target: Path) -> Packed:
        with Casefile.open(desk.workspace) as elsewhere:
            undo_last(elsewhere, person_id=desk.bob.id)
        return real(files, target)

    monkeypatch.setattr(make, "write_package", and_meanwhile)
    with pytest.raises(ReferralError, match="a second person has not confirmed"):
        desk.refer(small_case(desk))
    assert list_referrals(desk.casefile) == []


def test_a_listing_that_joins_the_case_while_the_package_is_made_stops_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = small_case(desk)
    desk.bring([listing(3)], run_id="run-2")

    def and_meanwhile(files: dict[str, bytes | Path], target: Path) -> Packed:
        desk.confirm("listing-000003")
        return write_package(files, target)

    with monkeypatch.context() as patch:
        patch.setattr(make, "write_package", and_meanwhile)
        with pytest.raises(ReferralError, match="changed while its referral was made"):
            desk.refer(case)
    assert list_referrals(desk.casefile) == []
    assert len(verify_referral(desk.refer(case).path).referral["listings"]) == 3


def test_a_custody_log_that_grows_while_the_package_is_made_stops_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = small_case(desk)

    def and_meanwhile(files: dict[str, bytes | Path], target: Path) -> Packed:
        with desk.casefile.write("test") as tx:
            (bundle,) = tx.execute("SELECT hash FROM bundles").fetchone()
            last = custody(desk.casefile, bundle)[-1].hash
            entry = CustodyEntry.link(last, at=desk.clock(), actor="x", action="inspected")
            tx.execute("INSERT INTO custody (bundle_hash, record) VALUES (?, ?)", (bundle, entry.model_dump_json()))
            tx.audit("inspected", bundle)
        return write_package(files, target)

    with monkeypatch.context() as patch:
        patch.setattr(make, "write_package", and_meanwhile)
        with pytest.raises(ReferralError, match="grew meanwhile: try again"):
            desk.refer(case)
    assert desk.refer(case)


def test_two_referrals_are_never_made_at_once(desk: Desk) -> None:
    case = small_case(desk)
    with (
        outbox.outbox(desk.casefile),
        pytest.raises(ReferralError, match="another referral is being made"),
    ):
        desk.refer(case)
    assert desk.refer(case)


def test_a_draft_that_nobody_knows_is_swept_away(desk: Desk) -> None:
    stray = desk.workspace / "referrals" / ".draft-PHK-2026-FFFFFFFFFFFF"
    stray.mkdir(parents=True)
    (stray / "package.zip").write_bytes(b"x")
    made = desk.refer(small_case(desk))
    assert names(desk) == [made.path.name]
