"""Reading a body that may be hostile: content decoding within a bound, and what the answer amounts to."""

import re
import zlib
from dataclasses import dataclass
from typing import Final

from casefile.records import Outcome

MAX_BYTES: Final = 16 * 1024 * 1024
"""Largest body that is taken, as received and again once decoded."""
ACCEPTED_ENCODINGS: Final = b"gzip, deflate"
_MAX_ENCODINGS: Final = 3
_SCANNED_BYTES: Final = 32 * 1024
"""Block pages are short and say so early."""


class BodyRefused(ValueError):
    """The body cannot be decoded within bounds; the message says why."""


def decode_body(body: bytes, encodings: list[bytes], *, max_bytes: int = MAX_BYTES) -> bytes:
    """Undo ``Content-Encoding``; raises :class:`BodyRefused` for a bomb, a broken body or an unknown coding."""
    names = [name.strip().lower() for value in encodings for name in value.split(b",") if name.strip()]
    if len(names) > _MAX_ENCODINGS:
        raise BodyRefused(f"the body is encoded {len(names)} times over")
    for name in reversed(names):
        if name in (b"gzip", b"x-gzip"):
            body = _inflate(body, zlib.MAX_WBITS | 16, max_bytes)
        elif name == b"deflate":
            body = _inflate_either(body, max_bytes)
        elif name != b"identity":
            raise BodyRefused(f"content encoding {name.decode('ascii', 'replace')!r} was not asked for")
    return body


def gunzip(body: bytes, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Unpack a gzip file (a sitemap) within the bound; raises :class:`BodyRefused`."""
    return _inflate(body, zlib.MAX_WBITS | 16, max_bytes)


def _inflate_either(body: bytes, max_bytes: int) -> bytes:
    """``deflate`` means zlib (RFC 9110 section 8.4.1.2), and some servers send it raw."""
    try:
        return _inflate(body, zlib.MAX_WBITS, max_bytes)
    except BodyRefused as error:
        if "grows beyond" in str(error):
            raise
        return _inflate(body, -zlib.MAX_WBITS, max_bytes)


def _inflate(body: bytes, window: int, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    room = max_bytes
    rest = body
    while rest:
        machine = zlib.decompressobj(window)
        try:
            part = machine.decompress(rest, room + 1)
        except zlib.error as error:
            if parts:
                break  # trailing rubbish after a whole member, which browsers ignore too
            raise BodyRefused(f"the compressed body is broken: {error}") from error
        room -= len(part)
        if room < 0:
            raise BodyRefused(f"the body grows beyond {max_bytes} bytes when decoded")
        parts.append(part)
        if not machine.eof:
            break  # cut short: what is there is what was received
        rest = machine.unused_data
    return b"".join(parts)


@dataclass(frozen=True)
class Verdict:
    """What a response amounts to."""

    outcome: Outcome
    reason: str | None = None


_CAPTCHA: Final = re.compile(
    rb"captcha|cf[-_]challenge|challenges\.cloudflare\.com|turnstile|px-captcha|arkoselabs"
    rb"|are you (?:a )?(?:human|robot)",
    re.IGNORECASE,
)
# Each of these is searched in lower case and begins with fixed letters: so the search skips through a page, where one
# expression that ignores case costs half a millisecond a page.
_CHALLENGE_TITLE: Final = re.compile(
    rb"<title>\s*(?:just a moment|attention required|checking your browser|are you (?:a )?(?:human|robot)|"
    rb"(?:please )?verify you are (?:a )?human|robot check|security check|captcha|pardon our interruption|ddos-guard)"
)
_CHALLENGE_MARK: Final = re.compile(rb"id=[\"']?(?:px-captcha|challenge-form|cf-challenge|captcha-form)\b")
"""Marks of a page that is nothing but a challenge. A captcha widget alone is none: contact forms carry them."""
_CHALLENGE_SCRIPTS: Final = (b"_incapsula_resource", b"/cdn-cgi/challenge-platform/h/")
_BLOCK_PAGE: Final = re.compile(
    rb"<title>\s*(?:access (?:to this page (?:has been )?)?denied|(?:you have been |request |ip )?blocked|"
    rb"403 forbidden|forbidden|error 1020|your (?:ip|access) (?:has been|is) (?:blocked|denied|restricted))"
)


def _is_challenge(lowered: bytes) -> bool:
    if _CHALLENGE_TITLE.search(lowered) or _CHALLENGE_MARK.search(lowered):
        return True
    return any(script in lowered for script in _CHALLENGE_SCRIPTS)


def judge(status: int, decoded: bytes, *, is_html: bool) -> Verdict:
    """Say what became of a fetch, from its status and the start of its decoded body."""
    start = decoded[:_SCANNED_BYTES] if is_html else b""
    if status in (401, 403, 407, 429, 451, 503):
        if _CAPTCHA.search(start):
            return Verdict("captcha", f"status {status} with a challenge page")
        if status == 503:
            return Verdict("error", "status 503")
        return Verdict("blocked", f"status {status}")
    if status in (404, 410):
        return Verdict("gone", f"status {status}")
    if status >= 400:
        return Verdict("error", f"status {status}")
    lowered = start.lower()
    if _is_challenge(lowered):
        return Verdict("captcha", "the page is a challenge")
    if _BLOCK_PAGE.search(lowered):
        return Verdict("blocked", "the page says that access is denied")
    return Verdict("ok")
