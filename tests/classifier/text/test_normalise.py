import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.text.glyphs import fold, lookalike
from classifier.text.normalise import LONGEST_FIELD, normalise

ANY_TEXT = st.text(alphabet=st.characters(codec=None, categories=None), max_size=120) | st.text(
    alphabet="viagrxn01@$ .-_*&;<b>#аоеіΑ\u200b\u0301\u202e💊", max_size=80
)


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_normalising_twice_changes_nothing_and_growth_is_bounded(raw: str) -> None:
    once = normalise(raw)
    assert normalise(once.text).text == once.text
    assert len(once.text) <= 4 * len(raw)


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_every_character_knows_its_place_in_the_raw_text(raw: str) -> None:
    result = normalise(raw)
    assert len(result.starts) == len(result.ends) == len(result.text)
    assert list(result.starts) == sorted(result.starts)
    assert all(0 <= a < b <= len(raw) for a, b in zip(result.starts, result.ends, strict=True))


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("v1agra", "viagra"),
        ("0zempic", "ozempic"),
        ("x@nax", "xanax"),
        ("$ildenafil", "sildenafil"),
        ("v i a g r a", "viagra"),
        ("v.i.a.g.r.a", "viagra"),
        ("v-i-a-g-r-a", "viagra"),
        ("v . i . a . g . r . a", "viagra"),
        ("vi\u200bag\u00adra", "viagra"),
        ("vi\u202eagra", "viagra"),
        ("vіаgrа", "viagra"),
        ("ＶＩＡＧＲＡ", "viagra"),
        ("𝓿𝓲𝓪𝓰𝓻𝓪", "viagra"),
        ("ⓥⓘⓐⓖⓡⓐ", "viagra"),
        ("ᴠɪᴀɢʀᴀ", "viagra"),
        ("🅥🅘🅐🅖🅡🅐", "viagra"),
        ("vïågrä", "viagra"),
        ("vi&#97;gra", "viagra"),
        ("via<b></b>gra", "via  gra"),
        ("ᏙIᎪᏀᎡᎪ", "viagra"),
        ("тaблeтки", "таблетки"),
        ("1️⃣0️⃣ mg", "10 mg"),
        ("vi*gra", "viagra"),
        ("xana : x", "xanax"),
    ],
)
def test_a_bent_word_is_read_as_what_it_means(raw: str, read: str) -> None:
    assert normalise(raw).text == read


@pytest.mark.parametrize(
    "raw", ["таблетки от боли без рецепта", "φάρμακο χωρίς συνταγή", "无需处方发货", "ยาไม่ต้องใช้ใบสั่ง"]
)
def test_text_of_a_real_script_is_left_alone(raw: str) -> None:
    result = normalise(raw)
    assert result.text == fold(raw)
    assert result.obfuscation == 0.0


@pytest.mark.parametrize(
    "raw", ["vitamin B12 100mg", "c0ok!e b4rs", "H2O 5x10mg", "22μm filter", "pre-workout", "Виагра100mg"]
)
def test_ordinary_digits_and_units_are_no_trick(raw: str) -> None:
    assert normalise(raw).tricks == ()


def test_a_glyph_that_nobody_listed_is_found_by_its_unicode_name() -> None:
    unlisted = [
        chr(c) for c in range(0x1E00, 0x1F00) if unicodedata.name(chr(c), "").startswith("LATIN SMALL LETTER A WITH")
    ]
    assert unlisted
    assert {fold(char) for char in unlisted} == {"a"}
    assert lookalike("\u04b3") == "x"  # CYRILLIC SMALL LETTER HA WITH DESCENDER


def test_an_unknown_symbol_inside_a_known_word_stands_for_any_letter() -> None:
    assert normalise("oz⚕mpic").text == "ozempic"


def test_a_quote_of_the_normal_form_is_exact_in_the_raw_text() -> None:
    raw = "Kaufe V&#49;аgrа jetzt"
    result = normalise(raw)
    at = result.text.index("viagra")
    start, end = result.raw_span(at, at + 6)
    assert raw[start:end] == "V&#49;аgrа"
    assert result.obfuscation > 0


@pytest.mark.parametrize("unit", ["a", "v1", "v i a g r a ", "&amp;", "<b", "а", "💊", "\u0301", "x.", "1️⃣", "\ud800"])
def test_a_hundred_thousand_repetitions_are_read_without_harm(unit: str) -> None:
    result = normalise(unit * 100_000)
    assert len(result.text) <= 4 * LONGEST_FIELD
    assert result.cut == (len(unit) * 100_000 > LONGEST_FIELD)
