#!/usr/bin/env python3
# ruff: noqa: ANN401 - "Any" is any JSON value or, where cryptography is imported late, its key
"""Check a Pharmakon referral package offline, without trusting whoever sent it.

    python3 verify_package.py PACKAGE [--key KEY]

PACKAGE is the ``.zip`` as received, or the folder it was unpacked into (by default the folder this file lies in).
KEY is the sender's public key (a PEM file) or its fingerprint, obtained by another channel than the package.
Needs Python 3.9 or newer and the package ``cryptography``; reads nothing else and writes nothing.
Exit status: 0 nothing wrong found, 1 a fault (named), 2 wrong use.

How every byte is covered: ``manifest.jws`` signs ``manifest.json``, which lists every other file with its size and
SHA-256. A package is a zip without compression, comments, times or free choices, so that its bytes follow from the
names and contents alone; the reader below accepts that one form only. The module is also the project's own verifier
and zip layout (``casefile.referral.verify`` and ``.package`` import it): nothing is written twice.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import struct
import sys
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

PACKAGE_FORMAT = "pharmakon-package/1"
REFERRAL_FORMAT = "pharmakon-referral/1"
MANIFEST, MANIFEST_JWS = "manifest.json", "manifest.jws"
REFERRAL, REFERRAL_JWS = "referral.json", "referral.jws"
PUBLIC_KEY, CUSTODY = "public-key.pem", "custody.jsonl"
MANIFEST_TYPE, REFERRAL_TYPE = "pharmakon-manifest+json", "pharmakon-referral+json"

READ_LIMITS = {
    MANIFEST: 16 << 20,
    MANIFEST_JWS: 4096,
    REFERRAL: 64 << 20,
    REFERRAL_JWS: 4096,
    PUBLIC_KEY: 4096,
    CUSTODY: 64 << 20,
}
"""The files whose text is read, with the most bytes each may have (sizes are checked before anything is parsed)."""
MAX_FILES = 20_000
MAX_BYTES = (1 << 32) - (64 << 20)
"""A package stays below 4 GiB: the plain zip format, readable by every tool, ends there."""
MAX_NAME = 120
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*\Z")
"""File names a package may use: no ``..``, no leading dot, slash or drive, no odd character."""
MAX_INTEGER = 2**53 - 1
FIRST_LINK = "0" * 64
CHUNK = 1 << 20

WRONG_USE = 2


class PackageFault(Exception):
    """The package is not as its sender signed it; the message names the fault."""


class WrongUse(Exception):
    """The command was called in a way that cannot work; the message says what to change."""


# JSON: one byte form (RFC 8785), without floats


def _no_float(text: str) -> Any:
    raise ValueError(f"the number {text[:40]} is not an integer; this format writes decimals as text")


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise ValueError(f"the integer {text[:40]} is too large")
    return int(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object holds the same key twice")
    return found


def _ordered(value: Any) -> Any:
    """Sort the keys of all objects by UTF-16 code units, as RFC 8785 asks."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 bytes of JSON data without floats; raises ``ValueError`` for what JSON cannot carry."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def parse(data: bytes, name: str) -> Any:
    """Return the JSON value of ``data``; refuses floats, repeated keys and any but the RFC 8785 form."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_float=_no_float,
            parse_int=_integer,
            parse_constant=_no_float,
            object_pairs_hook=_unique,
        )
        exact = canonical(value) == data
    except RecursionError:
        raise PackageFault(f"{name}: nested too deeply") from None
    except ValueError as error:
        raise PackageFault(f"{name}: not readable as JSON ({error})") from None
    if not exact:
        raise PackageFault(f"{name}: not in the one byte form (RFC 8785) that is signed")
    return value


# The zip: one byte form


def local_header(name: str, size: int, crc: int) -> bytes:
    """Return the bytes that stand before a member's content: stored, no time, no extra field."""
    return struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0x21, crc, size, size, len(name), 0) + name.encode("ascii")


