"""Signatures: JWS with ``alg: "Ed25519"`` (RFC 9864) over RFC 8785 bytes, payload detached (RFC 7515, appendix F)."""

from joserfc import jws
from joserfc.jwk import OKPKey

from casefile.records import canonical_bytes
from casefile.referral.keys import SigningKey


def detached_jws(payload: bytes, key: SigningKey, kind: str) -> bytes:
    """Return the signature file for ``payload``: general JSON serialisation with one signature, in RFC 8785 form.

    ``kind`` (header ``typ``) keeps a signature over one sort of document from passing for one over another.
    """
    header = {"alg": "Ed25519", "kid": key.fingerprint, "typ": kind}
    signed = jws.serialize_json([{"protected": header}], payload, OKPKey.import_key(key.private), ["Ed25519"])
    return canonical_bytes(jws.detach_content(signed))
