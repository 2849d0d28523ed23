"""GTINs (EAN, UPC, ISBN-13): digits with a check digit (GS1 General Specifications, section 7.9)."""

import re


def valid_gtin(text: str | None) -> str | None:
    """Return the digits of a GTIN-8, -12, -13 or -14 whose check digit is right, else None."""
    digits = re.sub(r"[\s-]", "", text or "")
    if len(digits) not in (8, 12, 13, 14) or not (digits.isascii() and digits.isdigit()) or not digits.strip("0"):
        return None
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits[:-1])))
    return digits if (10 - weighted % 10) % 10 == int(digits[-1]) else None
