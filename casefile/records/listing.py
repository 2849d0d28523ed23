"""What a page offers: a listing, its variants, and what the whole shop says about itself."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, ValidationError

from casefile.records._base import CurrencyCode, DecimalText, Record, Sha256, UtcTime
from casefile.records.canonical import canonical_bytes, sha256_hex

Provenance = Literal["jsonld", "microdata", "opengraph", "state", "css", "text", "import"]
"""Which extractor gave a field."""

Availability = Literal["in_stock", "out_of_stock", "unknown"]


class Price(Record):
    """A price as written, and as understood when it could be decided."""

    raw: str
    """The price text exactly as the page has it, for example ``ab 89,00 €``."""
    amount: DecimalText | None = None
    currency: CurrencyCode | None = None
    reason: str | None = None
    """Why ``amount`` or ``currency`` could not be decided, for example ``ambiguous separator``."""


class Offer(Record):
    """One variant row of a listing (strength x count x price)."""

    raw: str
    strength: str | None = None
    form: str | None = None
    count: Annotated[int, Field(ge=1, le=10**12)] | None = None
    """Number of units (tablets, vials) in the variant."""
    amount: DecimalText | None = None
    currency: CurrencyCode | None = None
    unit_amount: DecimalText | None = None
    """Price of one unit in ``currency``."""


class Seller(Record):
    """Who offers, as far as the page says."""

    name: str | None = None
    url: str | None = None
    handle: str | None = None


class Contact(Record):
    """A way to reach the seller."""

    kind: str
    """``phone | whatsapp | telegram | signal | wickr | email | wallet | ...``."""
    raw: str
    value: str | None = None
    """Normalised: E.164 for phones, lower case for e-mail, the handle without ``@``."""


class Prescription(Record):
    """What the listing says about a prescription."""

    required: bool | None = None
    quote: str | None = None


class Product(Record):
    """What is offered, as far as it could be recognised."""

    substances: tuple[str, ...] = ()
    brand: str | None = None
    strength: str | None = None
    form: str | None = None
    atc: str | None = None
    """ATC group, if known."""


class Image(Record):
    """A picture of the listing."""

    url: str
    sha256: Sha256 | None = None
    pdq: str | None = None
    """PDQ perceptual hash, 64 hexadecimal digits."""
    alt: str | None = None


class Listing(Record):
    """One offer as one page shows it; a changed listing is a new version, never an update."""

    id: str
    """Stable over versions: see :func:`listing_id`."""
    version: int = 1
    url: str | None = None
    site: str | None = None
    """Host name (with port where it is not the scheme's default) the listing belongs to."""
    captured_at: UtcTime | None = None
    capture: str | None = None
    """Id of the capture the fields were read from."""
    title: str | None = None
    description: str | None = None
    language: str | None = None
    """BCP 47."""
    category: tuple[str, ...] = ()
    availability: Availability | None = None
    price: Price | None = None
    offers: tuple[Offer, ...] = ()
    seller: Seller | None = None
    contacts: tuple[Contact, ...] = ()
    payments: tuple[str, ...] = ()
    ships_from: str | None = None
    """ISO 3166-1 alpha-2 where it could be decided, else as written."""
    ships_to: tuple[str, ...] = ()
    """As ``ships_from``; ``*`` is worldwide."""
    prescription: Prescription | None = None
    product: Product | None = None
    brand: str | None = None
    sku: str | None = None
    mpn: str | None = None
    gtin: str | None = None
    batch: str | None = None
    expiry: str | None = None
    registration: str | None = None
    images: tuple[Image, ...] = ()
    site_text: str | None = None
    """What the shop's policy, shipping and payment pages say, cut to what matters."""
    sources: dict[str, Provenance] = Field(default_factory=dict)
    """Field name to the extractor that gave it."""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """Fields of an imported row that have no place above, kept aside unchanged."""

    @classmethod
    def from_row(cls, row: object) -> Self:
        """Build a listing from a row of another tool, kindly: JSON numbers become strings, unknown fields are kept.

        Only ``id`` and one of ``title`` / ``description`` are needed. ``price`` may be a string, a number or the
        object of the design. Raises ``ValueError`` that names the field at fault.
        """
        if not isinstance(row, dict):
            raise ValueError("a row must be a JSON object")
        data, extra = _fit_row(row)
        if not data.get("id"):
            raise ValueError("field 'id' is missing")
        if not (data.get("title") or data.get("description")):
            raise ValueError("one of 'title' and 'description' is needed")
        if extra:
            data["extra"] = {**(data.get("extra") or {}), **extra}
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            raise ValueError(f"field '{'.'.join(map(str, first['loc']))}': {first['msg']}") from None

    def content_hash(self) -> str:
        """Return the SHA-256 over what the page says, so that a fresh capture of the same text is no new version."""
        skip = ("version", "captured_at", "capture", "sources", "extra")
        return sha256_hex(canonical_bytes({k: v for k, v in self.to_json().items() if k not in skip}))


_TUPLES = ("category", "payments", "ships_to")
_TEXTS = ("id", "title", "description", "language", "url", "site", "ships_from", "sku", "mpn", "gtin", "batch",
          "expiry", "registration", "site_text", "brand")  # fmt: skip


def _text(value: object, field: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"field '{field}': expected text, got {type(value).__name__}")
    return str(value)


def _fit_row(row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split ``row`` into listing fields in their right shape and the rest."""
    data: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in row.items():
        if value is None or value in ("", [], {}):
            continue
        if key in _TEXTS:
            data[key] = _text(value, key)
        elif key in _TUPLES:
            data[key] = tuple(value) if isinstance(value, list | tuple) else (_text(value, key),)
        elif key == "price" and not isinstance(value, dict):
            data["price"] = _plain_price(_text(value, key), row.get("currency"))
        elif key == "seller" and not isinstance(value, dict):
            data["seller"] = {"name": _text(value, key)}
        elif key in Listing.model_fields:
            data[key] = value
        elif key != "currency" or row.get("price") in (None, ""):
            extra[key] = value
    return data, extra


def _plain_price(raw: str, currency: object) -> dict[str, Any]:
    """Read ``price`` + ``currency`` columns of a table; an amount only when it is a plain decimal number."""
    price: dict[str, Any] = {"raw": raw}
    code = currency.strip() if isinstance(currency, str) else ""
    if code.isascii() and code.isalpha() and code.isupper() and 3 <= len(code) <= 5:
        price["currency"] = code
    elif code:
        price["raw"] = f"{raw} {code}"
    whole, _, fraction = raw.strip().partition(".")
    if whole.isascii() and whole.isdigit() and (not fraction or (fraction.isascii() and fraction.isdigit())):
        price["amount"] = raw.strip()[:37].rstrip(".")
    else:
        price["reason"] = "not a plain decimal number"
    return price


def listing_id(site: str, key: str) -> str:
    """Return the stable id of a listing: site and what names the listing there (its URL without tracking, or a SKU)."""
    return sha256_hex(f"{site}\n{key}".encode())[:20]
