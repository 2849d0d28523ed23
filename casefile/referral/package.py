"""A signed package: which files it holds and how they become one zip file with one byte form.

The layout of the zip and the names of the files are those of ``verify_package``, which every package carries.
"""

import hashlib
import io
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from casefile.records import CustodyEntry, canonical_bytes
from casefile.referral import verify_package as layout
from casefile.referral.build import referral_bytes
from casefile.referral.cover import cover_html
from casefile.referral.errors import ReferralError
from casefile.referral.facts import CustodyChain
from casefile.referral.keys import SigningKey
from casefile.referral.schema import SCHEMA_PATH
from casefile.referral.sign import detached_jws
from casefile.referral.table import listings_csv

README = Path(__file__).parent / "templates" / "README.txt"
COPY_BYTES = 1 << 20


@dataclass(frozen=True)
class Packed:
    """A package that was written and reached the disk."""

    sha256: str
    bytes: int


def package_files(
    referral: dict[str, Any], custody: tuple[CustodyChain, ...], evidence: Mapping[str, Path], key: SigningKey
) -> dict[str, bytes | Path]:
    """Return every file of the package by name, the signed manifest too: bytes, or where they lie."""
    signed = referral_bytes(referral)
    log = [(chain.bundle, entry) for chain in custody for entry in chain.entries]
    files: dict[str, bytes | Path] = {
        layout.REFERRAL: signed,
        layout.REFERRAL_JWS: detached_jws(signed, key, layout.REFERRAL_TYPE),
        layout.PUBLIC_KEY: key.public_pem,
        layout.CUSTODY: b"".join(_custody_line(bundle, entry) for bundle, entry in log),
        "cover.html": cover_html(referral, log),
        "listings.csv": listings_csv(referral),
        "schema/referral-1.json": SCHEMA_PATH.read_bytes(),
        "verify_package.py": Path(layout.__file__).read_bytes(),
        "README.txt": _readme(referral),
        **evidence,
    }
    manifest = canonical_bytes(
        {
            "format": layout.PACKAGE_FORMAT,
            "referral": referral["id"],
            "created_at": referral["created_at"],
            "files": [_listed(name, content) for name, content in sorted(files.items())],
        }
    )
    files[layout.MANIFEST] = manifest
    files[layout.MANIFEST_JWS] = detached_jws(manifest, key, layout.MANIFEST_TYPE)
    return files


def write_package(files: Mapping[str, bytes | Path], target: Path) -> Packed:
    """Write the files as one zip to ``target``, which must not exist, and bring it to the disk.

    The bytes follow from names and contents alone. Raises ``ReferralError`` when they are too many for a package.
    """
    members: list[tuple[str, int, int]] = []
    digest, total = hashlib.sha256(), 0
    with target.open("xb") as stream:

        def put(data: bytes) -> None:
            nonlocal total
            stream.write(data)
            digest.update(data)
            total += len(data)

        for name in sorted(files):
            size, crc = _measure(files[name])
            if total + size > layout.MAX_BYTES or len(members) >= layout.MAX_FILES:
                raise ReferralError(
                    f"the package would pass {layout.MAX_BYTES} bytes or {layout.MAX_FILES} files: the evidence of this"
                    " case does not fit into one package"
                )
            put(layout.local_header(name, size, crc))
            with _opened(files[name]) as source:
                while block := source.read(COPY_BYTES):
                    put(block)
            members.append((name, size, crc))
        put(layout.central_directory(members))
        stream.flush()
        os.fsync(stream.fileno())
    return Packed(digest.hexdigest(), total)


def _custody_line(bundle: str, entry: CustodyEntry) -> bytes:
    """Return a line of custody.jsonl; what was hashed is kept as text: an entry may hold any JSON number."""
    said = canonical_bytes(entry.model_dump(mode="json", exclude={"hash", "previous"})).decode()
    row = {"bundle": bundle, "entry": said, "previous": entry.previous, "hash": entry.hash}
    return canonical_bytes(row) + b"\n"


def _readme(referral: dict[str, Any]) -> bytes:
    text = README.read_text("utf-8")
    words = {
        "{id}": referral["id"],
        "{agency}": layout.printable(referral["issuer"]["agency"]),
        "{handling}": referral["handling"]["tlp"],
        "{handling_meaning}": referral["handling"]["tlp_meaning"],
        "{fingerprint}": layout.spell_fingerprint(referral["issuer"]["key_fingerprint"]),
    }
    for mark, value in words.items():
        text = text.replace(mark, value)
    return text.encode("utf-8")


def _opened(content: bytes | Path) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _measure(content: bytes | Path) -> tuple[int, int]:
    """Return size and CRC-32."""
    size = crc = 0
    with _opened(content) as source:
        while block := source.read(COPY_BYTES):
            size += len(block)
            crc = zlib.crc32(block, crc)
    return size, crc


def _listed(name: str, content: bytes | Path) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    with _opened(content) as source:
        while block := source.read(COPY_BYTES):
            digest.update(block)
            size += len(block)
    return {"path": name, "sha256": digest.hexdigest(), "bytes": size}
