"""What changes while the sandbox runs: the generation of the market and the log of requests.

Both are reached from the process that started the sandbox only; no route reads or sets them.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from crawler.sandbox.catalogue import SandboxListing, Shop, SiteKey

LOG_LENGTH: Final = 200_000
"""Requests remembered; older ones are dropped."""


@dataclass(frozen=True)
class Hit:
    """One request as the sandbox answered it."""

    site: str
    """Key of the site, ``tripwire``, or ``shop`` for a served catalogue file."""
    path: str
    """Path and query."""
    status: int
    agent: str
    """User-Agent header, cut to 200 characters."""


class MarketState:
    """The generation all shops are in, and what was asked of them."""

    def __init__(self, *, generation: int = 1) -> None:
        """Start in ``generation`` (1 or later) with an empty log."""
        self._generation = 0
        self.generation = generation
        self.hits: deque[Hit] = deque(maxlen=LOG_LENGTH)

    @property
    def generation(self) -> int:
        """Which crawl of the story this is: listings vanish, appear and change from one to the next."""
        return self._generation

    @generation.setter
    def generation(self, value: int) -> None:
        if value < 1:
            raise ValueError(f"generation {value}: the first one is 1")
        self._generation = value


class Stage:
    """One shop with the state it is served in."""

    def __init__(self, shop: Shop, state: MarketState) -> None:
        """Serve ``shop`` as it stands in the generation of ``state``."""
        self.shop = shop
        self._state = state
        self._shelves: dict[int, Mapping[str, SandboxListing]] = {}

    @property
    def key(self) -> SiteKey:
        """Key of the site."""
        return self.shop.site

    @property
    def generation(self) -> int:
        """Generation the market is in."""
        return self._state.generation

    def offers(self) -> Mapping[str, SandboxListing]:
        """Return what is on offer now, by path."""
        now = self._state.generation
        if now not in self._shelves:
            self._shelves = {now: self.shop.on_offer(now)}
        return self._shelves[now]

    def was_on_offer(self, path: str) -> bool:
        """Tell whether ``path`` held a listing in an earlier generation."""
        return any(
            row.path == path and row.last is not None and row.last < self.generation for row in self.shop.listings
        )

    def shown(self, category: str | None = None, *, language: str | None = None) -> list[SandboxListing]:
        """Return the public offers, of one category or language if named, in catalogue order."""
        return [
            row
            for row in self.offers().values()
            if row.section == "public"
            and (category is None or row.category == category)
            and (language is None or row.language == language)
        ]
