"""What a product text says of strength, dosage form and number of units; batch, expiry and registration numbers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import yaml

from crawler.extract.currencies import DATA
from crawler.extract.numerals import plain_digits


@dataclass(frozen=True, slots=True)
class Identity:
    """Strength, form and count, each absent when the text does not say."""

    strength: str | None = None
    """As ``100 mg`` or ``10 mg/ml``: number, blank, unit."""
    form: str | None = None
    """A key of ``data/dose_forms.yaml``."""
    count: int | None = None


_SPELLINGS = {
    "mg": "mg mgs мг milligram ملغ مجم ملجم 毫克 มก",
    "µg": "mcg µg μg ug мкг 微克",
    "IU": "iu ui i.u. ie i.e. ме ед 国际单位 units",
    "g": "g gm gr г",
    "ml": "ml мл cc 毫升",
    "%": "%",
    "mmol": "mmol",
}
_UNITS = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()}
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_NUMBER = r"\d{1,3}(?:[., ]\d{3})+(?!\d)|\d+(?:[.,]\d+)?"
_STRENGTH = re.compile(
    rf"(?<![\d.,])(?P<n>{_NUMBER})\s?(?P<u>{_UNIT})(?![^\W\d_])(?:\s?[/+]\s?(?P<n2>\d+(?:[.,]\d+)?)?\s?(?P<u2>{_UNIT})(?![^\W\d_]))?",
    re.IGNORECASE,
)
_MASS = frozenset({"mg", "µg", "IU", "mmol"})
_COUNT_BEHIND = re.compile(
    rf"(?:(?<![\w])[xX×*]\s?|№\s?|(?<!\w)N\s?)(?P<n>\d{{1,5}})(?![\d.,]*\d|\s?(?:{_UNIT})(?![^\W\d_]))"
)


def read_identity(text: str) -> Identity:
    """Read a title or the cells of a variant row.

    >>> read_identity("Sildenafil 100mg x 60 pills")
    Identity(strength='100 mg', form='tablet', count=60)
    """
    plain = plain_digits(text[:2_000])
    form, counted = _form_and_count(plain)
    if counted is None and (behind := _COUNT_BEHIND.search(plain)):
        counted = int(behind["n"])
    return Identity(_strength(plain), form, counted if counted and counted <= 100_000 else None)


def _strength(plain: str) -> str | None:
    """Return the first mass or activity; grams and millilitres are amounts of contents and count only when alone."""
    weaker = None
    for match in _STRENGTH.finditer(plain):
        unit = _UNITS[match["u"].lower()]
        text = f"{_amount(match['n'])} {unit}"
        if match["u2"]:
            per = _UNITS[match["u2"].lower()]
            text += f"/{_amount(match['n2']) + ' ' if match['n2'] else ''}{per}"
        if unit in _MASS or unit == "%":
            return text
        weaker = weaker or (text if unit == "g" else None)
    return weaker


def _amount(written: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:[., ]\d{3})+", written):
        return re.sub(r"\D", "", written)
    return written.replace(",", ".")


class _Forms:
    """Dosage forms by word: exact words, stems, and words of scripts without word gaps."""

    def __init__(self, data: dict[str, dict[str, Any]]) -> None:
        self.countable = frozenset(form for form, entry in data.items() if entry.get("countable"))
        self._exact: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        ungapped: dict[str, str] = {}
        for form, entry in data.items():
            for word in entry["words"]:
                stem = str(word).casefold().rstrip("*")
                if stem[0] >= "\u0e00":
                    ungapped.setdefault(stem, form)
                else:
                    (self._stems if str(word).endswith("*") else self._exact).setdefault(stem, form)
        self._ungapped = ungapped
        self._ungapped_pattern = re.compile(
            r"(?:(?<![\d.,])(?P<n>\d{1,5})\s?)?(?P<form>" + "|".join(sorted(ungapped, key=len, reverse=True)) + ")"
        )

    def of(self, word: str) -> str | None:
        """Return the form a word names; a stem counts with an ending of up to eight letters."""
        form = self._exact.get(word) or self._stems.get(word)
        if form:
            return form
        for end in range(len(word) - 1, max(2, len(word) - 9), -1):
            if word[:end] in self._stems:
                return self._stems[word[:end]]
        return None

    def in_ungapped(self, text: str) -> Iterator[tuple[str, int | None]]:
        """Yield form and count for scripts that do not part words."""
        for match in self._ungapped_pattern.finditer(text):
            yield self._ungapped[match["form"]], int(match["n"]) if match["n"] else None


@cache
def _forms() -> _Forms:
    return _Forms(yaml.load((DATA / "dose_forms.yaml").read_bytes(), Loader=yaml.CSafeLoader))


_TOKEN = re.compile(r"\d+|[^\W\d_]+|[^\w\s]")


def _form_and_count(plain: str) -> tuple[str | None, int | None]:
    forms = _forms()
    first: str | None = None
    before = ["", ""]
    folded = plain.casefold()
    for match in _TOKEN.finditer(folded):
        token = match[0]
        form = forms.of(token) if token[0].isalpha() else None
        if form:
            first = first or form
            number = before[1] if before[1] not in ("x", "×") else before[0]
            if number.isdigit() and len(number) <= 5 and form in forms.countable:
                return first, int(number)
        before = [before[1], token]
    for form, number_before in forms.in_ungapped(folded) if not folded.isascii() else ():
        first = first or form
        if number_before is not None and form in forms.countable:
            return first, number_before
    return first, None


_LABELLED = r"\s*(?:no\.?|nr\.?|number|numero|número|№|#|号|號)?\s*[:：.#-]?\s*"
_BATCH = re.compile(
    r"(?<![^\W\d_])(?:batch|lot|lote|lotto|charge|ch\.-?b\.?|chargen(?:nummer|-nr)|серия|партия|seria|parti|batch/lot|批号|批號|ロット)"
    + _LABELLED
    + r"(?P<v>(?=[A-Z0-9/-]*\d)[A-Z0-9][A-Z0-9/-]{2,19})(?![\w])",
    re.IGNORECASE,
)
_EXPIRY = re.compile(
    r"(?<![^\W\d_])(?:exp(?:iry|iration|ires|\.)?(?:\s+date)?|best before|use by|caducidad|vencimiento|vence|"
    r"validade|scadenza|péremption|haltbar bis|verwendbar bis|verfalldatum|годен до|срок годности(?: до)?|"
    r"data ważności|skt|有效期至?|使用期限|kadaluarsa|kedaluwarsa)"
    r"\s*[:：.-]?\s*(?P<v>\d{1,4}[./-]\d{1,4}(?:[./-]\d{1,4})?|(?:[A-Za-z]{3,9})\.?\s+\d{4})",
    re.IGNORECASE,
)
_REGISTRATION = re.compile(
    r"(?<![^\W\d_])(?:(?P<label>registration|reg\.?|marketing authori[sz]ation|registro(?: sanitario)?|"
    r"zulassungs?|zul\.?|pzn|AMM|AIC|nie|bpom|"
    r"регистрационн\w+|рег\.|ЛП|РУ|pozwolenie|国药准字|國藥準字|NDC|DIN|PL|MA|CN|ANVISA|INVIMA|NAFDAC)"
    r"\s*(?:no\.?|nr\.?|number|numero|número|nummer|nummer:|№|номер|#)?\s*[:：.]?\s*)"
    r"(?P<v>(?=[A-Z0-9/.()-]*\d{3})[A-Z]{0,4}[-/ ]?[A-Z0-9][A-Z0-9/.()-]{3,24}[A-Z0-9])(?!\w)",
    re.IGNORECASE,
)
_NEEDS_NUMBER_WORD = frozenset({"reg", "reg.", "registration", "pl", "ma", "cn", "din", "nie", "registro"})


def read_batch(text: str) -> str | None:
    """Return a batch or lot number that stands behind its label."""
    found = _BATCH.search(plain_digits(text[:20_000]))
    return found["v"].upper() if found else None


def read_expiry(text: str) -> str | None:
    """Return an expiry date as ``YYYY-MM`` or ``YYYY-MM-DD``; a date that could be read two ways is left out."""
    found = _EXPIRY.search(plain_digits(text[:20_000]))
    return _as_date(found["v"]) if found else None


_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}


def _as_date(written: str) -> str | None:
    word = re.fullmatch(r"([A-Za-z]{3})[a-z]*\.?\s+(\d{4})", written)
    if word:
        month = _MONTHS.get(word[1].lower())
        return f"{word[2]}-{month:02d}" if month else None
    parts = re.split(r"[./-]", written)
    if len(parts) == 2:
        month_text, year_text = parts if len(parts[1]) in (2, 4) and len(parts[0]) <= 2 else reversed(parts)
        year = int(year_text) + (2000 if len(year_text) == 2 else 0)
        return f"{year:04d}-{int(month_text):02d}" if 1 <= int(month_text) <= 12 and 1990 <= year <= 2099 else None
    if len(parts[0]) == 4:
        return _iso(int(parts[0]), int(parts[1]), int(parts[2]))
    day, month, year = (int(part) for part in parts)
    year += 2000 if year < 100 else 0
    if day <= 12 and month <= 12 and day != month:
        return None
    return _iso(year, month, day) if month <= 12 else _iso(year, day, month)


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat() if 1990 <= year <= 2099 else None
    except ValueError:
        return None


def read_registration(text: str) -> str | None:
    """Return a registration number that stands behind its label (a bare number is no evidence of one)."""
    plain = plain_digits(text[:20_000])
    for found in _REGISTRATION.finditer(plain):
        label = found["label"].lower()
        worded = re.search(
            r"(?:no|nr|number|numero|número|nummer|№|номер|#)\s*[.:：]*\s*$",
            plain[found.start() : found.start("v")],
            re.I,
        )
        if label in _NEEDS_NUMBER_WORD and not worded:
            continue
        return found["v"].strip(" -/.")
    return None
