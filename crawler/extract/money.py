"""Amounts of money in running text: anchored at a currency sign, never a silent guess.

A number without a currency beside it is not money here ("30 pills from $49.95" is 49.95). What cannot be decided keeps
its raw text and says why.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from casefile.records import Price
from crawler.extract.currencies import currencies
from crawler.extract.locale import PageLocale
from crawler.extract.numerals import NUMBER, plain_digits, read_number

MAX_TEXT = 200_000
"""Characters of one text that are searched for amounts."""


@dataclass(frozen=True, slots=True)
class Money:
    """One amount found in a text."""

    raw: str
    start: int
    end: int
    amount: Decimal | None
    currency: str | None
    reason: str | None = None

    def as_price(self, raw: str | None = None, reason: str | None = None) -> Price:
        """Return the record, with ``raw`` instead of the text of the amount alone when given."""
        amount = amount_text(self.amount) if self.amount is not None else None
        return Price(raw=(raw or self.raw)[:200], amount=amount, currency=self.currency, reason=self.reason or reason)


def amount_text(amount: Decimal) -> str | None:
    """Return the amount as the decimal string of the records, or None when it does not fit one."""
    text = f"{amount:f}"
    whole, _, fraction = text.lstrip("-").partition(".")
    return text if len(whole) <= 18 and len(fraction) <= 18 else None


_NUMBER = re.compile(rf"(?<![\d.,])(?P<number>{NUMBER})(?P<dash>[,.:][-–—]+|,=)?")
_GAP_BEFORE = re.compile(r"[\s.:]{0,3}$")
_GAP_AFTER = re.compile(r"\s{0,2}")
_WRITTEN_BEFORE = frozenset({"$", "£", "¥", "￥", "₹", "R$", "US$", "Rp", "RM", "NT$", "HK$", "S$"})
"""Signs that stand before their number: between two numbers they belong to the second."""


def find_money(text: str, locale: PageLocale) -> Iterator[Money]:
    """Yield every amount with a currency beside it, in order."""
    plain = plain_digits(text[:MAX_TEXT])
    consumed = 0
    table = currencies()
    for match in _NUMBER.finditer(plain):
        before, start = _sign_before(plain, match.start(), consumed)
        after, end = _sign_after(plain, match.end())
        if before and after and (before.upper() in table.codes or not after.isalpha() or len(after) < 3):
            after, end = None, match.end()
        if not (before or after) or (not after and _is_model_number(plain, before or "", match.end())):
            continue
        consumed = end
        start = match.start() if before is None else start
        denomination = table.resolve(after or before or "", locale)
        amount, reason = _read(match["number"], denomination.code, locale)
        yield Money(text[start:end].strip(), start, end, amount, denomination.code, denomination.reason or reason)


def _is_model_number(plain: str, sign: str, end: int) -> bool:
    """Whether letters before and right behind the digits make a name of them (``R600a``)."""
    return sign.isalpha() and plain[end : end + 1].isascii() and plain[end : end + 1].isalpha()


def _sign_before(plain: str, position: int, consumed: int) -> tuple[str | None, int]:
    if position and plain[position - 1].isalpha() and currencies().sign_that_ends(plain, position) is None:
        return None, position
    gap = _GAP_BEFORE.search(plain, max(0, position - 3), position)
    for end in sorted({position, gap.start() if gap else position}, reverse=True):
        for signed in range(end, position + 1):
            sign = currencies().sign_that_ends(plain, signed)
            if sign and signed - len(sign) >= consumed:
                return sign, signed - len(sign)
    return None, position


def _sign_after(plain: str, position: int) -> tuple[str | None, int]:
    gap = _GAP_AFTER.match(plain, position)
    start = gap.end() if gap else position
    sign = currencies().sign_that_begins(plain, start)
    if sign is None:
        return None, position
    end = start + len(sign)
    if len(sign) == 1 and sign.isascii() and sign.isalpha():
        # "48L" and "12 R" are litres and the like; such signs stand before their number.
        return None, position
    if start > position and sign in _WRITTEN_BEFORE and plain[end : end + 2].strip()[:1].isdigit():
        return None, position
    return sign, end


def _read(number: str, code: str | None, locale: PageLocale) -> tuple[Decimal | None, str | None]:
    table = currencies()
    reading = read_number(
        number,
        table.decimal_mark(locale, code),
        whole_unit=code in table.whole_unit,
        three_decimals=code in table.three_decimals,
        fine=code in table.crypto,
    )
    return reading.value, reading.reason


_BARE_NUMBER = re.compile(NUMBER)


def read_price(text: str, locale: PageLocale, *, currency: str | None = None) -> Price | None:
    """Read the text of one price element, for example ``ab 89,00 €`` or ``Rp96.500 - Rp168.500``.

    ``currency`` is a code stated beside the text (an attribute, a column); it wins over a sign. Returns None when
    the text holds no number. Of a range the lower end is given, and ``reason`` says so.
    """
    raw = " ".join(text.split())[:200]
    found = [money for money in find_money(raw, locale) if money.amount is not None or money.reason]
    if found:
        first = found[0]
        if currency and first.currency != currency and not (first.currency and _stands_alone(first.currency)):
            amount, reason = _read_again(first, currency, locale)
            first = Money(first.raw, first.start, first.end, amount, currency, reason)
        return first.as_price(raw, _range_reason(raw, found))
    plain = plain_digits(raw)
    numbers = list(_BARE_NUMBER.finditer(plain))
    if not numbers:
        return None
    if len(numbers) > 1:
        return Price(raw=raw, currency=currency, reason="several numbers and no currency beside one of them")
    amount, reason = _read(numbers[0][0], currency, locale)
    text_amount = amount_text(amount) if amount is not None else None
    if currency is None:
        reason = reason or "no currency beside the number"
    return Price(raw=raw, amount=text_amount, currency=currency, reason=reason)


def _stands_alone(code: str) -> bool:
    return code in currencies().crypto


def _read_again(money: Money, currency: str, locale: PageLocale) -> tuple[Decimal | None, str | None]:
    number = _BARE_NUMBER.search(plain_digits(money.raw))
    return _read(number[0], currency, locale) if number else (None, "no number")


def _range_reason(raw: str, found: list[Money]) -> str | None:
    if len(found) < 2 or found[0].amount is None or found[1].amount is None:
        return None
    between = raw[found[0].end : found[1].start].strip(" .:")
    if found[0].currency == found[1].currency and between in (
        "-",
        "–",
        "—",
        "~",
        "to",
        "bis",
        "à",
        "a",
        "до",
        "至",
        "hasta",
    ):
        return f"a range up to {found[1].raw}"
    return None