def central_directory(members: Iterable[tuple[str, int, int]]) -> bytes:
    """Return the end of a package: one entry per ``(name, size, crc)`` in order, and the end record."""
    offset = count = 0
    entries = []
    for name, size, crc in members:
        head = struct.pack("<4s6H3I5H2I", b"PK\1\2", 0x0314, 20, 0, 0, 0, 0x21, crc, size, size, len(name), 0, 0, 0, 0,
                           0o100644 << 16, offset)  # fmt: skip
        entries.append(head + name.encode("ascii"))
        offset += len(local_header(name, size, crc)) + size
        count += 1
    directory = b"".join(entries)
    return directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), offset, 0)


@dataclass
class Contents:
    """What lies in a package: size and SHA-256 per name, the text of the files that are read, and a fault of form."""

    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    crcs: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    misshapen: str | None = None
    """First fault of the zip's own structure; told last, so that a changed file is named before its header."""

    def take(self, name: str, size: int, stream: BinaryIO) -> None:
        """Read one file of ``size`` bytes from ``stream``."""
        self._check_name(name)
        limit = READ_LIMITS.get(name)
        if limit is not None and size > limit:
            raise PackageFault(f"{name}: {size} bytes, more than the {limit} this file may have")
        digest, crc, left, kept = hashlib.sha256(), 0, size, []
        while left:
            part = stream.read(min(CHUNK, left))
            if not part:
                raise PackageFault(f"{name}: the file ends {left} bytes too early")
            digest.update(part)
            crc = zlib.crc32(part, crc)
            left -= len(part)
            if limit is not None:
                kept.append(part)
        self.files[name] = (size, digest.hexdigest())
        self.crcs[name] = crc
        self.bytes += size
        if limit is not None:
            self.texts[name] = b"".join(kept)

    def _check_name(self, name: str) -> None:
        if len(name) > MAX_NAME or not NAME.match(name):
            raise PackageFault(
                f"{name[:200]!r}: not a file name that a package may use. In an unpacked folder the system may have"
                " added it: check the .zip instead."
            )
        if name in self.files:
            raise PackageFault(f"{name}: stands in the package twice")
        if len(self.files) >= MAX_FILES:
            raise PackageFault(f"more than {MAX_FILES} files")
        if self.bytes > MAX_BYTES:
            raise PackageFault(f"more than {MAX_BYTES} bytes")


REPACKED = "If another program packed it again, unpack it and check the folder instead."


def read_zip(path: Path) -> Contents:
    """Read a package in its one form from first to last byte, once, in bounded memory."""
    contents = Contents()
    with path.open("rb") as stream:
        total = os.fstat(stream.fileno()).st_size
        if total > MAX_BYTES:
            raise PackageFault(f"{path.name}: {total} bytes, more than the {MAX_BYTES} a package may have")
        head = stream.read(30)
        while head[:4] == b"PK\3\4":
            _read_member(stream, head, total, contents)
            head = stream.read(30)
        if not contents.files:
            raise PackageFault(f"{path.name}: does not begin like a referral package. {REPACKED}")
        end = central_directory((name, size, contents.crcs[name]) for name, (size, _) in contents.files.items())
        if head + stream.read(len(end) + 1) != end:
            contents.misshapen = contents.misshapen or (
                f"the zip directory at the end was changed, cut or added to. {REPACKED}"
            )
    return contents


def _read_member(stream: BinaryIO, head: bytes, total: int, contents: Contents) -> None:
    last = next(reversed(contents.files), None)
    place = "at the start" if last is None else f"after {last}"
    if len(head) < 30:
        raise PackageFault(f"the zip ends inside the header {place}")
    size, name_length = struct.unpack("<I", head[22:26])[0], struct.unpack("<H", head[26:28])[0]
    if name_length > MAX_NAME or size > total:
        raise PackageFault(f"the zip header {place} was changed. {REPACKED}")
    raw = stream.read(name_length)
    try:
        name = raw.decode("ascii")
    except UnicodeDecodeError:
        raise PackageFault(f"the file name {place} was changed: {raw!r}") from None
    if head[:14] + head[18:] + raw != (plain := local_header(name, size, 0))[:14] + plain[18:]:
        raise PackageFault(f"{name[:200]!r}: its zip header was changed. {REPACKED}")
    if last is not None and name <= last:
        raise PackageFault(f"{name[:200]!r}: stands out of order in the zip. {REPACKED}")
    contents.take(name, size, stream)
    if head[14:18] != struct.pack("<I", contents.crcs[name]):
        contents.misshapen = contents.misshapen or f"{name}: the checksum in its zip header was changed"


