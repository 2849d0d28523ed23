"""The ground truth of the sandbox: what a crawl should find and what the codebook says of it.

Read by checks and benchmarks only. No module that serves imports this one (a test holds them apart).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from casefile.records import CueName, Kind, SuspectedClass
from crawler.sandbox.catalogue import DATA, SITE_KEYS, Amount, Currency, SandboxError, SiteKey

TRUTH: Final = DATA / "truth"


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TruePrice(_Fact):
    """What the listing costs."""

    amount: Amount
    currency: Currency


class TrueOffer(TruePrice):
    """One row of the offer table."""

    strength: str | None = None
    count: int | None = None
    unit_amount: Amount | None = None


class TrueContact(_Fact):
    """A contact, normalised, and where it is shown (see ``ContactLine.place``)."""

    kind: str
    value: str
    place: Literal["body", "field", "image", "site"]


class TrueProduct(_Fact):
    """What is offered."""

    substances: tuple[str, ...] = ()
    strength: str | None = None


class TrueCue(_Fact):
    """A cue of the codebook with its exact quote."""

    cue: CueName
    quote: str
    field: Literal["title", "description", "site_text"]
    page: str | None = None
    """Path of the shop's page that holds the quote: the cue is the whole shop's."""


class TrueChange(_Fact):
    """What is different from a generation on."""

    generation: Annotated[int, Field(ge=2)]
    title: str | None = None
    description: str | None = None
    price: TruePrice | None = None
    availability: str | None = None


class TrueListing(_Fact):
    """One listing as it really is."""

    id: str
    site: SiteKey
    path: str
    title: str
    language: str
    price: TruePrice | None = None
    offers: tuple[TrueOffer, ...] = ()
    seller: str | None = None
    availability: str | None = None
    brand: str | None = None
    sku: str | None = None
    gtin: str | None = None
    prescription_required: bool | None = None
    contacts: tuple[TrueContact, ...] = ()
    product: TrueProduct | None = None
    kind: Kind
    suspicion: Annotated[int, Field(ge=0, le=2)]
    suspected: tuple[SuspectedClass, ...]
    cues: tuple[TrueCue, ...]
    expected: bool
    """Whether a well-behaved crawl reaches it."""
    why: Literal["robots", "blocked"] | None = None
    """What stands before a listing that is not expected."""
    first: int = 1
    last: int | None = None
    changes: tuple[TrueChange, ...] = ()

    def at(self, generation: int) -> "TrueListing | None":
        """Return the listing as it stands in ``generation``, or None when it is not on offer then."""
        if generation < self.first or (self.last is not None and generation > self.last):
            return None
        listing = self
        for change in self.changes:
            if change.generation <= generation:
                update: dict[str, Any] = {
                    name: getattr(change, name)
                    for name in change.model_fields_set & set(TrueListing.model_fields)  # description is not held here
                }
                listing = listing.model_copy(update=update)
        return listing


class Member(_Fact):
    """One name an actor goes by."""

    site: SiteKey
    seller: str


class SharedIdentifier(_Fact):
    """What ties the names together."""

    kind: str
    value: str


class Network(_Fact):
    """Sellers that are one actor."""

    name: str
    actor: str
    members: tuple[Member, ...]
    shared: tuple[SharedIdentifier, ...]


def load_truth(folder: Path = TRUTH, *, sites: Sequence[SiteKey] = SITE_KEYS) -> list[TrueListing]:
    """Read the ground truth of ``sites``; raises :class:`~crawler.sandbox.catalogue.SandboxError`."""
    found = []
    for site in sites:
        path = folder / f"{site}.jsonl"
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise SandboxError(
                f"cannot read the ground truth {path}: {error.strerror}; restore data/sandbox"
            ) from error
        for number, line in enumerate(lines, start=1):
            try:
                found.append(TrueListing.model_validate(json.loads(line)))
            except (ValidationError, ValueError) as error:
                raise SandboxError(f"{path} line {number}: {error}; see data/sandbox/README.md") from error
    return found


def load_networks(folder: Path = TRUTH) -> list[Network]:
    """Read which sellers are one actor; raises :class:`~crawler.sandbox.catalogue.SandboxError`."""
    path = folder / "networks.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        return [Network.model_validate(row) for row in data["networks"]]
    except OSError as error:
        raise SandboxError(f"cannot read {path}: {error.strerror}; restore data/sandbox") from error
    except (yaml.YAMLError, ValidationError, KeyError, TypeError) as error:
        raise SandboxError(f"{path}: {error}; see data/sandbox/README.md") from error
