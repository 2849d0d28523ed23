"""Foreign text is shown as it is, with nothing in it that could deceive the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_ui.text import Span, defang, hidden_count, pieces, visible


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("gpj\u202eexe", "gpj[U+202E]exe"),
        ("via\u200bgra", "via[U+200B]gra"),
        ("via\u200cgra", "via[U+200C]gra"),
        ("a\x00b", "a[U+0000]b"),
        ("\ud800", "[U+D800]"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("two\n lines", "two lines"),
        ("x" * 400, "x" * 300 + "…"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://shop.example/a.html?b=c.d", "hxxps://shop[.]example/a.html?b=c.d"),
        ("http://user@shop.example:8080", "hxxp://user@shop[.]example:8080"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("shop.example/path", "shop[.]example/path"),
        ("HTTPS://SHOP.EXAMPLE", "hxxpS://SHOP[.]EXAMPLE"),
        ("https://shop\u202e.example/", "hxxps://shop[U+202E][.]example/"),
    ],
)
def test_an_address_is_defanged(url: str, shown: str) -> None:
    assert defang(url) == shown


def test_overlapping_cues_share_their_text() -> None:
    found = pieces("cheap pills now", [Span(1, 0, 11), Span(2, 6, 15)])
    assert [(piece.text, piece.cues) for piece in found] == [("cheap ", (1,)), ("pills", (1, 2)), (" now", (2,))]
    assert [piece.begins for piece in found] == [(1,), (2,), ()]
    assert [piece.ends for piece in found] == [(), (1,), (2,)]


def test_a_hidden_character_inside_a_cue_keeps_the_cue_whole() -> None:
    found = pieces("v\u200bi", [Span(1, 0, 3)])
    assert [(piece.text, piece.hidden, piece.begins, piece.ends) for piece in found] == [
        ("v", False, (1,), ()),
        ("U+200B", True, (), ()),
        ("i", False, (), (1,)),
    ]


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=8),
    st.integers(0, 40),
    st.integers(1, 40),
)
def test_the_runs_give_the_raw_text_back(text: str, spans: list[tuple[int, int]], start: int, limit: int) -> None:
    found = pieces(text, [Span(n, left, right) for n, (left, right) in enumerate(spans, 1)], start=start, limit=limit)
    rebuilt = "".join(chr(int(piece.text[2:], 16)) if piece.hidden else piece.text for piece in found)
    assert rebuilt == text[start : start + limit]
    assert sum(piece.hidden for piece in found) == hidden_count(text[start : start + limit]) or start
    for number, (left, right) in enumerate(spans, 1):
        under = sum(1 if p.hidden else len(p.text) for p in found if number in p.cues)
        assert under == max(0, min(right, start + limit, len(text)) - max(left, start))
