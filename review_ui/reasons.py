"""Reason codes a decision may carry. They tell the second person, and who trains on it later, why."""

from typing import Final

from casefile.records import Verdict

REASONS: Final[dict[str, tuple[str, tuple[Verdict, ...]]]] = {
    "falsified": ("suspected falsified", ("confirm",)),
    "substandard": ("suspected substandard", ("confirm",)),
    "unregistered": ("suspected unregistered", ("confirm",)),
    "illegal_supply": ("suspected illegal supply", ("confirm",)),
    "fraud": ("suspected fraud", ("confirm",)),
    "nothing_shown": ("the text shows nothing", ("reject",)),
    "cue_misread": ("a cue was misread", ("reject",)),
    "lawful_offer": ("lawful offer", ("reject",)),
    "not_in_scope": ("not a medicine, device or document", ("reject",)),
    "needs_translation": ("needs translation", ("unsure", "escalate")),
    "needs_specialist": ("needs a specialist", ("unsure", "escalate")),
    "needs_evidence": ("evidence is incomplete", ("unsure", "escalate")),
    "urgent_harm": ("urgent harm", ("escalate",)),
}
"""Code -> (words on screen, verdicts it goes with). The first five are the codebook's suspected classes."""


def fitting_reasons(chosen: list[str], verdict: Verdict) -> tuple[str, ...]:
    """Return the chosen codes that go with ``verdict``; an unknown code or one of another verdict falls away."""
    return tuple(code for code in REASONS if code in chosen and verdict in REASONS[code][1])
