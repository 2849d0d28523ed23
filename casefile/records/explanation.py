"""Why a listing was flagged: what speaks for and against it, what it is like, and what would have lowered its risk.

Worked out on demand by the classifier from the listing as it stands and shown by the desk; never evidence, never kept.
"""

from typing import Literal

from casefile.records._base import Probability, Record
from casefile.records.assessment import Cue, CueField
from casefile.records.codebook import CueName, Kind

TermSort = Literal["start", "words", "concepts", "clause", "signal", "rest"]
"""``start`` what the model says before it has read anything; ``words`` a piece of the listing's own text by its
n-grams; ``concepts`` meanings that stand together, whatever the language; ``clause`` how one sentence or phrase reads;
``signal`` what rules and lexicon found; ``rest`` the smaller terms that are not listed one by one."""

DecidedAs = Literal["confirmed", "rejected"]


class Place(Record):
    """A span of a raw field, in code points."""

    field: CueField
    start: int
    end: int


class Term(Record):
    """One share of the score. All terms of an explanation add up to its ``log_odds``."""

    sort: TermSort
    name: str
    """In plain words; for ``words`` the normalised words themselves."""
    log_odds: float
    """Above 0 it raised the score, below 0 it lowered it."""
    quote: str | None = None
    """The raw text of the first place."""
    places: tuple[Place, ...] = ()
    """Where in the listing it comes from, the first ten places; none for what speaks of the whole listing."""


class Protective(Record):
    """What speaks for the offer, or took a cue away: a requirement, a warning, a negation, another speaker."""

    why: str
    quote: str
    field: CueField
    start: int
    end: int
    source: str
    cue: CueName | None = None
    """The cue it took away, if it took one."""


Change = Literal["without_cue", "without_all_cues", "fewest_quotes", "with_statement", "statement_instead"]
"""``without_cue`` every quote of one cue left out; ``fewest_quotes`` the quotes of the fewest cues (greedily) whose
absence brings the risk below the threshold; ``with_statement`` a protective sentence added; ``statement_instead`` the
same in place of the quotes it answers."""


class WhatIf(Record):
    """The risk of the listing with one thing changed: assessed again, never estimated."""

    change: Change
    cue: CueName | None = None
    texts: tuple[str, ...]
    """The quotes left out, or the sentence added."""
    risk: Probability
    kind: Kind


class NearCase(Record):
    """A listing people have decided on that reads like this one."""

    id: str
    version: int
    site: str | None = None
    title: str
    decided: DecidedAs
    similarity: Probability
    """Cosine of the hashed n-grams: 1 the same text, 0 nothing in common."""


class Explanation(Record):
    """Everything that can be said about why a listing has its risk."""

    id: str
    version: int = 1
    risk: Probability
    """What the assessment says."""
    linear_risk: Probability
    """What the linear model says, and the terms add up to; differs from ``risk`` where the second stage had its say."""
    log_odds: float
    terms: tuple[Term, ...]
    """The largest first; ``start`` and ``rest`` last."""
    cues: tuple[Cue, ...] = ()
    protections: tuple[Protective, ...] = ()
    what_if: tuple[WhatIf, ...] = ()
    """The largest fall of risk first."""
    confirmed: tuple[NearCase, ...] = ()
    """The three nearest confirmed cases, nearest first; none where nothing was decided yet."""
    rejected: tuple[NearCase, ...] = ()
    """The nearest rejected case."""
    notes: tuple[str, ...] = ()
    """What limits this explanation."""
    model: str
    lexicon: str
