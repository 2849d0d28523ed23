"""Which host is asked next: no host takes more places than it may use, so that a slow one holds up no other.

Scrapy hands requests to the downloader as long as that has places at all. A host that is paused or has a
``Crawl-delay`` would fill them with requests that only wait, and every other host of the run would wait with it.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.pqueues import DownloaderAwarePriorityQueue, DownloaderInterface

from crawler.net.gate import slot_of


class _OpenHosts(DownloaderInterface):
    """Names only the hosts that may have one request more."""

    def stats(self, possible_slots: Iterable[str]) -> list[tuple[int, str]]:
        """Return the requests under way and the name of each host that has room."""
        under_way = Counter(request.meta.get("download_slot", "") for request in self.downloader.active)
        return [(under_way[slot], slot) for slot in possible_slots if under_way[slot] < self._places(slot)]

    def _places(self, name: str) -> int:
        slot = self.downloader.slots.get(name)
        if slot is not None:
            return slot.concurrency
        settings = self.downloader.per_slot_settings.get(name, {})
        places: int = settings.get("concurrency", self.downloader.domain_concurrency)
        return places


class FairQueue(DownloaderAwarePriorityQueue):
    """Scrapy's queue with one line for each host and port, of which those are served that have room."""

    def __init__(self, crawler: Crawler, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - Scrapy's own
        super().__init__(crawler, *arguments, **options)
        self._downloader_interface = _OpenHosts(crawler)

    def push(self, request: Request) -> None:
        """Put a request into the line of its host."""
        request.meta["download_slot"] = slot_of(request.url)
        super().push(request)
