"""One byte form for anything that is hashed, chained or signed: RFC 8785 (JSON Canonicalization Scheme)."""

import hashlib
from typing import Any

import rfc8785


def canonical_bytes(data: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Return the RFC 8785 bytes of JSON ``data``.

    Raises ``rfc8785.CanonicalizationError`` for what JSON cannot carry (NaN, integers beyond 2**53).
    """
    return rfc8785.dumps(data)


def sha256_hex(data: bytes) -> str:
    """Return the lower-case hexadecimal SHA-256 of ``data``."""
    return hashlib.sha256(data).hexdigest()


def chain_hash(previous: str, entry: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the hash that ties ``entry`` to the entry before it (custody log, audit log).

    ``previous`` is the hash of the entry before, or 64 zeros for the first one.
    """
    return sha256_hex(previous.encode("ascii") + b"\n" + canonical_bytes(entry))


FIRST_LINK = "0" * 64
"""What the first entry of a hash chain names as its predecessor."""
