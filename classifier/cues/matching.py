"""Phrases found in a text: one pass over the anchors, then each phrase's expression around its anchors only."""

from typing import NamedTuple

from classifier.cues.catalogue import Phrase, PhraseBook
from classifier.text.normalise import Normalised

REACH = 160
"""Characters looked at on either side of an anchor; longer than any phrase of the catalogue can match."""
MOST_WINDOWS = 400
"""Windows searched a field; a trap that repeats anchors costs no more than this."""


class Hit(NamedTuple):
    """A phrase found: offsets into the normalised text."""

    start: int
    end: int
    phrase: Phrase


def scan(book: PhraseBook, normalised: Normalised) -> list[Hit]:
    """Return every phrase found, in reading order."""
    text = normalised.text
    windows: dict[int, list[list[int]]] = {}
    for last, (length, numbers) in book.automaton.iter(text):
        low, high = last - length - REACH, last + REACH
        for number in numbers:
            spans = windows.get(number)
            if spans is None:
                windows[number] = [[low if low > 0 else 0, high]]
            elif low <= spans[-1][1]:
                spans[-1][1] = high
            else:
                spans.append([low, high])
    if not windows:
        return []
    hits: list[Hit] = []
    budget = MOST_WINDOWS
    for number, spans in windows.items():
        phrase = book.phrases[number]
        for low, high in spans:
            budget -= 1
            if budget < 0:
                break
            hits += [Hit(m.start(), m.end(), phrase) for m in phrase.regex.finditer(text, low, high)]
    hits.sort(key=lambda hit: (hit.start, -hit.end, hit.phrase.rule))
    return hits
