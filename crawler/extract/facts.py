"""What one source says of one product, before the sources are weighed against each other."""

from dataclasses import dataclass
from typing import Literal

from casefile.records import Contact, Image, Offer, Prescription, Price, Seller

Source = Literal["jsonld", "microdata", "opengraph", "state", "css", "text"]
Stock = Literal["in_stock", "out_of_stock", "unknown"]


@dataclass(slots=True)
class Facts:
    """Fields of a listing as one source gives them; absent where it says nothing."""

    source: Source
    title: str | None = None
    description: str | None = None
    price: Price | None = None
    offers: tuple[Offer, ...] = ()
    availability: Stock | None = None
    seller: Seller | None = None
    brand: str | None = None
    sku: str | None = None
    mpn: str | None = None
    gtin: str | None = None
    category: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    url: str | None = None
    batch: str | None = None
    expiry: str | None = None
    strength: str | None = None
    form: str | None = None
    substances: tuple[str, ...] = ()
    registration: str | None = None
    contacts: tuple[Contact, ...] = ()
    payments: tuple[str, ...] = ()
    ships_from: str | None = None
    ships_to: tuple[str, ...] = ()
    prescription: Prescription | None = None

    def is_offer(self) -> bool:
        """Whether the source names something and says what it costs or whether it is to be had."""
        return bool(self.title) and bool(self.price or self.offers or self.availability)
