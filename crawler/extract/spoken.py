"""In which language a listing is written, as far as the page states it: the tag nearest to its text, never a guess."""

from bisect import bisect_right
from collections import Counter
from typing import Final

from lxml.html import HtmlElement

from crawler.extract.document import language_tag
from crawler.extract.text import inline_text

MIN_LETTERS: Final = 12
"""Fewer letters of another script are a name or a brand."""
CONTRADICTS: Final = 0.6
"""Share of the letters in one script from which a tag of a language that is not written in it is wrong."""
_SAMPLE: Final = 4_000

_RANGES: Final = (
    (0x0370, 0x03FF, "Grek"), (0x0400, 0x052F, "Cyrl"), (0x0530, 0x058F, "Armn"), (0x0590, 0x05FF, "Hebr"),
    (0x0600, 0x06FF, "Arab"), (0x0750, 0x077F, "Arab"), (0x08A0, 0x08FF, "Arab"), (0x0900, 0x097F, "Deva"),
    (0x0980, 0x09FF, "Beng"), (0x0A00, 0x0A7F, "Guru"), (0x0A80, 0x0AFF, "Gujr"), (0x0B00, 0x0B7F, "Orya"),
    (0x0B80, 0x0BFF, "Taml"), (0x0C00, 0x0C7F, "Telu"), (0x0C80, 0x0CFF, "Knda"), (0x0D00, 0x0D7F, "Mlym"),
    (0x0D80, 0x0DFF, "Sinh"), (0x0E00, 0x0E7F, "Thai"), (0x0E80, 0x0EFF, "Laoo"), (0x1000, 0x109F, "Mymr"),
    (0x10A0, 0x10FF, "Geor"), (0x1100, 0x11FF, "Hang"), (0x1200, 0x139F, "Ethi"), (0x1780, 0x17FF, "Khmr"),
    (0x3040, 0x30FF, "Kana"), (0x3400, 0x4DBF, "Hani"), (0x4E00, 0x9FFF, "Hani"), (0xAC00, 0xD7AF, "Hang"),
    (0xF900, 0xFAFF, "Hani"), (0xFB50, 0xFDFF, "Arab"), (0xFE70, 0xFEFF, "Arab"),
)  # fmt: skip
"""First and last code point of the blocks of living scripts other than Latin, in order (Unicode, Blocks.txt)."""
_STARTS: Final = tuple(first for first, _, _ in _RANGES)

_WRITTEN_IN: Final[dict[str, str]] = {
    "Arab": "ar fa ur ps sd ug ckb ku pa ks bal az ms kk ky tk uz ha arz ary apc arq",
    "Cyrl": "ru uk be bg sr mk kk ky mn tg uz tt ba cv os ab bs sh az tk ro",
    "Grek": "el grc",
    "Armn": "hy",
    "Hebr": "he iw yi lad",
    "Deva": "hi mr ne sa kok mai bho sd ks",
    "Beng": "bn as mni",
    "Guru": "pa",
    "Gujr": "gu",
    "Orya": "or",
    "Taml": "ta",
    "Telu": "te",
    "Knda": "kn",
    "Mlym": "ml",
    "Sinh": "si",
    "Thai": "th",
    "Laoo": "lo",
    "Mymr": "my shn",
    "Geor": "ka",
    "Ethi": "am ti",
    "Khmr": "km",
    "Hang": "ko",
    "Kana": "ja",
    "Hani": "zh ja ko yue wuu nan lzh",
}
"""Script (ISO 15924) to the languages written in it, today or in part (CLDR, languageData)."""
_LANGUAGES: Final = {script: frozenset(languages.split()) for script, languages in _WRITTEN_IN.items()}


def language_of_matter(region: HtmlElement, text: str, page_language: str | None) -> str | None:
    """Return the language of a listing as the page tags it, None where the tag cannot be right.

    Args:
        region: the part of the page about the listing; a ``lang`` on the element with most of its text counts first.
        text: title and description.
        page_language: what the page states around the region.
    """
    language = _tag_of_most(region) or page_language
    return None if language and contradicts(language, text) else language


def contradicts(language: str, text: str) -> bool:
    """Whether most of a text is in a script in which the tagged language is not written.

    Latin letters contradict nothing: names of medicines are written so everywhere, and many write their language so.
    """
    scripts = Counter(script for character in text[:_SAMPLE] if (script := _script(character)))
    letters = sum(scripts.values())
    if letters < MIN_LETTERS:
        return False
    script, number = scripts.most_common(1)[0]
    if script == "Latn" or number < letters * CONTRADICTS:
        return False
    parts = language.split("-")
    if parts[0] in _LANGUAGES[script]:
        return len(parts) > 1 and parts[1] == "Latn"
    return True


def _script(character: str) -> str | None:
    point = ord(character)
    if point < 0x0370:
        return "Latn" if character.isalpha() else None
    place = bisect_right(_STARTS, point) - 1
    _, last, script = _RANGES[place]
    return script if point <= last and character.isalpha() else None


def _tag_of_most(region: HtmlElement) -> str | None:
    tagged = [element for element in region.iterdescendants() if element.get("lang")][:50]
    if not tagged:
        return None
    whole = len(inline_text(region, limit=20_000))
    sizes = {element: len(inline_text(element, limit=20_000)) for element in tagged}
    most = max(tagged, key=lambda element: sizes[element])
    return language_tag(most.get("lang")) if sizes[most] * 2 >= whole else None