def read_folder(path: Path) -> Contents:
    """Read an unpacked package; links and anything but plain files are refused."""
    contents = Contents()
    seen = 0
    for folder, subfolders, names in os.walk(path):
        for name in sorted(subfolders) + sorted(names):
            seen += 1
            item = Path(folder, name)
            shown = item.relative_to(path).as_posix()
            if seen > 2 * MAX_FILES:
                raise PackageFault(f"more than {MAX_FILES} files")
            if item.is_symlink() or not (item.is_dir() or item.is_file()):
                raise PackageFault(f"{shown}: is a link or device, not a file")
            if item.is_file():
                with item.open("rb") as stream:
                    contents.take(shown, os.fstat(stream.fileno()).st_size, stream)
    return contents


# Signatures


def fingerprint_of(pem: bytes) -> tuple[Any, str]:
    """Return the Ed25519 public key of a PEM file, and the SHA-256 over its DER form in lower-case hexadecimal."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise PackageFault(f"{PUBLIC_KEY}: not a readable public key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise PackageFault(f"{PUBLIC_KEY}: not an Ed25519 key")
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key, hashlib.sha256(der).hexdigest()


def spell_fingerprint(fingerprint: str) -> str:
    """Return the fingerprint in groups of four, to be read aloud."""
    return " ".join(fingerprint[i : i + 4] for i in range(0, len(fingerprint), 4))


def printable(text: object) -> str:
    """Return ``text`` without anything that could steer a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(text)[:200])


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def signature_file(signature: bytes, fingerprint: str, kind: str) -> bytes:
    """Return the one form of a signature file: a JWS (RFC 7515 general JSON, detached, one signature)."""
    protected = _encode(canonical({"alg": "Ed25519", "kid": fingerprint, "typ": kind}))
    return canonical({"signatures": [{"protected": protected, "signature": _encode(signature)}]})


def check_signature(contents: Contents, name: str, jws_name: str, kind: str) -> str:
    """Check that ``name`` carries the signature in ``jws_name`` by the key in the package; return its fingerprint."""
    from cryptography.exceptions import InvalidSignature

    key, fingerprint = fingerprint_of(contents.texts[PUBLIC_KEY])
    jws = parse(contents.texts[jws_name], jws_name)
    try:
        text = jws["signatures"][0]["signature"]
        signature = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        signer = json.loads(base64.urlsafe_b64decode(jws["signatures"][0]["protected"] + "=="))["kid"]
    except (TypeError, KeyError, IndexError, ValueError, RecursionError):
        raise PackageFault(f"{jws_name}: was changed, it does not read as a signature") from None
    if signer != fingerprint:
        raise PackageFault(f"{jws_name} names another key than {PUBLIC_KEY} holds: one of the two was changed")
    if signature_file(signature, fingerprint, kind) != contents.texts[jws_name]:
        raise PackageFault(f"{jws_name}: was changed, it is not in the one form a signature has")
    protected = jws["signatures"][0]["protected"]
    try:
        key.verify(signature, f"{protected}.{_encode(contents.texts[name])}".encode("ascii"))
    except InvalidSignature:
        raise PackageFault(f"{name} does not carry the signature in {jws_name}: one of the two was changed") from None
    return fingerprint


# The checks


