"""What a listing's text states: whether a prescription is asked for, how to pay, where it ships from and to."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import yaml

from casefile.records import Prescription
from crawler.extract.currencies import DATA
from crawler.extract.words import Phrases, word_list

MAX_TEXT: Final = 60_000


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((DATA / "statements.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return loaded


@cache
def _prescription_phrases() -> Phrases[str]:
    said: dict[str, str] = _data()["prescription"]
    return Phrases({phrase: answer for answer in ("required", "not_required") for phrase in word_list(said[answer])})


def read_prescription(text: str) -> Prescription | None:
    """Return what the text says of a prescription, in its own words; None when it says nothing.

    The longest phrase counts ("no prescription required" asks for none). A text that says both is quoted with no
    verdict.
    """
    text = text[:MAX_TEXT]
    first: dict[str, str] = {}
    for start, end, answer in _prescription_phrases().places(text):
        first.setdefault(answer, text[start:end])
    if not first:
        return None
    quote = first.get("not_required") or first["required"]
    return Prescription(required=None if len(first) > 1 else "required" in first, quote=quote)


@cache
def _payment_phrases() -> Phrases[str]:
    return Phrases({word: method for method, text in _data()["payments"].items() for word in word_list(text)})


def read_payments(text: str) -> Iterator[str]:
    """Yield the means of payment a text names (keys of ``data/statements.yaml``), each once."""
    yield from dict.fromkeys(method for _, _, method in _payment_phrases().places(text[:MAX_TEXT]))


@cache
def _countries() -> tuple[Phrases[str], dict[str, str]]:
    data: dict[str, str] = yaml.load((DATA / "countries.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    names = {name: code for code, text in data.items() for name in word_list(text)}
    return Phrases(names), {name.casefold(): code for name, code in names.items()}


@cache
def _worldwide() -> Phrases[str]:
    return Phrases(dict.fromkeys(word_list(_data()["worldwide"]), "*"))


def read_place(value: str) -> str | None:
    """Return a place as ISO 3166-1 alpha-2 where the value names one country, else as written; None for nothing."""
    value = " ".join(value.split()).strip(" .,;:")
    if not value or len(value) > 120:
        return None
    if len(value) == 2 and value.isascii() and value.isalpha() and value.isupper():
        return {"UK": "GB"}.get(value, value)
    _, exact = _countries()
    return exact.get(value.casefold(), value)


def read_places(value: str) -> Iterator[str]:
    """Yield the places of a list ("USA, Canada, worldwide"); ``*`` is worldwide."""
    for part in re.split(r"[,;/|、，؛،]|\s+(?:and|und|et|y|e|и|و|&)\s+", value)[:60]:
        if _worldwide().find(part):
            yield "*"
        elif place := read_place(part):
            yield place


_SHIPS_FROM = re.compile(
    r"(?:ships?|shipped|shipping|dispatch(?:ed)?|versand|versendet|expédi\w+|envia\w*|enviado|env[ií]o|spedi\w+|"
    r"отправ\w+|доставка|gönder\w+|dikirim|wysył\w+)\s+"
    r"(?:from|aus|von|depuis|de|desde|da|из|dari|z)\s*:?\s+(?P<place>[^\n.;,()|]{2,40})",
    re.IGNORECASE,
)


def ships_from_in_words(text: str) -> str | None:
    """Return the country of "ships from Germany" in running text, None when no known country follows."""
    names, _ = _countries()
    for match in _SHIPS_FROM.finditer(text[:MAX_TEXT]):
        # Only the words right behind: "ships from India to the USA" is India.
        words = match["place"].split()
        for size in (3, 2, 1):
            code = names.find(" ".join(words[:size])) if len(words) >= size else None
            if code and size <= 2:
                return code
    return None


def ships_worldwide(text: str) -> bool:
    """Whether running text promises to ship everywhere."""
    return bool(_SHIPS_WORLDWIDE.search(text[:MAX_TEXT]))


_SHIPS_WORLDWIDE = re.compile(
    r"(?:ship\w*|deliver\w*|versand|liefer\w*|livr\w+|expédi\w+|env[ií]\w*|entreg\w+|spedi\w+|consegn\w+|"
    r"доставк\w*|доставля\w*|отправ\w*|wysył\w*|gönder\w*|kirim\w*|شحن|توصيل|发货|配送)"
    r"[^\n.]{0,40}(?:world\s?-?wide|all over the world|anywhere|internationally|weltweit|monde entier|todo el "
    r"mundo|mundo todo|todo o mundo|tutto il mondo|"
    r"по всему миру|весь мир|cały świat|tüm dünya|seluruh dunia|العالم|全球|全世界|世界)|world\s?-?wide "
    r"(?:shipping|delivery)|weltweiter versand|international shipping|全球(?:发货|配送|包邮)",
    re.IGNORECASE,
)
