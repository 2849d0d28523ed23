"""What the sandbox shops offer: the catalogue files of ``data/sandbox`` as checked, frozen objects.

Nothing here knows the ground truth (``data/sandbox/truth``); it is read by :mod:`crawler.sandbox.truth` alone, so that
no server code can reach it.
"""

from pathlib import Path
from typing import Annotated, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

SiteKey = Literal["pharmacy", "rogue", "market", "classifieds", "board", "app"]
SITE_KEYS: Final[tuple[SiteKey, ...]] = ("pharmacy", "rogue", "market", "classifieds", "board", "app")
"""The six shops, in the order of their ports."""

DATA: Final = Path(__file__).resolve().parents[2] / "data" / "sandbox"
"""The shipped catalogue."""

Amount = Annotated[str, Field(pattern=r"^\d{1,12}(\.\d{1,6})?$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3,5}$")]


class SandboxError(Exception):
    """The sandbox cannot start or go on; the message says what is wrong, where, and what to do."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShownPrice(_Part):
    """A price and the way the shop writes it."""

    amount: Amount
    currency: Currency
    shown: str
    """As the page has it, for example ``ab 12,95 €``."""


class OfferRow(_Part):
    """One row of an offer table."""

    shown: str
    """The variant as written, for example ``100mg x 60 pills``."""
    strength: str | None = None
    count: int | None = None
    amount: Amount
    currency: Currency
    unit_amount: Amount | None = None
    shown_amount: str
    shown_unit: str | None = None


class ContactLine(_Part):
    """A way to reach the seller, and where the page shows it."""

    kind: str
    shown: str
    value: str
    """Normalised: E.164, handle without ``@``, e-mail in lower case, wallet as it stands."""
    place: Literal["body", "field", "image", "site"]
    """``body`` stands in the description already, ``field`` in a contact box, ``image`` in the picture and its alt
    text, ``site`` on a page of the shop."""


class Change(_Part):
    """What is different from a generation on."""

    generation: Annotated[int, Field(ge=2)]
    title: str | None = None
    price: ShownPrice | None = None
    availability: Literal["in_stock", "out_of_stock"] | None = None
    description: str | None = None


class SandboxListing(_Part):
    """One offer of a shop."""

    id: Annotated[str, Field(pattern=r"^[a-z]+-\d{3}$")]
    path: Annotated[str, Field(pattern=r"^/[^\s#]*$")]
    """Path and query the page is served under."""
    title: str
    description: str
    language: str
    category: str
    price: ShownPrice | None = None
    offers: tuple[OfferRow, ...] = ()
    seller: str | None = None
    """Name of one of the site's sellers."""
    contacts: tuple[ContactLine, ...] = ()
    availability: Literal["in_stock", "out_of_stock"] | None = None
    prescription: bool | None = None
    ships_from: str | None = None
    ships_to: str | None = None
    brand: str | None = None
    sku: str | None = None
    gtin: str | None = None
    details: dict[str, str] = {}
    """Rows of a facts table (minimum order, Incoterm, place, ...), in the language of the listing."""
    posted: str | None = None
    section: Literal["public", "robots", "blocked", "search"] = "public"
    """``robots`` lies under a path that robots.txt disallows, ``blocked`` behind a challenge page, ``search`` is
    linked from nowhere but the shop's own search."""
    first: Annotated[int, Field(ge=1)] = 1
    """Generation of the market in which the listing appears."""
    last: int | None = None
    """Last generation it is seen in."""
    changes: tuple[Change, ...] = ()

    def at(self, generation: int) -> "SandboxListing | None":
        """Return the listing as it stands in ``generation``, or None when it is not on offer then."""
        if generation < self.first or (self.last is not None and generation > self.last):
            return None
        listing = self
        for change in self.changes:
            if change.generation <= generation:
                update = {k: getattr(change, k) for k in change.model_fields_set - {"generation"}}
                listing = listing.model_copy(update=update)
        return listing


class ShopPage(_Part):
    """A page that speaks for the whole shop (policy, shipping, payment, ...)."""

    path: Annotated[str, Field(pattern=r"^/[^\s#]*$")]
    role: Literal["policy", "shipping", "payment", "prescription", "contact", "about", "other"]
    title: str
    language: str
    text: str
    """Paragraphs, one a line."""


class ShopSeller(_Part):
    """Someone who offers on a site."""

    name: str
    handle: str
    country: str | None = None
    about: str | None = None


class Category(_Part):
    """A shelf of the shop."""

    slug: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    name: str
    language: str | None = None


class Shop(_Part):
    """One of the six sites with all it holds."""

    site: SiteKey
    name: str
    tagline: str
    languages: tuple[str, ...]
    robots: str | None = None
    """Body of robots.txt; absent: the shop has none (404)."""
    categories: tuple[Category, ...]
    sellers: tuple[ShopSeller, ...] = ()
    pages: tuple[ShopPage, ...] = ()
    listings: tuple[SandboxListing, ...]

    @model_validator(mode="after")
    def _consistent(self) -> "Shop":
        for name, values in (
            ("id", [row.id for row in self.listings]),
            ("path", [row.path for row in self.listings] + [page.path for page in self.pages]),
        ):
            twice = {value for value in values if values.count(value) > 1}
            if twice:
                raise ValueError(f"{name} used twice: {', '.join(sorted(twice))}")
        shelves = {category.slug for category in self.categories}
        sellers = {seller.name for seller in self.sellers}
        for row in self.listings:
            if row.category not in shelves:
                raise ValueError(f"{row.id}: category {row.category!r} is not one of the site's categories")
            if row.seller is not None and row.seller not in sellers:
                raise ValueError(f"{row.id}: seller {row.seller!r} is not one of the site's sellers")
        return self

    def on_offer(self, generation: int) -> dict[str, SandboxListing]:
        """Return the listings of ``generation`` by path, in catalogue order."""
        standing = (row.at(generation) for row in self.listings)
        return {row.path: row for row in standing if row is not None}


def load_catalogue(folder: Path = DATA) -> dict[SiteKey, Shop]:
    """Read and check ``<site>.yaml`` of all six shops in ``folder``; raises :class:`SandboxError`."""
    shops: dict[SiteKey, Shop] = {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for key in SITE_KEYS:
        path = folder / f"{key}.yaml"
        try:
            data = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader, C or Python
            shop = Shop.model_validate(data)
        except OSError as error:
            raise SandboxError(
                f"cannot read the sandbox catalogue {path}: {error.strerror}; restore data/sandbox"
            ) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise SandboxError(f"{path} is not YAML: {error}; correct it") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "file"
            raise SandboxError(f"{path}: {where}: {first['msg']}; see data/sandbox/README.md") from error
        if shop.site != key:
            raise SandboxError(f"{path}: site is {shop.site!r}; it must be {key!r}")
        shops[key] = shop
    return shops
