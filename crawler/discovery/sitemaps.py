"""Walking the sitemaps of each origin of a run: which files to ask for, each origin once, within bounds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from crawler.ledger import Ledger
from crawler.net.robots import origin_of
from crawler.net.scope import Scope
from crawler.sitemap import read_sitemap

MAX_FILES: Final = 100
MAX_LEVEL: Final = 2
"""An index may name an index; what that one names is read, and no index below it."""


@dataclass(frozen=True, slots=True)
class SitemapFile:
    """A sitemap that is worth a request."""

    url: str
    level: int
    """How many indexes led to it."""


class SitemapWalk:
    """Remembers which origins were begun and how many files were asked for."""

    def __init__(self, ledger: Ledger, scope: Scope) -> None:
        self._ledger = ledger
        self._scope = scope
        self._begun: set[str] = set()
        self._files = 0

    def begin(self, url: str) -> Iterator[SitemapFile]:
        """Yield the sitemaps of the origin of ``url``, once its robots.txt has been read and did not refuse us."""
        origin = origin_of(url)
        robots = self._ledger.robots.get(origin)
        if origin in self._begun or robots is None or robots.state not in ("rules", "unavailable"):
            return
        self._begun.add(origin)
        yield from self._admit(self._ledger.sitemaps.get(origin) or (f"{origin}/sitemap.xml",), 0)

    def read(self, body: bytes, level: int) -> tuple[list[SitemapFile], tuple[str, ...]]:
        """Return the further files that a sitemap at ``level`` names, and the pages."""
        found = read_sitemap(body)
        further = list(self._admit(found.sitemaps, level + 1)) if level < MAX_LEVEL else []
        return further, found.pages

    def _admit(self, urls: Iterable[str], level: int) -> Iterator[SitemapFile]:
        for url in urls:
            if self._files >= MAX_FILES:
                return
            if self._scope.refusal(url) is None:
                self._files += 1
                yield SitemapFile(url, level)
