"""What official registers say of a listing, as the item page shows it.

The desk does not compare products itself: whoever starts it gives it what does (:data:`AskRegisters`). The answers are
facts beside the risk, in plain words and without colour: "not found" is no accusation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from casefile.records import Assessment, Listing, Site
from casefile.records.register import CountryAnswer, RegisterCheck
from review_ui.text import visible

AskRegisters = Callable[[Listing, Site | None, Assessment | None], RegisterCheck]

COUNTRIES_SHOWN: Final = 20


@dataclass(frozen=True)
class ShownAnswer:
    """One country's answer, ready to be shown."""

    country: str
    answer: str
    because: str
    parts: tuple[str, ...]
    """What the nearest entry agrees in, part by part: ``strength 0.22 of 0.22: 500 mg / 500 mg``."""
    score: str | None


def shown_answers(check: RegisterCheck) -> list[ShownAnswer]:
    """Return the answers as text that is safe to show."""
    return [_shown(answer) for answer in check.countries[:COUNTRIES_SHOWN]]


def _shown(answer: CountryAnswer) -> ShownAnswer:
    best = answer.best
    parts = tuple(
        visible(
            f"{part.part} {part.agrees * part.share:.2f} of {part.share:.2f}: "
            f"{part.listing or '(in the text)'} / {part.register}",
            240,
        )
        for part in (best.parts if best else ())
        if part.agrees is not None
    )
    score = f"{best.score:.2f}" if best and parts else None
    return ShownAnswer(visible(answer.country, 20), answer.answer, visible(answer.because, 400), parts, score)
