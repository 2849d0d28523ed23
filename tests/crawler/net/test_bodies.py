"""Decoding within bounds, and what an answer amounts to."""

import gzip
import zlib

import pytest

from casefile.records import Outcome
from crawler.net.bodies import BodyRefused, decode_body, judge


def raw_deflate(data: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return machine.compress(data) + machine.flush()


@pytest.mark.parametrize(
    ("encodings", "body"),
    [
        ([], b"page"),
        ([b"identity"], b"page"),
        ([b"gzip"], gzip.compress(b"page", mtime=0)),
        ([b"x-gzip"], gzip.compress(b"pa", mtime=0) + gzip.compress(b"ge", mtime=0)),
        ([b"gzip"], gzip.compress(b"page", mtime=0) + b"trailing rubbish"),
        ([b"deflate"], zlib.compress(b"page")),
        ([b"deflate"], raw_deflate(b"page")),
        ([b"gzip, deflate"], zlib.compress(gzip.compress(b"page", mtime=0))),
        ([b"gzip"], b""),
    ],
)
def test_known_codings_are_undone(encodings: list[bytes], body: bytes) -> None:
    assert decode_body(body, encodings) == (b"page" if body else b"")


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_bomb_is_refused_at_the_bound(pack: object) -> None:
    bomb = pack(b"\0" * 2_000_000)  # type: ignore[operator] # one of two packers
    coding = b"gzip" if pack is gzip.compress else b"deflate"
    with pytest.raises(BodyRefused, match="grows beyond 1000000 bytes"):
        decode_body(bomb, [coding], max_bytes=1_000_000)


def test_many_small_members_count_together() -> None:
    with pytest.raises(BodyRefused, match="grows beyond"):
        decode_body(gzip.compress(b"\0" * 60_000, mtime=0) * 20, [b"gzip"], max_bytes=1_000_000)


def test_a_stack_of_codings_is_refused() -> None:
    with pytest.raises(BodyRefused, match="4 times over"):
        decode_body(b"", [b"gzip, gzip, gzip, gzip"])


def test_a_coding_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(BodyRefused, match="'br' was not asked for"):
        decode_body(b"...", [b"br"])


def test_rubbish_that_claims_to_be_packed_is_refused() -> None:
    with pytest.raises(BodyRefused, match="broken"):
        decode_body(b"no gzip", [b"gzip"])


def test_a_body_cut_short_gives_what_came() -> None:
    whole = gzip.compress(b"abc" * 1000, mtime=0)
    assert decode_body(whole[: len(whole) - 9], [b"gzip"]).startswith(b"abcabc")


@pytest.mark.parametrize(
    ("status", "page", "outcome"),
    [
        (200, b"<title>Tablets</title>", "ok"),
        (200, b"<title>Contact</title><div class='g-recaptcha'></div>", "ok"),
        (200, b"<title>Just a moment...</title>", "captcha"),
        (200, b"<title>Access denied</title>", "blocked"),
        (403, b"<title>403 Forbidden</title>", "blocked"),
        (403, b"<div class='h-captcha'></div>", "captcha"),
        (429, b"", "blocked"),
        (503, b"", "error"),
        (503, b"<form id='challenge-form'>cf-challenge</form>", "captcha"),
        (404, b"", "gone"),
        (410, b"", "gone"),
        (500, b"", "error"),
        (418, b"", "error"),
        (302, b"", "ok"),
    ],
)
def test_an_answer_is_judged_by_status_and_page(status: int, page: bytes, outcome: Outcome) -> None:
    assert judge(status, page, is_html=True).outcome == outcome


def test_what_is_no_page_is_judged_by_status_alone() -> None:
    assert judge(200, b"<title>Just a moment...</title>", is_html=False).outcome == "ok"
