"""What a page says of where it is from: needed to read its numbers and its bare currency signs."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_COUNTRY_OF_TLD: Final = {"uk": "GB", "eu": None, "su": "RU", "рф": "RU", "xn--p1ai": "RU", "com": None}
_TLD_SOLD_TO_ALL: Final = frozenset({"co", "io", "me", "tv", "cc", "to", "ws", "ai", "gg", "la", "fm", "ly", "is", "ac",
                                     "sh", "vc", "so", "st", "im", "pw", "tk", "ml", "ga", "cf", "gq", "su", "nu", "bz",
                                     "am", "cx", "sc", "mu", "ms", "tf", "gs", "lc", "vg", "by-x", "re"})  # fmt: skip
"""Country codes that anyone registers for their sound; they say nothing of the shop's country."""


@dataclass(frozen=True, slots=True)
class PageLocale:
    """Language, country and stated currency of a page, each absent when the page does not say."""

    language: str | None = None
    """BCP 47 tag."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    currency: str | None = None
    """ISO 4217 code that the page's structured data states as the currency of its prices."""

    @property
    def primary_language(self) -> str | None:
        """The language subtag alone, lower case."""
        return self.language.partition("-")[0].lower() if self.language else None


def page_locale(url: str, language: str | None, currency: str | None = None) -> PageLocale:
    """Return the locale of a page: its country from the host name, else from the region of its language.

    A region in the path (``/en-ca/``, ``/gb/en/``) counts before the host name, since one host often serves many.
    """
    country = country_of_path(url) or country_of_host(url)
    if country is None and language and "-" in language:
        region = language.rpartition("-")[2]
        # en-US is what templates ship with: it says little of a shop's country.
        country = region if len(region) == 2 and region.isupper() and language != "en-US" else None
    return PageLocale(language=language, country=country, currency=currency)


def country_of_host(url: str) -> str | None:
    """Return the country of the host's last label (``shop.com.ar`` -> ``AR``), or None for generic ones."""
    try:
        label = (urlsplit(url).hostname or "").rpartition(".")[2].lower()
    except ValueError:
        return None
    if label in _COUNTRY_OF_TLD:
        return _COUNTRY_OF_TLD[label]
    if len(label) == 2 and label.isascii() and label.isalpha() and label not in _TLD_SOLD_TO_ALL:
        return label.upper()
    return None


def country_of_path(url: str) -> str | None:
    """Return the country that the first path segments name beside a language, or None."""
    try:
        segments = urlsplit(url).path.strip("/").split("/")[:2]
    except ValueError:
        return None
    first = segments[0].replace("_", "-")
    language, _, region = first.partition("-")
    if len(language) == 2 and len(region) == 2 and first.isascii() and first.isalpha() is False:
        return _as_country(region) if language.lower() in _LANGUAGES else _as_country(language)
    if len(segments) == 2 and len(first) == 2 and len(segments[1]) == 2 and segments[1].lower() in _LANGUAGES:
        return _as_country(first)
    return None


_LANGUAGES: Final = frozenset(
    "af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl he hi hr hu hy id is it ja ka kk ko lt lv mk"
    " ms mt nb nl nn no pl pt ro ru sk sl sq sr sv sw ta te th tr uk ur uz vi zh".split()
)


def _as_country(code: str) -> str | None:
    code = code.upper()
    if not (code.isascii() and code.isalpha()):
        return None
    return {"UK": "GB", "EN": None, "EU": None}.get(code, code)
