"""The machine's signing key: Ed25519, one file in the workspace, readable by its owner alone."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from casefile.referral.errors import ReferralError
from casefile.referral.verify_package import fingerprint_of
from casefile.store import Casefile

KEY_NAME = "referral-signing.pem"
MAX_KEY_BYTES = 4096


@dataclass(frozen=True)
class SigningKey:
    """A private key and what the world may know of it."""

    private: Ed25519PrivateKey
    public_pem: bytes
    fingerprint: str
    """SHA-256 over the DER form of the public key, lower-case hexadecimal; what people compare."""

    @classmethod
    def of(cls, private: Ed25519PrivateKey) -> "SigningKey":
        """Return the key with its public half written out."""
        pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return cls(private, pem, fingerprint_of(pem)[1])


def key_path(workspace: Path) -> Path:
    """Return where the key of a workspace lies."""
    return workspace / "keys" / KEY_NAME


def load_key(workspace: Path) -> SigningKey | None:
    """Return the key of ``workspace``, or None when there is none yet.

    Raises ``ReferralError`` when others than the owner may read or replace it, or when it is no Ed25519 key.
    """
    path = key_path(workspace)
    if path.parent.is_dir() and stat.S_IMODE(path.parent.stat().st_mode) & 0o022:
        raise ReferralError(f"others could replace the signing key in {path.parent}: run 'chmod 700 {path.parent}'")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ReferralError(f"signing key {path} cannot be read: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as stream:
        mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
        if mode & 0o077:
            raise ReferralError(
                f"signing key {path} may be read by others (mode {mode:03o}): run 'chmod 600 {path}', and if strangers"
                " had access to this machine, move the key away so that a new one is made, and tell the recipients"
            )
        text = stream.read(MAX_KEY_BYTES)
    try:
        private = load_pem_private_key(text, password=None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise ReferralError(
            f"signing key {path} is not an unencrypted Ed25519 key in PEM form: restore it from a backup"
        )
    return SigningKey.of(private)


def ensure_key(casefile: Casefile, *, actor: str) -> SigningKey:
    """Return the key of the workspace; on first use it is created, and the audit log says so.

    The file appears whole or not at all, and never takes the place of another key.
    """
    found = load_key(casefile.workspace)
    if found is not None:
        return found
    path = key_path(casefile.workspace)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = SigningKey.of(Ed25519PrivateKey.generate())
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            stream.flush()
            os.fsync(stream.fileno())
        with casefile.write(actor) as tx:
            tx.audit("key_created", KEY_NAME, fingerprint=key.fingerprint)
            os.link(draft, path)
    except FileExistsError:
        # Another process was first: its key is the key.
        return ensure_key(casefile, actor=actor)
    except OSError as error:
        raise ReferralError(f"signing key {path} cannot be created: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)
    return key
