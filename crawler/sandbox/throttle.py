"""A shop that defends itself: 429 with Retry-After to whoever asks too fast."""

from collections import deque
from collections.abc import Callable
from typing import Final

WINDOW_SECONDS: Final = 1.0
RETRY_AFTER_SECONDS: Final = 1


class Throttle:
    """Lets ``limit`` requests pass in any window of one second, and refuses the requests numbered in ``always``.

    ``always`` makes sure that every crawl meets a 429, a slow one too.
    """

    def __init__(self, *, limit: int, always: frozenset[int], clock: Callable[[], float]) -> None:
        """``clock`` gives seconds that only grow, as ``time.monotonic`` does."""
        self.limit = limit
        self.always = always
        self._clock = clock
        self._passed: deque[float] = deque()
        self._seen = 0

    def admit(self) -> bool:
        """Count one request; return False when it is to be answered with 429."""
        now = self._clock()
        self._seen += 1
        while self._passed and self._passed[0] <= now - WINDOW_SECONDS:
            self._passed.popleft()
        if self._seen in self.always or len(self._passed) >= self.limit:
            return False
        self._passed.append(now)
        return True
