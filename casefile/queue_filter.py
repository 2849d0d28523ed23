"""What a person can ask of the queue."""

from dataclasses import dataclass
from typing import Literal

from casefile.records import ReviewState

STATES: tuple[ReviewState, ...] = (
    "open", "needs_second", "confirmed", "rejected", "unsure", "escalated", "disputed",
)  # fmt: skip
Facet = Literal["product", "site", "country", "language", "suspected"]
FACETS: tuple[Facet, ...] = ("product", "site", "country", "language", "suspected")


class QueueError(ValueError):
    """A filter or cursor that makes no sense; the message says which."""


@dataclass(frozen=True)
class QueueFilter:
    """What to show. ``state`` is a review state or ``all``; everything else is left open when None."""

    product: str | None = None
    """A substance, as INN in lower case."""
    site: str | None = None
    country: str | None = None
    language: str | None = None
    suspected: str | None = None
    state: str | None = "open"
    text: str | None = None
    """Words or fragments in any script, all of which must occur; ``"..."`` keeps words together."""

    def facets(self) -> dict[str, str]:
        """Return the facet values asked for."""
        return {name: value for name in FACETS if (value := getattr(self, name))}

    def states(self) -> tuple[str, ...]:
        """Return the review states asked for; raises :class:`QueueError`."""
        state = self.state or "open"
        if state == "all":
            return STATES
        if state not in STATES:
            raise QueueError(f"state '{state}' is unknown; the states are {', '.join(STATES)} and all")
        return (state,)
