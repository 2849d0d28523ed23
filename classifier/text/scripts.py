"""Which writing a letter belongs to, as far as it decides what may stand beside a word."""

from functools import cache

_RANGES = (
    ("latin", 0x61, 0x7A), ("latin", 0xC0, 0x24F), ("greek", 0x370, 0x3FF), ("cyrillic", 0x400, 0x52F),
    ("hebrew", 0x5D0, 0x5EA), ("arabic", 0x620, 0x64A), ("arabic", 0x66E, 0x6D3), ("indic", 0x900, 0x963),
    ("indic", 0x971, 0x9E5), ("indic", 0x9F0, 0xDFF),
)  # fmt: skip

NO_LETTERS: frozenset[str] = frozenset()
LETTERS: dict[str, frozenset[str]] = {"none": NO_LETTERS}
"""Script to its letters (folded text is lower case). ``none``: no space between words (Chinese, Japanese, Thai), or
particles glued to them (Korean, Amharic), so no letter ends a word."""
for _name, _low, _high in _RANGES:
    LETTERS[_name] = LETTERS.get(_name, NO_LETTERS) | {chr(code) for code in range(_low, _high + 1)}


@cache
def script_of(char: str) -> str:
    """Return ``latin, cyrillic, greek, arabic, hebrew, indic`` or ``none``; ASCII counts as Latin."""
    if char.isascii():
        return "latin"
    for name, low, high in _RANGES:
        if low <= ord(char) <= high:
            return name
    return "none"


_PARTICLES = frozenset("وفبلك")


def arabic_word_start(text: str, start: int) -> int:
    """Return where an Arabic word with article and one-letter prefix begins, -1 when other letters stand before."""
    at = start
    if text[max(0, at - 2) : at] in ("ال", "لل"):
        at -= 2
    if at and text[at - 1] in _PARTICLES:
        at -= 1
    return at if at == 0 or text[at - 1] not in LETTERS["arabic"] else -1
