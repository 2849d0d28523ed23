"""What would have lowered a listing's risk: the listing with one thing changed, assessed again.

Nothing here is estimated from weights: a cue may stand in several inputs at once, and a statement may take a cue away
by its scope. Each changed text goes through the whole assessment, in one batch.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from casefile.records import Assessment, Change, Cue, CueName, Listing, WhatIf
from classifier.text.entries import LexiconError
from classifier.text.places import DATA_FOLDER
from classifier.text.reference import read_yaml

STATEMENTS = DATA_FOLDER / "explain" / "statements.yaml"
REVIEW_FROM = 0.5
"""Risk from which a listing is worth a look; what ``fewest_quotes`` tries to get below."""
_MOST_REMOVED = 4
"""Cues that are left out together before the search for the fewest is given up."""
_MOST_TRIED = 8
"""Cues that are tried in that search, those first whose quotes alone matter most: bounds the number of assessments."""
_TEXT_FIELDS = ("title", "description", "site_text")

Assess = Callable[[Sequence[Listing]], Sequence[Assessment]]


@cache
def load_statements(path: Path = STATEMENTS) -> Mapping[str, tuple[frozenset[str], Mapping[str, str]]]:
    """Return ``statement: (cues it answers, language: sentence)``; raises ``LexiconError``."""
    try:
        return {
            name: (frozenset(entry["answers"]), {tag: text for tag, text in entry.items() if tag != "answers"})
            for name, entry in read_yaml(path)["statements"].items()
        }
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise LexiconError(f"{path}: is no table of statements ({error}); restore it from the repository") from error


def without(listing: Listing, cues: Sequence[Cue]) -> Listing:
    """Return the listing with the quotes of ``cues`` cut out of its text; quotes may overlap."""
    changed: dict[str, str | None] = {}
    for field in _TEXT_FIELDS:
        text = getattr(listing, field)
        gone = {at for cue in cues if cue.field == field for at in range(cue.start, cue.end)}
        if text and gone:
            changed[field] = "".join(sign for at, sign in enumerate(text) if at not in gone).strip() or None
    if not changed:
        return listing
    left = listing.model_copy(update=changed)
    return left if left.title or left.description else left.model_copy(update={"title": "-"})


def stated(listing: Listing, sentence: str) -> Listing:
    """Return the listing with ``sentence`` at the end of its description."""
    text = f"{listing.description}\n{sentence}" if listing.description else sentence
    return listing.model_copy(update={"description": text})


def what_if(listing: Listing, assessment: Assessment, assess: Assess) -> list[WhatIf]:
    """Return what lowers the risk, most first: each cue left out, all left out, a protective statement added."""
    changes: list[tuple[Change, CueName | None, tuple[str, ...], Listing]] = []
    cues = [cue for cue in assessment.cues if cue.field in _TEXT_FIELDS]
    by_cue: dict[CueName, list[Cue]] = {}
    for cue in cues:
        by_cue.setdefault(cue.cue, []).append(cue)
    for name, found in by_cue.items():
        changes.append(("without_cue", name, _quotes(found), without(listing, found)))
    if len(by_cue) > 1:
        changes.append(("without_all_cues", None, _quotes(cues), without(listing, cues)))
    language = (assessment.language or "en").split("-")[0].lower()
    for answers, sentences in load_statements().values():
        answered = [cue for cue in cues if cue.cue in answers]
        if not answered:
            continue
        sentence = sentences.get(language) or sentences["en"]
        changes.append(("with_statement", None, (sentence,), stated(listing, sentence)))
        changes.append(("statement_instead", None, (sentence,), stated(without(listing, answered), sentence)))
    assessed = assess([changed for *_, changed in changes])
    out = [
        WhatIf(change=change, cue=cue, texts=texts, risk=got.risk, kind=got.kind)
        for (change, cue, texts, _), got in zip(changes, assessed, strict=True)
        if got.risk < assessment.risk
    ]
    alone = {cue: got.risk for (_, cue, _, _), got in zip(changes, assessed, strict=True) if cue is not None}
    if assessment.risk >= REVIEW_FROM and (few := _fewest(listing, by_cue, alone, assess)):
        out.append(few)
    return sorted(out, key=lambda one: (one.risk, len(one.texts)))


def _fewest(
    listing: Listing, by_cue: Mapping[CueName, Sequence[Cue]], alone: Mapping[CueName, float], assess: Assess
) -> WhatIf | None:
    """Leave out cue after cue, each time the one that lowers the risk most, until a reviewer would pass it by.

    None where one cue is enough (that is said by its own line) or four are not.
    """
    left = sorted(by_cue, key=lambda cue: (alone[cue], cue))[:_MOST_TRIED]
    if not left or alone[left[0]] < REVIEW_FROM:
        return None
    gone = list(by_cue[left.pop(0)])
    for _ in range(_MOST_REMOVED - 1):
        if not left:
            return None
        tried = assess([without(listing, [*gone, *by_cue[cue]]) for cue in left])
        best = min(range(len(left)), key=lambda number: (tried[number].risk, number))
        gone += by_cue[left.pop(best)]
        if tried[best].risk < REVIEW_FROM:
            return WhatIf(change="fewest_quotes", texts=_quotes(gone), risk=tried[best].risk, kind=tried[best].kind)
    return None


def _quotes(cues: Sequence[Cue]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cue.quote for cue in cues))
