"""Which language a text is in: by script first, then by the small words of each language; no model, microseconds."""

import re
from collections import Counter, defaultdict
from functools import cache

import yaml

from classifier.text.pieces import Remembered, pieces
from classifier.text.places import LEXICON_FOLDER

_SLIGHT = 0.3
"""Evidence that says nothing: a small word that four languages share. Of equal languages the first met is taken."""
_READ = 2000
"""Characters read: more do not change the answer."""
_WORD = re.compile(r"[^\s\d.,;:!?()\[\]\"/|।॥–—-]+")
"""A word with its marks; vowel signs of Indic scripts are no letters to ``\\w``."""
_LATIN = re.compile("[A-Za-z]").search
_BLOCKS = (
    ("ja", 0x3040, 0x30FF),
    ("ko", 0xAC00, 0xD7AF),
    ("zh", 0x4E00, 0x9FFF),
    ("zh", 0x3400, 0x4DBF),
    ("th", 0x0E00, 0x0E7F),
    ("am", 0x1200, 0x139F),
    ("bn", 0x0980, 0x09FF),
    ("deva", 0x0900, 0x097F),
    ("pa", 0x0A00, 0x0A7F),
    ("gu", 0x0A80, 0x0AFF),
    ("ta", 0x0B80, 0x0BFF),
    ("te", 0x0C00, 0x0C7F),
    ("kn", 0x0C80, 0x0CFF),
    ("ml", 0x0D00, 0x0D7F),
    ("si", 0x0D80, 0x0DFF),
    ("my", 0x1000, 0x109F),
    ("km", 0x1780, 0x17FF),
    ("lo", 0x0E80, 0x0EFF),
    ("ka", 0x10A0, 0x10FF),
    ("hy", 0x0530, 0x058F),
    ("el", 0x0370, 0x03FF),
    ("he", 0x0590, 0x05FF),
    ("arab", 0x0600, 0x06FF),
    ("cyrl", 0x0400, 0x052F),
    ("latn", 0x00C0, 0x024F),
    ("latn", 0x1E00, 0x1EFF),
)
_HINTS = {
    "arab": (("ur", "ٹڈڑںے"), ("fa", "پچژگ"), ("ar", "ةىأإئؤ")),
    "cyrl": (("uk", "іїєґ"), ("mk", "ѓќѕ"), ("sr", "ђћџљњј"), ("kk", "әғқңөұүһ"), ("be", "ў")),
    "zh": (
        ("zh-Hant", "個們這藥無須處貨質購買為國產開發聯繫單價證針劑運費說來會時"),
        ("zh-Hans", "个们这药无须处货质购买为国产开发联系单价证针剂运费说来会时"),
    ),
}


@cache
def _script(char: str) -> str:
    code = ord(char)
    if char.isascii():
        return "latn" if char.isalpha() else ""
    for name, low, high in _BLOCKS:
        if low <= code <= high:
            return name
    return ""


@cache
def _small_words() -> dict[str, tuple[tuple[str, float], ...]]:
    data = yaml.safe_load((LEXICON_FOLDER / "small_words.yml").read_text(encoding="utf-8"))
    count = Counter(word for words in data["words"].values() for word in set(words.split()))
    table: dict[str, list[tuple[str, float]]] = {}
    for language, words in data["words"].items():
        for word in set(words.split()):
            table.setdefault(word, []).append((language, 1.0 / count[word]))
    return {word: tuple(votes) for word, votes in table.items()}


@cache
def _votes() -> Remembered[tuple[tuple[str, float], ...]]:
    """Return for each piece of a text the languages its small words speak for."""
    table = _small_words()
    return Remembered(lambda piece: tuple(vote for word in _WORD.findall(piece) for vote in table.get(word, ())))


def detect(text: str) -> str | None:
    """Return the BCP 47 tag of the language ``text`` is written in, None when too little speaks for any.

    >>> detect("Без рецепта, доставка по всей России"), detect("12345")
    ('ru', None)
    """
    part = text[:_READ]
    if part.isascii():
        return _by_words(part.lower(), "latn") if _LATIN(part) else None
    distinct = set(part)
    if all(_script(char) in ("latn", "") for char in distinct):
        return _by_words(part.lower(), "latn") if any(map(_script, distinct)) else None
    scripts: Counter[str] = Counter()
    for char, count in Counter(part).items():
        if name := _script(char):
            scripts[name] += count
    if scripts.get("ja", 0) * 8 >= scripts.get("zh", 0) and scripts.get("ja"):
        scripts["ja"] += scripts.pop("zh", 0)
    latin = scripts.pop("latn", 0)
    if scripts:
        script, count = max(scripts.items(), key=lambda item: (item[1], item[0]))
        if count * (4 if script in ("zh", "ja", "ko") else 2) >= latin:
            return _within(script, part)
    return _by_words(part.lower(), "latn")


def _within(script: str, text: str) -> str:
    if script == "deva":
        return _by_words(text, script) or "hi"
    if script not in _HINTS:
        return script
    scores = {language: sum(text.count(c) for c in chars) for language, chars in _HINTS[script]}
    best = max(scores.items(), key=lambda item: item[1])
    if script == "cyrl":
        return best[0] if best[1] >= 2 else (_by_words(text.lower(), script) or "ru")
    if script == "arab":
        if best[0] == "ar" or best[1] < 2:
            return _by_words(text, script) or "ar"
        return best[0]
    return best[0] if best[1] else "zh"


_LATIN_HINTS = (
    ("vi", "ạảấầẩẫậắằẳẵặẹẻẽếềểễệịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđơư"),
    ("tr", "ışğ"),
    ("pl", "łąęśćźż"),
    ("ro", "țșăţş"),
    ("de", "ßäü"),
    ("cs", "ěřůč"),
    ("pt", "ãõ"),
    ("es", "ñ¿¡"),
    ("fr", "çèêœ"),
    ("sv", "åäö"),
    ("hu", "őű"),
    ("yo", "ẹọṣ"),
    ("ha", "ɗƙɓ"),
)
_LATIN_MARKED = frozenset(char for _, chars in _LATIN_HINTS for char in chars)


def _by_words(text: str, script: str) -> str | None:
    scores: defaultdict[str, float] = defaultdict(float)
    for votes in map(_votes().__getitem__, pieces(text)):
        for language, weight in votes:
            scores[language] += weight
    if script == "latn" and not text.isascii():
        marked = _LATIN_MARKED.intersection(text)
        for language, chars in _LATIN_HINTS if marked else ():
            if not marked.isdisjoint(chars):
                scores[language] += 0.7 * min(6, sum(text.count(c) for c in marked.intersection(chars)))
    if not scores:
        return None
    best, score = max(scores.items(), key=lambda item: item[1])
    return best if score > _SLIGHT else None
