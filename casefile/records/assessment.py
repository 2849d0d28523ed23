"""What the classifier says of a listing: the output contract of ``pharmakon assess``."""

from typing import Literal

from casefile.records._base import Probability, Record
from casefile.records.codebook import Audience, CueName, Kind, SuspectedClass

CueField = Literal[
    "title", "description", "price", "currency", "ships_from", "ships_to", "site_text", "seller", "contacts"
]


class Cue(Record):
    """One piece of evidence in the listing's own words."""

    cue: CueName
    quote: str
    """Exactly ``field[start:end]``."""
    field: CueField
    start: int
    """Offset in code points into the raw field."""
    end: int
    source: str | None = None
    """Which rule found it and what the rule rests on."""


class Assessment(Record):
    """Kind, risk and cues of one listing version."""

    id: str
    """Id of the listing."""
    version: int = 1
    kind: Kind
    kind_probabilities: dict[Kind, Probability]
    risk: Probability
    """Calibrated probability that the text holds clear evidence (codebook suspicion 2)."""
    suspected: dict[SuspectedClass, Probability]
    cues: tuple[Cue, ...] = ()
    harm: Probability = 0.5
    """How much harm the product class can do (0 low to 1 high); see ``data/lexicon``."""
    priority: Probability = 0.0
    """Queue order: harm x risk."""
    audience: Audience = "person"
    language: str | None = None
    language_supported: bool = True
    """False when the model has seen no labelled text in this language: read the risk with care."""
    substances: tuple[str, ...] = ()
    """Substances named, as INN in lower case."""
    notes: tuple[str, ...] = ()
    """What limits this assessment, for example ``text cut at 200000 characters``."""
    stage: Literal[1, 2] = 1
    """The last stage of the model that answered: 1 rules, lexicon and n-grams; 2 sentence embeddings as well."""
    model: str
    lexicon: str
