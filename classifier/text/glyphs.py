"""One glyph at a time: how a character folds to the form rules are written in, and what it can be mistaken for.

Folding follows Unicode data (NFKC, decomposition, character names), so it holds for glyphs nobody listed: full-width,
mathematical, circled, squared, small capital, superscript, regional indicator and accented letters. Look-alikes of
*other* scripts are kept apart in :data:`LOOKALIKES`: they apply only where a token mixes scripts or is a known word.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import MappingProxyType

from classifier.text.places import LEXICON_FOLDER

_LATIN_NAME = re.compile(
    r"(?:LATIN (?:SMALL |CAPITAL )?(?:LETTER )?(?:SMALL CAPITAL |SMALL |CAPITAL )?(?:LETTER )?"
    r"(?:TURNED |REVERSED |SIDEWAYS |OPEN |SCRIPT |LONG |DOTLESS |INSULAR |INVERTED |CLOSED |BARRED |STRETCHED )*"
    r"([A-Z])"
    r"|(?:NEGATIVE |SQUARED |CIRCLED |PARENTHESIZED |CROSSED |REGIONAL INDICATOR SYMBOL LETTER |MODIFIER |COMBINING "
    r"|TAG )+"
    r"(?:LATIN )?(?:SMALL |CAPITAL )*(?:LETTER )?([A-Z]))"
    r"(?: WITH .*|-\d+|)"
)
_NAMED = {
    "LATIN SMALL LETTER ALPHA": "a",
    "LATIN CAPITAL LETTER ALPHA": "a",
    "LATIN SMALL LETTER IOTA": "i",
    "LATIN SMALL LETTER SCHWA": "e",
    "LATIN CAPITAL LETTER SCHWA": "e",
    "LATIN SMALL LETTER UPSILON": "u",
    "LATIN SMALL LETTER AE": "ae",
    "LATIN SMALL LETTER SHARP S": "ss",
    "LATIN SMALL LETTER ENG": "ng",
    "LATIN SMALL LETTER ESH": "s",
    "LATIN SMALL LETTER EZH": "z",
    "LATIN SMALL LETTER ETH": "d",
    "LATIN SMALL LETTER THORN": "th",
    "LATIN SMALL LETTER CHI": "x",
    "LATIN LETTER SMALL CAPITAL OE": "oe",
}
_ARABIC = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ې": "ي",
        "ئ": "ي",
        "ک": "ك",
        "ہ": "ه",
        "ھ": "ه",
        "ۃ": "ه",
        "ة": "ه",
        "ۀ": "ه",
        "ؤ": "و",
        "ۂ": "ه",
        "ٹ": "ت",
        "ۓ": "ے",
        "ـ": None,
    }
)
"""Spellings that Arabic, Persian and Urdu writers mix freely; text and phrases fold to one of them."""
_PUNCTUATION = {
    "’": "'",
    "‘": "'",
    "ʼ": "'",
    "`": "'",
    "´": "'",
    "′": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "‐": "-",
    "‑": "-",
    "‒": "-",
    "–": "-",
    "—": "-",
    "−": "-",
    "―": "-",
    "ʻ": "'",
    "。": "。",
    "ё": "е",
    "ꞌ": "'",
    "՚": "'",
}
_MAX_EXPANSION = 4


def _is_dropped_mark(char: str) -> bool:
    code = ord(char)
    return (
        0x300 <= code <= 0x36F
        or 0x1AB0 <= code <= 0x1AFF
        or 0x1DC0 <= code <= 0x1DFF
        or 0x20D0 <= code <= 0x20FF
        or 0xFE00 <= code <= 0xFE0F
        or 0xFE20 <= code <= 0xFE2F
        or 0xE0100 <= code <= 0xE01EF
        or 0x64B <= code <= 0x65F
        or code == 0x670
        or 0x483 <= code <= 0x489
        or 0xA66F <= code <= 0xA67D
        or 0x591 <= code <= 0x5C7
        or code in (0x93C, 0x9BC, 0x115F, 0x1160, 0x3164, 0xFFA0, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D)
    )


def _latin_base(char: str) -> str | None:
    name = unicodedata.name(char, "")
    if name in _NAMED:
        return _NAMED[name]
    match = _LATIN_NAME.fullmatch(name)
    return (match[1] or match[2]).lower() if match else None


def _fold_once(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" and not 0xE0061 <= ord(char) <= 0xE007A:
        return ""
    if category == "Cs":
        return "\ufffd"
    if category in ("Cc", "Zs", "Zl", "Zp"):
        return char if char in "\n\t" else ("\n" if char in "\r\x0b\x0c\x85\u2028\u2029" else " ")
    if category in ("Mn", "Me") and _is_dropped_mark(char):
        return ""
    if category == "Nd":
        return str(unicodedata.digit(char))
    if char in _PUNCTUATION:
        return _PUNCTUATION[char]
    base = _latin_base(char)
    if base:
        return base
    if "\u0600" <= char <= "\u06ff":
        return char.translate(_ARABIC)
    folded = unicodedata.normalize("NFKC", char).lower()
    decomposed = unicodedata.normalize("NFD", folded)
    if len(decomposed) > 1 and unicodedata.name(decomposed[0], "").split(" ")[0] in ("LATIN", "GREEK"):
        folded = "".join(c for c in decomposed if not unicodedata.combining(c))
    if 0xC0 <= ord(folded[:1] or "\0") and len(decomposed) > 1 and any(m in decomposed for m in "\u093c\u09bc"):
        folded = decomposed
    return folded if len(folded) <= _MAX_EXPANSION else char


def fold_character(char: str) -> str:
    """Return what ``char`` folds to: zero to four characters, itself a fixed point of folding."""
    before, after = char, _fold_once(char)
    for _ in range(4):
        if after == before:
            break
        before, after = after, "".join(_fold_once(c) for c in after)
    return after if len(after) <= _MAX_EXPANSION else char


class FoldTable(dict[int, str]):
    """A ``str.translate`` table filled as characters are met; remembers those that do not fold one to one.

    >>> "Ｖ①𝕒ǵ".translate(FoldTable())
    'v1ag'
    """

    def __init__(self) -> None:
        super().__init__()
        self.uneven: set[str] = set()
        self.odd: set[str] = set()
        """Those that lower-casing changes still, before or after folding; no step may be left out for them."""

    def __missing__(self, code: int) -> str:
        folded = fold_character(chr(code))
        if len(folded) != 1:
            self.uneven.add(chr(code))
        kept = chr(code) if len(folded) != 1 else folded
        if kept.lower() != kept or (len(folded) == 1 and fold_character(folded) != folded):
            self.odd.add(chr(code))
        self[code] = folded
        return folded


FOLD = FoldTable()
"""The table of this process; a pure function of Unicode data, filled lazily."""


def fold(text: str) -> str:
    """Fold ``text`` without offsets (patterns, lexicon entries)."""
    if text.isascii() and text.isprintable():
        return text.lower().replace("`", "'")
    return unicodedata.normalize("NFC", text).translate(FOLD)


@cache
def _table_of_lookalikes() -> dict[str, str]:
    table = _read_table("confusables.tsv")
    for glyph, look in list(table.items()):
        lower = fold_character(glyph)
        if len(lower) == 1 and lower not in table:
            table[lower] = look
    return {**table, **_read_table("decorative.tsv")}


def _read_table(name: str) -> dict[str, str]:
    """Read ``glyph, look-alike, Unicode name`` lines."""
    lines = (LEXICON_FOLDER / name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {glyph: look for glyph, look, _ in rows}


def lookalikes() -> Mapping[str, str]:
    """Return the table of look-alikes: glyph to the ASCII letter or digit it is mistaken for."""
    return MappingProxyType(_table_of_lookalikes())


@contextmanager
def without_lookalikes(glyphs: Iterable[str]) -> Iterator[None]:
    """Forget ``glyphs`` for a while: how well are letters read that no table lists? For measuring only."""
    table = _table_of_lookalikes()
    taken = {glyph: table.pop(glyph) for glyph in glyphs if glyph in table}
    lookalike.cache_clear()
    try:
        yield
    finally:
        table.update(taken)
        lookalike.cache_clear()


@cache
def lookalike(char: str) -> str | None:
    """Return the ASCII letter that ``char`` is mistaken for, or None.

    Letters with marks are judged by their base (CYRILLIC ... WITH DESCENDER), Cherokee and other scripts by the table.
    """
    table = _table_of_lookalikes()
    if char in table:
        return table[char]
    base = unicodedata.normalize("NFD", char)[0]
    if base != char:
        return lookalike(base)
    name, separator, _ = unicodedata.name(char, "").partition(" WITH ")
    if separator:
        try:
            return lookalike(fold_character(unicodedata.lookup(name)))
        except KeyError:
            return None
    return None
