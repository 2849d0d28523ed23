"""From what the sources say to one listing: per field the most trusted source that says anything."""

from collections.abc import Sequence
from typing import Any, Final

from casefile.records import Listing, Product
from crawler.extract.facts import Facts, Source

TRUST: Final[tuple[Source, ...]] = ("jsonld", "microdata", "state", "opengraph", "css", "text")
"""Most trusted first."""

_PLAIN_FIELDS: Final = ("title", "description", "price", "offers", "availability", "seller", "brand", "sku", "mpn",
                        "gtin", "category", "images", "batch", "expiry", "registration", "contacts",
                        "payments", "ships_from", "ships_to", "prescription")  # fmt: skip


def weigh(sources: Sequence[Facts]) -> tuple[dict[str, Any], dict[str, Source]]:
    """Return the fields of a listing and which source gave each.

    A price that a source could not decide gives way to one that another source could.
    """
    fields: dict[str, Any] = {}
    origin: dict[str, Source] = {}
    ranked = sorted(sources, key=lambda facts: TRUST.index(facts.source))
    for name in _PLAIN_FIELDS:
        for facts in ranked:
            value = getattr(facts, name)
            if not value:
                continue
            if name not in fields or (name == "price" and _better_price(value, fields["price"])):
                fields[name], origin[name] = value, facts.source
    product = {
        name: next((value for facts in ranked if (value := getattr(facts, name))), None)
        for name in ("substances", "strength", "form")
    }
    found = {name: value for name, value in product.items() if value}
    if found:
        fields["product"] = Product(**found)
        origin["product"] = next(f.source for f in ranked if any(getattr(f, name) for name in found))
    return fields, origin


def _better_price(new: Any, held: Any) -> bool:  # noqa: ANN401 - both are Price
    known = (held.amount is not None) + (held.currency is not None)
    return bool((new.amount is not None) + (new.currency is not None) > known and new.amount is not None)


def listing_of(fields: dict[str, Any], origin: dict[str, Source], **given: Any) -> Listing:  # noqa: ANN401 - fields
    """Return the listing; ``given`` are the fields that come from elsewhere (id, url, site, language)."""
    return Listing.model_validate({**fields, **given, "sources": dict(origin)})
