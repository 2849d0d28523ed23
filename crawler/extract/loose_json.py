"""JSON as pages carry it: comments, trailing commas, raw line breaks, several values in one script.

Only repairs that cannot change a value are tried; what stays broken is left alone.
"""

import json
import re
from typing import Any, Final

MAX_JSON: Final = 3_000_000
"""Characters of one embedded JSON text."""
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)\s*;?\s*$"
)
_STRING_OR_FLAW = re.compile(
    r'"(?:[^"\\]|\\.)*"'  # a whole string: kept (its bad escapes are mended apart)
    r"|/\*.*?\*/|(?<![:/])//[^\n]*"
    r"|,(?=\s*[}\]])"
    r"|\bundefined\b|\bNaN\b|-?\bInfinity\b",
    re.DOTALL,
)
_BAD_ESCAPE = re.compile(r"\\(?![\"\\/bfnrtu])")
_DECODER = json.JSONDecoder(strict=False)


def parse_loose(text: str) -> list[Any]:
    """Return the JSON values of ``text`` (most often one), or an empty list when there is none that can be read."""
    if len(text) > MAX_JSON:
        return []
    text = _WRAPPING.sub("", _WRAPPING.sub("", text)).strip().rstrip(";")
    if not text:
        return []
    try:
        return [_DECODER.decode(text)]
    except RecursionError:
        return []
    except ValueError:
        pass
    return _values(_STRING_OR_FLAW.sub(_mend, text))


def _mend(match: re.Match[str]) -> str:
    found = match[0]
    if found.startswith('"'):
        return _BAD_ESCAPE.sub(lambda _: "\\\\", found) if "\\" in found else found
    return "null" if found[0] in "uNI-" else ""


def _values(text: str) -> list[Any]:
    """Read values one after another until the first that cannot be read."""
    values: list[Any] = []
    position = 0
    while position < len(text) and len(values) < 50:
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        values.append(value)
        while position < len(text) and text[position] in " \t\r\n,;":
            position += 1
    return values


def parse_from(text: str, position: int) -> Any | None:  # noqa: ANN401 - any JSON value
    """Return the JSON value that begins at ``position`` of a script, None when it is code rather than JSON."""
    try:
        return _DECODER.raw_decode(text, position)[0]
    except (ValueError, RecursionError):
        return None
