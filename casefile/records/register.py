"""Official registers: what an entry of one says, and what they answer about a listing."""

from dataclasses import dataclass
from typing import Literal

RegisterKind = Literal["products", "sellers", "batches"]
RegisterStatus = Literal["authorised", "withdrawn"]
ProductAnswer = Literal["authorised", "not found", "withdrawn", "alerted batch", "register not loaded"]
"""What the registers of one country say of a product. None of them is evidence of a falsified product by itself."""
SellerStanding = Literal[
    "licensed", "licence withdrawn", "licence of another seller", "not found", "register not loaded"
]


@dataclass(frozen=True, slots=True)
class RegisterEdition:
    """One file of one register, as it was taken in."""

    id: int
    name: str
    kind: RegisterKind
    country: str
    """ISO 3166-1 alpha-2, or ``EU`` for the whole European Economic Area."""
    covers: Literal["all", "some"]
    """``all``: what is not in it is not authorised there; ``some``: it lists a part."""
    source: str
    edition: str
    """Date of the edition, YYYY-MM-DD."""
    file_name: str
    file_sha256: str
    entries: int
    set_aside: int
    imported_at: str
    current: bool = True
    """False for an edition that a newer one of the same register supersedes."""


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """One product, seller or batch of an edition; empty text where the file says nothing."""

    register_id: int
    line: int
    name: str = ""
    substances: tuple[str, ...] = ()
    strength: str = ""
    form: str = ""
    holder: str = ""
    number: str = ""
    status: RegisterStatus = "authorised"
    host: str = ""
    batch: str = ""


@dataclass(frozen=True, slots=True)
class MatchPart:
    """One part of a product compared: its share of the score, and how far it agrees."""

    part: Literal["substance", "brand", "strength", "form", "holder"]
    share: float
    """The most this part can give; the shares of the parts both sides state sum to 1."""
    agrees: float | None
    """0 contradicts, 1 agrees; None when one side does not state it."""
    listing: str
    register: str


@dataclass(frozen=True, slots=True)
class ProductMatch:
    """A register's entry beside the listing's product."""

    entry: RegisterEntry
    score: float
    """0 to 1 over the parts both sides state."""
    parts: tuple[MatchPart, ...]

    @property
    def contradicted(self) -> tuple[str, ...]:
        """Return the parts that do not agree at all."""
        return tuple(part.part for part in self.parts if part.agrees == 0)


@dataclass(frozen=True, slots=True)
class CountryAnswer:
    """What the registers say of the product in one country."""

    country: str
    answer: ProductAnswer
    because: str
    best: ProductMatch | None = None
    """The entry nearest to the listing, also where it is not the same product."""


@dataclass(frozen=True, slots=True)
class SellerAnswer:
    """What the lists of licensed sellers say of who offers."""

    standing: SellerStanding
    because: str
    entry: RegisterEntry | None = None
    breaks_own_rules: tuple[str, ...] = ()
    """Cues that no licensed seller may have; they keep its priority where it is."""


@dataclass(frozen=True, slots=True)
class RegisterCheck:
    """All that the registers say of one listing."""

    product: str
    """What was looked for, in words."""
    countries: tuple[CountryAnswer, ...]
    seller: SellerAnswer
    law: tuple[str, ...] = ()
    """One line a substance: how the law of these countries treats it. Information, no evidence."""
