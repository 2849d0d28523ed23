"""How much harm a bad product of this sort can do, and with it how soon a person should look.

``harm`` is the highest harm of the classes the listing names (``data/lexicon``: 0 low, 1 high, a judgement stated in
the data with its reason). Where nothing is named, the kind speaks: an unnamed medicine may be anything, a certificate
harms others than its buyer. ``priority = risk * (0.5 + 0.5 * harm)``: harm orders cases of equal risk and can lift a
likely opioid over a likelier shampoo, but no harm makes an innocent listing urgent.
"""

from casefile.records import Kind
from classifier.cues.finder import Findings

_OF_KIND: dict[Kind, float] = {
    "medicine": 0.5, "device": 0.4, "document": 0.5, "supplement": 0.3, "street_drug": 0.3, "information": 0.0,
    "other": 0.1,
}  # fmt: skip
_GOODS: frozenset[Kind] = frozenset({"medicine", "device", "supplement"})


def harm_of(kind: Kind, findings: Findings) -> float:
    """Return the harm of a listing, 0 low to 1 high."""
    named = max((t.harm for f in findings.fields if f.field != "site_text" for t in f.terms), default=None)
    if named is None or kind not in _GOODS:
        return _OF_KIND[kind]
    return named


def priority_of(risk: float, harm: float) -> float:
    """Return the place in the queue, 0 to 1 (higher is sooner)."""
    return risk * (0.5 + 0.5 * harm)
