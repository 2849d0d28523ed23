import unicodedata
from random import Random

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


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("kind custom3rs", "kind customers"),
        ("c h e a p e s t packing", "cheapest packing"),
        ("c.u.s.t.o.m.e.r.s", "customers"),
        ("shiρping", "shipping"),
        ("shi⚕ping", "shipping"),
        ("h4ndm4de soap", "handmade soap"),
    ],
)
def test_an_everyday_word_is_read_as_well_but_is_no_trick(raw: str, read: str) -> None:
    result = normalise(raw)
    assert result.text == read
    assert not [trick for trick in result.tricks if trick.how in ("leet", "spaced", "split")]


@pytest.mark.parametrize(
    "raw", ["10 tube @ 5 ml", "Package - 5", "pack10", "b2b", "mp3player", "co2", "u.s.a", "a - b - c"]
)
def test_counts_and_measures_are_left_alone(raw: str) -> None:
    assert normalise(raw).text == raw.lower()


def test_a_glyph_that_could_be_several_letters_is_left_as_it_is() -> None:
    assert normalise("st⚕ck").text == "st⚕ck"  # stack, stock, stick...


_BENDS = {"a": "4@а", "e": "3е", "i": "1!і", "o": "0о", "s": "5$ѕ", "t": "7τ"}


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["ozempic", "sildenafil", "tramadol", "oxycodone", "delivery", "discreet", "prescription"]),
    st.lists(st.sampled_from(["leet", "invisible", "marks", "capitals", "wide"]), min_size=1, max_size=4, unique=True),
    st.randoms(use_true_random=False),
)
def test_every_mix_of_tricks_is_undone_and_the_quote_is_what_stood_there(
    word: str, hows: list[str], dice: Random
) -> None:
    bent = word
    for how in hows:
        place = dice.randrange(1, len(bent) - 1)
        if how == "leet":
            bent = "".join(dice.choice(_BENDS.get(c, c)) if 0 < i < 3 else c for i, c in enumerate(bent))
        elif how == "invisible":
            bent = bent[:place] + dice.choice("\u200b\u200d\u00ad\u2060") + bent[place:]
        elif how == "marks":
            bent = bent[:place] + dice.choice("\u0301\u0336\u0489\u20d0") * dice.randrange(1, 20) + bent[place:]
        elif how == "capitals":
            bent = bent.upper()
        else:
            bent = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in bent)
    raw = f"buy {bent} here"
    result = normalise(raw)
    assert result.text == f"buy {word} here"
    start, end = result.raw_span(4, 4 + len(word))
    assert raw[start:end] == bent


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
