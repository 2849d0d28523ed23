import base64
import json
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.jwk import OKPKey

from casefile.audit import entries, verify
from casefile.referral import keys
from casefile.referral.errors import ReferralError
from casefile.referral.keys import ensure_key, key_path, load_key
from casefile.referral.sign import detached_jws
from casefile.store import CasefileError
from tests.casefile.referral.desk import Desk


def test_the_key_is_made_on_first_use_for_its_owner_alone_and_logged(desk: Desk) -> None:
    assert load_key(desk.workspace) is None
    key = ensure_key(desk.casefile, actor="person:1")
    path = key_path(desk.workspace)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]
    (entry, *_) = entries(desk.casefile)
    assert (entry.actor, entry.action, entry.detail) == ("person:1", "key_created", {"fingerprint": key.fingerprint})
    assert verify(desk.casefile).ok


def test_the_key_stays_the_same(desk: Desk) -> None:
    assert ensure_key(desk.casefile, actor="a").fingerprint == ensure_key(desk.casefile, actor="b").fingerprint
    assert sum(entry.action == "key_created" for entry in entries(desk.casefile)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o777])
def test_a_key_that_others_may_read_is_refused(desk: Desk, mode: int) -> None:
    ensure_key(desk.casefile, actor="a")
    key_path(desk.workspace).chmod(mode)
    with pytest.raises(ReferralError, match=f"may be read by others .mode {mode:03o}.: run 'chmod 600"):
        ensure_key(desk.casefile, actor="a")


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
def test_a_key_that_others_could_replace_is_refused(desk: Desk, mode: int) -> None:
    ensure_key(desk.casefile, actor="a")
    key_path(desk.workspace).parent.chmod(mode)
    with pytest.raises(ReferralError, match=r"others could replace the signing key in .*run 'chmod 700"):
        load_key(desk.workspace)


def test_a_link_in_the_place_of_the_key_is_refused(desk: Desk, tmp_path: Path) -> None:
    ensure_key(desk.casefile, actor="a")
    path = key_path(desk.workspace)
    path.rename(tmp_path / "elsewhere.pem")
    path.symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(ReferralError, match="cannot be read"):
        load_key(desk.workspace)


def other_key() -> bytes:
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("content", [b"", b"nonsense", other_key()])
def test_what_is_no_ed25519_key_is_refused_and_never_replaced(desk: Desk, content: bytes) -> None:
    path = key_path(desk.workspace)
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ReferralError, match="is not an unencrypted Ed25519 key"):
        ensure_key(desk.casefile, actor="a")
    assert path.read_bytes() == content


def test_no_key_is_left_when_the_log_cannot_be_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: str) -> None:
        raise CasefileError("the disk is full")

    monkeypatch.setattr(desk.casefile, "write", full)
    with pytest.raises(CasefileError):
        ensure_key(desk.casefile, actor="a")
    assert list(key_path(desk.workspace).parent.iterdir()) == []


def test_two_processes_that_make_the_key_at_once_agree_on_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ensure_key(desk.casefile, actor="a")
    real, asked = keys.load_key, 0

    def late(workspace: Path) -> keys.SigningKey | None:
        nonlocal asked
        asked += 1
        return None if asked == 1 else real(workspace)

    monkeypatch.setattr(keys, "load_key", late)
    assert ensure_key(desk.casefile, actor="b").fingerprint == first.fingerprint
    assert sum(entry.action == "key_created" for entry in entries(desk.casefile)) == 1


def test_a_signature_is_a_standard_detached_jws(desk: Desk) -> None:
    key = ensure_key(desk.casefile, actor="a")
    payload = b'{"a":1}'
    text = detached_jws(payload, key, "kind")
    general = json.loads(text)
    assert "payload" not in general
    general["payload"] = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    found = jws.deserialize_json(general, OKPKey.import_key(key.public_pem), ["Ed25519"])
    assert found.payload == payload
    assert general["signatures"][0].keys() == {"protected", "signature"}


def test_the_private_key_never_leaves_the_workspace(package: Path) -> None:
    private = next((package.parent.parent / "keys").iterdir()).read_bytes().splitlines()[1]
    assert os.path.getsize(package) > 1000
    assert private not in package.read_bytes()
