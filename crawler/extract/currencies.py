"""Currency signs, words and codes, and what a sign means on a page of a given country and language."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from crawler.extract.locale import PageLocale
from crawler.extract.numerals import DecimalMark


@dataclass(frozen=True, slots=True)
class Denomination:
    """What a currency sign was read as: a ``code``, or the ``reason`` why not."""

    code: str | None
    reason: str | None = None


MAX_JUDGED: Final = 50_000
"""Words that are remembered to be a currency sign or none; pages repeat the same few around their numbers."""


class CurrencyTable:
    """The table of ``data/currencies.yaml``."""

    def __init__(self, data: dict[str, Any]) -> None:
        crypto = str(data["crypto"]).split()
        self.crypto: frozenset[str] = frozenset(crypto)
        self.codes: frozenset[str] = frozenset([*str(data["codes"]).split(), *crypto])
        self._signs: dict[str, str | None] = {**data["signs"], **data["crypto_names"]}
        self._ambiguous: dict[str, dict[str, Any]] = data["ambiguous"]
        self.whole_unit: frozenset[str] = frozenset(data["whole_unit"])
        self.three_decimals: frozenset[str] = frozenset(data["three_decimals"])
        self._marks: dict[str, dict[str, DecimalMark]] = {
            "country": {**dict.fromkeys(data["comma_countries"], ","), **dict.fromkeys(data["dot_countries"], ".")},
            "language": {**dict.fromkeys(data["comma_languages"], ","), **dict.fromkeys(data["dot_languages"], ".")},
        }
        self._folded = {sign.casefold(): sign for sign in [*self._signs, *self._ambiguous] if len(sign) > 1}
        self._folded.update({code.casefold(): code for code in [*self.codes, "XBT"]})
        self._single = {sign for sign in [*self._signs, *self._ambiguous] if len(sign) == 1}
        self._judged: dict[str, bool] = {}
        self.longest_sign = max(map(len, self._folded))
        every = [*self._folded, *self._single]
        self._first_characters = {sign[0] for sign in every} | {sign[0].upper() for sign in every}
        self._last_characters = {sign[-1] for sign in every} | {sign[-1].upper() for sign in every}

    def sign_that_ends(self, text: str, end: int) -> str | None:
        """Return the longest sign, word or code that ends at ``end`` and is no part of a longer word."""
        if not end or text[end - 1] not in self._last_characters:
            return None
        for length in range(min(self.longest_sign, end), 0, -1):
            sign = text[end - length : end]
            if self._is_sign(sign) and not (sign[0].isalpha() and end > length and text[end - length - 1].isalnum()):
                return sign
        return None

    def sign_that_begins(self, text: str, start: int) -> str | None:
        """Return the longest sign, word or code that begins at ``start`` and is no part of a longer word."""
        if start >= len(text) or text[start] not in self._first_characters:
            return None
        for length in range(min(self.longest_sign, len(text) - start), 0, -1):
            sign = text[start : start + length]
            end = start + length
            if self._is_sign(sign) and not (sign[-1].isalpha() and _is_alphabetic(text[end : end + 1])):
                return sign
        return None

    def _is_sign(self, sign: str) -> bool:
        known = self._judged.get(sign)
        if known is None:
            if len(self._judged) >= MAX_JUDGED:
                self._judged.clear()
            known = self._judged[sign] = self._judge(sign)
        return known

    def _judge(self, sign: str) -> bool:
        if len(sign) == 1:
            return sign in self._single
        known = self._folded.get(sign.casefold())
        if known is None or (len(sign) == 2 and sign.isalpha() and sign != known and sign not in self._ambiguous):
            # Two letters in another case than the sign's are something else (KN95).
            return sign in self._signs
        return sign.isupper() or known.lower() not in _WORDS_LIKE_CODES

    def resolve(self, sign: str, locale: PageLocale) -> Denomination:
        """Return what ``sign`` means on a page of ``locale``."""
        sign = sign.strip()
        code = sign.upper()
        if code == "XBT":
            return Denomination("BTC")
        if code in self.codes and sign not in self._signs:
            return Denomination(code)
        if sign not in self._signs and sign not in self._ambiguous:
            sign = self._folded.get(sign.casefold(), sign)
        known = self._signs.get(sign)
        if known:
            return Denomination(known)
        return self._by_place(sign, locale)

    def _by_place(self, sign: str, locale: PageLocale) -> Denomination:
        entry = self._ambiguous.get(sign)
        if entry is None:
            return Denomination(None, f"unknown currency sign {sign}")
        countries, languages = entry.get("countries", {}), entry.get("languages", {})
        if locale.currency in self.possible(sign):
            return Denomination(locale.currency)
        if locale.country in countries:
            return Denomination(countries[locale.country])
        for tag in (locale.language, locale.primary_language):
            if tag and (tag in languages or tag.upper() in languages):
                return Denomination(languages.get(tag) or languages[tag.upper()])
        default = entry.get("default")
        if default and locale.primary_language not in entry.get("undecided_languages", ()):
            return Denomination(default)
        return Denomination(None, f"{sign} is the sign of several currencies and the page names no country")

    def possible(self, sign: str) -> frozenset[str]:
        """Return every code that an ambiguous sign can stand for."""
        entry = self._ambiguous.get(sign, {})
        codes = [*entry.get("countries", {}).values(), *entry.get("languages", {}).values(), entry.get("default")]
        return frozenset(code for code in codes if code)

    def decimal_mark(self, locale: PageLocale, code: str | None = None) -> DecimalMark | None:
        """Return the decimal mark of the page's country, its language or the currency's country, in this order.

        The first two letters of an ISO 4217 code name its country; the euro and the like have none.
        """
        by_country = self._marks["country"].get(locale.country or "")
        by_language = self._marks["language"].get(locale.primary_language or "")
        by_currency = self._marks["country"].get(code[:2]) if code and code not in self.crypto else None
        return by_country or by_language or by_currency


_WORDS_LIKE_CODES: Final = frozenset(
    {"all", "try", "top", "ton", "sol", "dash", "mop", "bam", "gel", "mad", "ron", "cup", "pen", "ang", "lak"}
)
"""Codes that are words of some language: taken in capitals only."""


def _is_alphabetic(character: str) -> bool:
    """Whether a following letter makes the sign part of a longer word; scripts without word gaps never do."""
    return character.isalpha() and not "\u2e80" <= character <= "\uffff"


DATA: Final = files("crawler.extract") / "data"


@cache
def currencies() -> CurrencyTable:
    """Return the table, loaded once."""
    return CurrencyTable(yaml.load((DATA / "currencies.yaml").read_bytes(), Loader=yaml.CSafeLoader))
