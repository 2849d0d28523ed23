"""What cues, protections and lexicon say of a listing, as numbers that mean the same in every language.

No signal tells where a text was found: neither length nor case, punctuation, template or the mere presence of a price
(field note: such artefacts reach AUC 0.998 on random splits and nothing on a source nobody has seen).
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from casefile.records import CUES, Listing
from classifier.cues.catalogue import WHYS
from classifier.cues.finder import FieldText, Findings
from classifier.goods import SORTS, load_goods
from classifier.text.lexicon import Term

_PRODUCT = frozenset({"controlled_substance", "unapproved_product", "obfuscated_text"})
"""Cues that name the goods; all others speak of how they are offered."""

_CRYPTO = re.compile(
    r"(?<![a-z])(?:m?btc|xbt|xmr|usdt|usdc|trx|bitcoins?|monero|ethereum|litecoins?|tether|dogecoins?|satoshis?)(?![a-z])"
    r"|(?<![A-Za-z])(?-i:ETH|LTC|BCH|DASH|ZEC|DOGE)(?![A-Za-z])|₿|[Ξɱ](?=\s?\d)",
    re.IGNORECASE,
)
"""Crypto-currencies as prices and payment lists write them, by code, name or sign. Codes that are words in lower case
count in capitals only, and a sign that is a letter elsewhere only before a number; ``TON`` is left out: goods are sold
by the ton."""

TERM_SIGNALS = ("medicine", "prescription", "controlled", "unapproved", "never_retail", "over_counter", "harm")

_OTHER_KINDS = ("device", "document", "street_drug", "supplement", "other")
"""Kinds of named goods that are no medicine."""

SIGNALS: tuple[str, ...] = (
    *(f"cue:{c}" for c in CUES),
    "cues:distinct", "cues:on_site", "cues:offer", "cues:offer_on_regulated", "cues:no_prescription_on_regulated",
    "cues:protected_only",
    *(f"protection:{w}" for w in WHYS),
    "protections:any", "protections:against_cues",
    *(f"names:{t}" for t in TERM_SIGNALS),
    *(f"title_names:{t}" for t in TERM_SIGNALS),
    *(f"names_kind:{k}" for k in _OTHER_KINDS),
    *(f"title_kind:{k}" for k in _OTHER_KINDS),
    *(f"goods:{k}" for k in SORTS),
    *(f"title_goods:{k}" for k in SORTS),
    "names:nothing", "names:nothing_medical", "cues:two_offer", "cues:three_offer", "cues:research_on_unapproved",
    "text:obfuscation", "text:bent_word", "price:crypto", "price:crypto_on_regulated",
)  # fmt: skip
_SORTS_OF_GOODS = ("goods:", "title_goods:", "names_kind:", "title_kind:")
SAYS_KIND_ONLY = np.array([name.startswith(_SORTS_OF_GOODS) for name in SIGNALS])
"""Signals that only the kind may rest on: the topic of a text is where it was found, and no evidence of anything."""
_PLACE = {name: number for number, name in enumerate(SIGNALS)}


@lru_cache(1000)
def _log1p(number: int) -> float:
    return float(np.log1p(number))


def _of_terms(terms: Sequence[Term]) -> dict[str, float]:
    if not terms:
        return {}
    medicines = [t for t in terms if t.kind == "medicine"]
    return {
        "medicine": float(bool(medicines)),
        "prescription": float(any(t.prescription for t in terms)),
        "controlled": float(any(t.controlled for t in terms)),
        "unapproved": float(any(t.unapproved for t in terms)),
        "never_retail": float(any(t.never_retail for t in terms)),
        "over_counter": float(
            bool(medicines)
            and not any(t.prescription or t.controlled or t.unapproved or t.never_retail for t in medicines)
        ),
        "harm": max(t.harm for t in terms),
    }


def _of_goods(fields: Sequence[FieldText]) -> dict[str, float]:
    """Return what sort of goods the item's own fields speak of, by names of the lexicon and words of the trades."""
    values: dict[str, float] = {}
    counts: dict[str, int] = {}
    for field in fields:
        kinds = {t.kind for t in field.terms}.intersection(_OTHER_KINDS)
        found = load_goods().count(field.normalised.text)
        for kind in kinds:
            values[f"names_kind:{kind}"] = 1.0
        if field.field == "title":
            for kind in kinds:
                values[f"title_kind:{kind}"] = 1.0
            for sort, number in found.items():
                values[f"title_goods:{sort}"] = _log1p(number)
        for sort, number in found.items():
            counts[sort] = counts.get(sort, 0) + number
    for sort, number in counts.items():
        values[f"goods:{sort}"] = _log1p(number)
    return values


def _asks_crypto(listing: Listing) -> bool:
    """Tell whether the price, a variant's price or the stated ways to pay name a crypto-currency."""
    prices = [p for p in (listing.price, *listing.offers) if p]
    stated = [text for p in prices for text in (p.currency, p.raw[:200]) if text] + list(listing.payments)
    return any(_CRYPTO.search(text) for text in stated)


def signals_of(listing: Listing, findings: Findings) -> npt.NDArray[np.float64]:
    """Return the signals of one listing, in the order of :data:`SIGNALS`, each between 0 and about 3."""
    out = np.zeros(len(SIGNALS))
    cues = {c.cue for c in findings.cues}
    offer = cues - _PRODUCT
    item = [t for f in findings.fields if f.field != "site_text" for t in f.terms]
    named = _of_terms(item)
    regulated = bool(
        named.get("prescription") or named.get("controlled") or named.get("unapproved") or named.get("never_retail")
    )
    protections = {p.why for p in findings.protections}
    taken = sum(p.cue is not None for p in findings.protections)
    values: dict[str, float] = {f"cue:{c}": 1.0 for c in cues}
    for why in protections:
        values[f"protection:{why}"] = 1.0
    if item:
        values |= {f"names:{k}": v for k, v in named.items()}
        in_title = [t for f in findings.fields if f.field == "title" for t in f.terms]
        values |= {f"title_names:{k}": v for k, v in _of_terms(in_title).items()}
    values["cues:distinct"] = _log1p(len(cues))
    values["cues:on_site"] = float(any(c.field == "site_text" for c in findings.cues))
    values["cues:offer"] = _log1p(len(offer))
    values["cues:offer_on_regulated"] = float(bool(offer) and regulated)
    values["cues:no_prescription_on_regulated"] = float("no_prescription" in cues and regulated)
    values["cues:protected_only"] = float(taken > 0 and not offer)
    item_fields = [f for f in findings.fields if f.field != "site_text"]
    values["names:nothing"] = float(not item)
    values["names:nothing_medical"] = float(not any(f.medical for f in item_fields))
    values["cues:two_offer"] = float(len(offer) >= 2)
    values["cues:three_offer"] = float(len(offer) >= 3)
    values["cues:research_on_unapproved"] = float("research_use_only" in cues and "unapproved_product" in cues)
    values |= _of_goods(item_fields)
    values["protections:any"] = float(bool(protections))
    values["protections:against_cues"] = _log1p(taken)
    bent = [f.normalised.obfuscation for f in findings.fields]
    values["text:obfuscation"] = max(bent, default=0.0)
    values["text:bent_word"] = float(any(f.normalised.tricks for f in findings.fields))
    crypto = _asks_crypto(listing)
    values["price:crypto"] = float(crypto)
    values["price:crypto_on_regulated"] = float(crypto and regulated)
    for name, value in values.items():
        if value:
            out[_PLACE[name]] = value
    return out
