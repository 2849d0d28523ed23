"""Cues that rest on what is named: controlled and unapproved medicines, prices in crypto-currency, bent words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from casefile.records import CueName, Listing

if TYPE_CHECKING:
    from classifier.cues.finder import CueMatch, FieldText
    from classifier.cues.scope import Scope

CRYPTO = frozenset(
    {"BTC", "XBT", "XMR", "ETH", "LTC", "USDT", "BCH", "DASH", "ZEC", "DOGE", "USDC", "TRX", "SOL", "TON"}
)
"""Tickers; a prescription or controlled medicine priced so is evidence by itself (codebook, rulings)."""


def lexical_cues(listing: Listing, fields: "Sequence[FieldText]", scope: "Scope") -> "list[CueMatch]":
    """Return the cues of ``listing`` that follow from the lexicon, its price and its bent words."""
    from classifier.cues.finder import CueMatch

    found: list[CueMatch] = []
    regulated = False
    for number, text in enumerate(fields):
        if text.field == "site_text":
            continue
        for term in text.terms:
            regulated = regulated or term.prescription or term.controlled
            names: list[CueName] = ["obfuscated_text"] if term.bent else []
            if term.controlled:
                names.append("controlled_substance")
            if term.unapproved:
                names.append("unapproved_product")
            for name in names:
                if scope.against_span(number, term.start, term.end, name) is None:
                    start, end = text.normalised.raw_span(term.start, term.end)
                    quote = text.normalised.raw[start:end]
                    found.append(
                        CueMatch(
                            name, quote, text.field, start, end, f"{name}.lexicon.{term.classes[0]}", "data/lexicon"
                        )
                    )
        for trick in text.normalised.tricks:
            quote = text.normalised.raw[trick.start : trick.end]
            found.append(
                CueMatch(
                    "obfuscated_text",
                    quote,
                    text.field,
                    trick.start,
                    trick.end,
                    f"obfuscated_text.{trick.how}",
                    "UTS #39",
                )
            )
    currency = listing.price.currency if listing.price else None
    if regulated and currency in CRYPTO:
        found.append(
            CueMatch(
                "anonymous_payment",
                currency,
                "currency",
                0,
                len(currency),
                "anonymous_payment.currency",
                "codebook, rulings",
            )
        )
    return found