@dataclass(frozen=True)
class Verdict:
    """What was found; there is no verdict on a package with a fault."""

    referral: dict[str, Any]
    fingerprint: str
    key_given: bool
    """Whether the signing key is the one the reader named, and not only the one that came with the package."""
    files: int
    bytes: int
    custody_entries: int

    def lines(self) -> list[str]:
        """Return what was proved and what was not, in plain words."""
        who = (
            "by the key you gave"
            if self.key_given
            else "by the key that came with it. WHOSE key that is was NOT checked"
        )
        proved = [
            f"Referral {printable(self.referral['id'])} ({printable(self.referral['type'])}) of"
            f" {printable(self.referral['created_at'])}",
            f"is internally consistent and signed {who}.",
            f"Key fingerprint: {spell_fingerprint(self.fingerprint)}",
            "",
            "Proved:",
            f"- All {self.files} files ({self.bytes} bytes) are the signed ones: none changed, missing or added.",
            "- The referral and the list of files were signed with the private half of this key.",
            f"- The custody log ({self.custody_entries} entries) is unbroken, up to the packing of this referral.",
            "",
            "Not proved, and no check of these files can prove it:",
        ]
        open_points = [
            "- When it was signed: no independent time-stamp is included; all times are the sender's own.",
            "- That the captured pages were shown to everyone in this form: they were recorded by the sender's tool.",
            "- That any product is falsified or substandard: what is listed is suspected until a laboratory or the"
            " manufacturer says so.",
            "- That the referral still stands: ask the sender whether it was corrected or withdrawn since.",
        ]
        related = self.referral.get("relates_to", {})
        if related:
            proved.insert(3, f"It {printable(related['relation'])} referral {printable(related['referral'])}.")
        if not self.key_given:
            open_points.insert(
                0,
                f"- That the key belongs to {self.referral['issuer']['agency']!r}: compare the fingerprint by another"
                " channel (telephone, earlier case, official site), then check again with --key.",
            )
        return proved + open_points


def check_package(path: Path, key: str | None = None) -> Verdict:
    """Check the package at ``path``; raises ``PackageFault`` with the first fault, ``WrongUse`` for a wrong call."""
    expected = given_fingerprint(key) if key else None
    contents = read_folder(path) if path.is_dir() else read_zip(path)
    for name in READ_LIMITS:
        if name not in contents.texts:
            raise PackageFault(f"{name}: missing from the package")
    fingerprint = check_signature(contents, MANIFEST, MANIFEST_JWS, MANIFEST_TYPE)
    manifest = parse(contents.texts[MANIFEST], MANIFEST)
    check_manifest(manifest, contents)
    if contents.misshapen:
        raise PackageFault(contents.misshapen)
    check_signature(contents, REFERRAL, REFERRAL_JWS, REFERRAL_TYPE)
    referral = parse(contents.texts[REFERRAL], REFERRAL)
    try:
        entries = check_referral(referral, manifest, contents, fingerprint)
        verdict = Verdict(referral, fingerprint, expected is not None, len(contents.files), contents.bytes, entries)
        verdict.lines()
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise PackageFault(f"{REFERRAL}: a field is missing or of the wrong kind ({error})") from None
    if expected is not None and expected != fingerprint:
        raise PackageFault(
            "signed by another key than the one you gave\n"
            f"  key in the package: {spell_fingerprint(fingerprint)}\n"
            f"  key you gave:       {spell_fingerprint(expected)}"
        )
    return verdict


def given_fingerprint(key: str) -> str:
    """Return the fingerprint that ``key`` (a PEM file, or the digits with spaces or colons) stands for."""
    plain = re.sub(r"[\s:]", "", key).lower()
    if re.fullmatch(r"[0-9a-f]{64}", plain):
        return plain
    try:
        with Path(key).open("rb") as stream:
            return fingerprint_of(stream.read(READ_LIMITS[PUBLIC_KEY]))[1]
    except (OSError, PackageFault):
        raise WrongUse(f"--key: {key!r} is neither a fingerprint of 64 hex digits nor a readable public key") from None


def check_manifest(manifest: Any, contents: Contents) -> None:
    """Compare every file of the package with the signed list."""
    if not isinstance(manifest, dict) or manifest.get("format") != PACKAGE_FORMAT:
        shown = manifest.get("format") if isinstance(manifest, dict) else None
        raise PackageFault(
            f"{MANIFEST}: format {shown!r}, this program knows {PACKAGE_FORMAT!r}. Ask the sender for its verifier."
        )
    try:
        listed = {entry["path"]: (entry["bytes"], entry["sha256"]) for entry in manifest["files"]}
    except (KeyError, TypeError):
        raise PackageFault(f"{MANIFEST}: the list of files cannot be read") from None
    unlisted = {MANIFEST, MANIFEST_JWS}
    for name in sorted(contents.files.keys() - unlisted - listed.keys()):
        raise PackageFault(f"{name}: in the package, but not in the signed list of files")
    for name in sorted(listed, key=str):
        if not isinstance(name, str) or not NAME.match(name):
            raise PackageFault(f"{MANIFEST}: lists {name!r}, which is not a file name that a package may use")
        if name not in contents.files:
            raise PackageFault(f"{name}: in the signed list of files, but missing from the package")
        if contents.files[name] != listed[name]:
            raise PackageFault(f"{name}: was changed after signing")


