"""Why a listing has its risk, as a record: terms that add up, cues, near cases, and what would have lowered it.

Pure: listing, model and decided cases in, :class:`~casefile.records.Explanation` out. Worked out on demand; an item
takes some ten assessments, far too much for a queue and nothing for a person who asks.
"""

from collections.abc import Sequence

from casefile.records import DecidedListing, Explanation, Listing, Protective, Term
from classifier.assess import Assessor
from classifier.contributions import contributions
from classifier.cues.finder import Protection
from classifier.hashed import LONGEST_TEXT
from classifier.nearest import CaseIndex
from classifier.reading import read
from classifier.what_if import what_if

MOST_TERMS = 40
"""Terms listed one by one; the others are summed up as ``rest``, so that the sum stays exact."""

_SAME_RISK = 1e-5
_ROUNDING = 1e-4
"""Log-odds the terms may miss by rounding of 32-bit weights; more means that a part of the model is not explained."""


class Explainer:
    """Explains listings with one model; keeps what it has read of decided cases."""

    def __init__(self, assessor: Assessor) -> None:
        self._assessor = assessor
        self._cases = CaseIndex()

    @property
    def model_id(self) -> str:
        """Return the id of the model that is explained."""
        return self._assessor.model_id

    def explain(self, listing: Listing, cases: Sequence[DecidedListing] = ()) -> Explanation:
        """Explain the risk of ``listing``; ``cases`` are those people have decided on, any number."""
        assessment = self._assessor.assess(listing)
        reading = read(self._assessor.catalogue, listing)
        found = contributions(self._assessor.model, reading)
        confirmed, rejected = self._cases.nearest(listing, cases)
        notes = list(assessment.notes)
        if abs(assessment.risk - found.linear_risk) > _SAME_RISK:
            notes.append(
                f"the second stage (sentence embeddings) moved the risk from {found.linear_risk:.3f} to "
                f"{assessment.risk:.3f}; the terms add up to the first figure"
            )
        if abs(found.unexplained) > _ROUNDING:
            notes.append(
                f"{found.unexplained:+.4f} of the log-odds come from a part of the model that is not explained"
            )
        if len(reading.text) > LONGEST_TEXT:
            notes.append(f"words beyond the first {LONGEST_TEXT} characters moved nothing: the model did not read them")
        return Explanation(
            id=listing.id, version=listing.version, risk=assessment.risk,
            linear_risk=min(1.0, max(0.0, found.linear_risk)), log_odds=found.log_odds,
            terms=_ranked(found.terms, found.unexplained), cues=assessment.cues,
            protections=tuple(_protective(each) for each in reading.findings.protections),
            what_if=tuple(what_if(listing, assessment, self._assessor.assess_batch)),
            confirmed=tuple(confirmed), rejected=tuple(rejected), notes=tuple(notes),
            model=assessment.model, lexicon=assessment.lexicon,
        )  # fmt: skip


def _ranked(terms: Sequence[Term], unexplained: float) -> tuple[Term, ...]:
    """Return the largest terms first, then the start, then all others in one."""
    start = [term for term in terms if term.sort == "start"]
    others = sorted((t for t in terms if t.sort != "start"), key=lambda t: (-abs(t.log_odds), t.sort, t.name))
    shown, small = others[:MOST_TERMS], others[MOST_TERMS:]
    rest = sum(term.log_odds for term in small) + unexplained
    name = f"{len(small)} smaller terms together" if small else "rounding"
    return (*shown, *start, Term(sort="rest", name=name, log_odds=rest))


def _protective(found: Protection) -> Protective:
    return Protective(
        why=found.why, quote=found.quote, field=found.field, start=found.start, end=found.end,
        source=f"{found.rule}: {found.source}", cue=found.cue,
    )  # fmt: skip
