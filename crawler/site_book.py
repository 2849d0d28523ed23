"""Gathers what a whole shop says from all its pages, into one ``Site`` record per host."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from casefile.records import Contact, Site, SitePage
from crawler.pages import PageExtract

MAX_PAGES: Final = 40
MAX_PAGE_TEXT: Final = 40_000
MAX_FACTS: Final = 60
REPEATED: Final = 3
"""From so many pages, and on most of a shop's pages, a line is part of the frame and not what a page says."""


@dataclass
class _Shop:
    captured_at: datetime
    name: str | None = None
    country: str | None = None
    languages: dict[str, None] = field(default_factory=dict)
    pages: dict[str, SitePage] = field(default_factory=dict)
    licence_claims: dict[str, None] = field(default_factory=dict)
    contacts: dict[tuple[str, str], Contact] = field(default_factory=dict)
    trackers: dict[str, None] = field(default_factory=dict)


class SiteBook:
    """Facts per site, each once, in the order they were seen, within bounds."""

    def __init__(self) -> None:
        self._shops: dict[str, _Shop] = {}

    def note(self, host: str, extract: PageExtract, *, url: str, capture: str, at: datetime) -> None:
        """Take in what one page says of its shop."""
        shop = self._shops.setdefault(host, _Shop(captured_at=at))
        shop.captured_at = max(shop.captured_at, at)
        facts = extract.site
        shop.name = shop.name or facts.name
        shop.country = shop.country or facts.country
        if extract.language and len(shop.languages) < MAX_FACTS:
            shop.languages[extract.language] = None
        _take(shop.licence_claims, facts.licence_claims)
        _take(shop.trackers, facts.trackers)
        for contact in facts.contacts:
            if len(shop.contacts) < MAX_FACTS:
                shop.contacts.setdefault((contact.kind, contact.value or contact.raw), contact)
        page = extract.site_page
        if page is not None and page.text and (url in shop.pages or len(shop.pages) < MAX_PAGES):
            shop.pages[url] = SitePage(url=url, capture=capture, role=page.role, text=page.text[:MAX_PAGE_TEXT])

    def sites(self) -> Iterator[Site]:
        """Yield the record of each shop, by host name."""
        for host, shop in sorted(self._shops.items()):
            yield Site(
                host=host,
                name=shop.name,
                country=shop.country,
                languages=tuple(shop.languages),
                pages=tuple(_without_frame([shop.pages[url] for url in sorted(shop.pages)])),
                licence_claims=tuple(shop.licence_claims),
                contacts=tuple(shop.contacts.values()),
                trackers=tuple(shop.trackers),
                captured_at=shop.captured_at,
            )


def _without_frame(pages: Sequence[SitePage]) -> Iterator[SitePage]:
    """Yield the pages without the lines that most of them repeat; the front page keeps them, so nothing is lost."""
    texts = {page.text for page in pages}  # one page under several addresses counts once
    often = Counter(line for text in texts for line in set(text.split("\n")))
    frame = {line for line, number in often.items() if number >= REPEATED and number * 2 > len(texts)}
    for page in pages:
        own = "\n".join(line for line in page.text.split("\n") if page.role == "home" or line not in frame)
        if own:
            yield page.model_copy(update={"text": own})


def _take(known: dict[str, None], found: tuple[str, ...]) -> None:
    for value in found:
        if len(known) < MAX_FACTS:
            known[value] = None
