"""What people's decisions say of a listing version once enough of them agree: what a classifier may learn from."""

from casefile.records._base import Record, UtcTime
from casefile.records.explanation import DecidedAs
from casefile.records.listing import Listing


class DecidedListing(Record):
    """A listing version with the verdict that policy makes of its standing decisions."""

    listing: Listing
    """As it was assessed, with what the shop's own pages said then."""
    decided: DecidedAs
    reasons: tuple[str, ...] = ()
    """Reason codes of the people whose verdict stands, each once."""
    people: int
    """How many people said so."""
    at: UtcTime
    """When the last of them did."""
