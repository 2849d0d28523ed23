"""From one row of another tool (a JSON object, a line of a table) to a listing."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from casefile.records import Listing, Price, canonical_bytes, listing_id
from crawler.extract.contacts import find_contacts
from crawler.extract.document import language_tag
from crawler.extract.locale import PageLocale, page_locale
from crawler.extract.money import read_price

LONG_ENOUGH: Final = 12
"""Characters from which on a given id is taken as it is; shorter ones (``17``, ``A-100``) are counters of one file."""
MAX_TEXT: Final = 200_000
"""Characters of one text field; longer ones are cut, with a note in ``extra``."""
_NOT_FROM_OUTSIDE: Final = ("version", "capture", "sources")
"""Fields that the casefile gives, never a row."""


def listing_of_row(row: Mapping[str, Any], *, file_stem: str) -> Listing:
    """Return the listing of a row. Raises ``ValueError`` that names the field at fault.

    The site is the row's own ``site``, else the host of its ``url``, else its ``source_repo``, else the file's name.
    An id too short to be unique across files gets the site in front; the given one stays in ``extra.given_id``.
    """
    data = {str(key): value for key, value in row.items()}
    for name in _NOT_FROM_OUTSIDE:
        if name in data:
            data[f"given_{name}"] = data.pop(name)
    site = _site(data, file_stem)
    data["site"] = site
    given = data.get("id")
    if given in (None, ""):
        key = data.get("url") or canonical_bytes(_plain({k: v for k, v in data.items() if k != "site"})).decode()
        data["id"] = listing_id(site, str(key))
    elif len(str(given)) < LONG_ENOUGH or len(str(given)) > 200:
        data["given_id"] = given
        data["id"] = f"{site}:{given}"[:200] if len(str(given)) <= 200 else listing_id(site, str(given))
    _cut_texts(data)
    listing = Listing.from_row(data)
    changes: dict[str, Any] = {"sources": dict.fromkeys(_given_fields(listing), "import")}
    language = language_tag(listing.language)
    if listing.language and language is None:
        changes["language"] = None
        changes["extra"] = {**listing.extra, "given_language": listing.language}
    if not listing.contacts and (contacts := find_contacts(f"{listing.title or ''}\n{listing.description or ''}")):
        changes["contacts"] = tuple(contacts)
        changes["sources"]["contacts"] = "text"
    if listing.price and listing.price.amount is None:
        changes["price"] = _price(listing.price, listing, language)
    return listing.model_copy(update=changes)


def _site(data: Mapping[str, Any], file_stem: str) -> str:
    stated = data.get("site")
    if isinstance(stated, str) and stated.strip():
        return stated.strip().lower()[:200]
    url = data.get("url")
    if isinstance(url, str):
        try:
            host = urlsplit(url.strip()).netloc.rpartition("@")[2].lower()
        except ValueError:
            host = ""
        if host:
            return host[:200]
    repository = data.get("source_repo")
    return repository[:200] if isinstance(repository, str) and repository else file_stem[:200]


def _cut_texts(data: dict[str, Any]) -> None:
    for name in ("title", "description", "site_text"):
        value = data.get(name)
        if isinstance(value, str) and len(value) > MAX_TEXT:
            data[name] = value[:MAX_TEXT]
            data[f"{name}_cut_at"] = MAX_TEXT


def _given_fields(listing: Listing) -> list[str]:
    known = listing.model_dump(exclude_none=True, exclude={"id", "version", "extra", "sources", "site"})
    return [name for name, value in known.items() if value not in ((), "", {})]


def _price(price: Price, listing: Listing, language: str | None) -> Price:
    """Read a price that is no plain number the way a page's price is read; the text as given stays."""
    locale: PageLocale = page_locale(listing.url or "", language, price.currency)
    read = read_price(price.raw, locale, currency=price.currency)
    if read is None:
        return price
    return Price(raw=price.raw, amount=read.amount, currency=read.currency or price.currency,
                 reason=read.reason or (None if read.amount else price.reason))  # fmt: skip


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return JSON data that RFC 8785 can carry: large integers and odd numbers as text."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return str(value)