def check_referral(referral: dict[str, Any], manifest: dict[str, Any], contents: Contents, fingerprint: str) -> int:
    """Check that referral, manifest, evidence and custody log speak of the same thing; return the custody entries."""
    if referral["format"] != REFERRAL_FORMAT:
        raise PackageFault(
            f"{REFERRAL}: field format is {referral['format']!r}, this program knows {REFERRAL_FORMAT!r}."
            " Ask the sender for its verifier."
        )
    if referral["id"] != manifest["referral"]:
        raise PackageFault(f"{REFERRAL}: field id differs from the one in {MANIFEST}")
    if referral["issuer"]["key_fingerprint"] != fingerprint:
        raise PackageFault(f"{REFERRAL}: field issuer.key_fingerprint is not the key that signed")
    if referral["established"]:
        raise PackageFault(f"{REFERRAL}: field established: nothing can be established in this format")
    named = {item["path"]: (item["bytes"], item["sha256"]) for item in referral["evidence"]}
    for name, stated in named.items():
        if contents.files.get(name) != stated:
            raise PackageFault(f"{name}: differs from what {REFERRAL} states of it in field evidence")
    for name in sorted(contents.files):
        if name.startswith("evidence/") and name not in named:
            raise PackageFault(f"{name}: evidence that {REFERRAL} does not name")
    return check_custody(referral, contents.texts[CUSTODY])


def check_custody(referral: dict[str, Any], text: bytes) -> int:
    """Follow the hash chain of each bundle's custody log; return the number of entries."""
    lines = text.split(b"\n")
    if lines.pop() != b"":
        raise PackageFault(f"{CUSTODY}: does not end with a line break")
    heads: dict[str, str] = {}
    last: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        where = f"{CUSTODY} line {number}"
        row = parse(line, where)
        bundle, said, stated, previous = row["bundle"], row["entry"], row["hash"], row["previous"]
        if previous != heads.get(bundle, FIRST_LINK):
            raise PackageFault(f"{where}: does not follow the entry before it")
        if hashlib.sha256(f"{previous}\n{said}".encode()).hexdigest() != stated:
            raise PackageFault(f"{where}: its hash does not fit its content")
        heads[bundle], last[bundle] = stated, said
    if heads != {item["bundle"]: item["head"] for item in referral["custody"]}:
        raise PackageFault(f"{CUSTODY}: ends otherwise than {REFERRAL} states in field custody")
    for bundle, said in last.items():
        entry = parse(said.encode(), f"{CUSTODY}, last entry of bundle {bundle!r}")
        if entry["action"] != "packed" or entry["detail"]["referral"] != referral["id"]:
            raise PackageFault(f"{CUSTODY}: the log of bundle {bundle!r} does not end with this packing")
    return len(lines)


def main(arguments: list[str] | None = None) -> int:
    """Check the package named on the command line and say in plain words what was found; return the exit status."""
    parser = argparse.ArgumentParser(description="Check a Pharmakon referral package offline.")
    parser.add_argument("package", nargs="?", type=Path, default=Path(__file__).resolve().parent,
                        help="the .zip as received, or the folder it was unpacked into")  # fmt: skip
    parser.add_argument("--key", help="the sender's public key (PEM file) or its fingerprint, from another channel")
    options = parser.parse_args(arguments)
    try:
        verdict = check_package(options.package, options.key)
    except PackageFault as fault:
        print(f"FAULT in {options.package}: {fault}", file=sys.stderr)
        print("Do not rely on this package. Ask the sender for a fresh copy by a channel you trust.", file=sys.stderr)
        return 1
    except WrongUse as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    except OSError as error:
        print(f"{options.package} cannot be read: {error.strerror}", file=sys.stderr)
        return WRONG_USE
    except ImportError:
        print(
            "This check needs the Python package 'cryptography': python3 -m pip install cryptography", file=sys.stderr
        )
        return WRONG_USE
    print("\n".join(verdict.lines()))
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a console may not know every script
    sys.exit(main())
