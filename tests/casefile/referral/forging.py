"""Packs and signs anything at all, as an attacker with a key of their own could."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casefile.records import canonical_bytes, sha256_hex
from casefile.referral import verify_package as layout
from casefile.referral.keys import SigningKey
from casefile.referral.package import write_package
from casefile.referral.sign import detached_jws

Files = dict[str, bytes | Path]


def unpack(package: Path) -> dict[str, bytes]:
    """Return every file of a package."""
    with ZipFile(package) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def forge(
    package: Path,
    target: Path,
    *,
    files: Callable[[dict[str, bytes]], None] = lambda _: None,
    manifest: Callable[[dict[str, Any]], None] = lambda _: None,
    referral: Callable[[dict[str, Any]], None] = lambda _: None,
) -> Path:
    """Write a package like ``package``, altered by the callbacks and signed anew with another key."""
    key = SigningKey.of(Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
    held = unpack(package)
    data = layout.parse(held[layout.REFERRAL], "referral")
    data["issuer"]["key_fingerprint"] = key.fingerprint
    referral(data)
    held[layout.REFERRAL] = canonical_bytes(data)
    held[layout.REFERRAL_JWS] = detached_jws(held[layout.REFERRAL], key, layout.REFERRAL_TYPE)
    held[layout.PUBLIC_KEY] = key.public_pem
    del held[layout.MANIFEST], held[layout.MANIFEST_JWS]
    files(held)
    listed = layout.parse(unpack(package)[layout.MANIFEST], "manifest")
    listed["files"] = [
        {"path": name, "sha256": sha256_hex(content), "bytes": len(content)} for name, content in sorted(held.items())
    ]
    manifest(listed)
    held[layout.MANIFEST] = canonical_bytes(listed)
    held[layout.MANIFEST_JWS] = detached_jws(held[layout.MANIFEST], key, layout.MANIFEST_TYPE)
    as_files: Files = {**held}
    write_package(as_files, target)
    return target
