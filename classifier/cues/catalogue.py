"""The cue catalogue: ``data/cues/*.yaml`` read, checked and made ready to search."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import ahocorasick
import yaml

from casefile.records import AUDIENCES, CUES
from classifier.cues.pattern import PhraseError, compile_phrase
from classifier.text.places import CUES_FOLDER

WHYS = ("negation", "requirement", "licence", "warning", "other_speaker", "other_goods", "ordinary_storage", "wanted",
        "legal_pack", "public_campaign", "animal_use", "lab_use", "authorised_claim")  # fmt: skip
"""Why a text that looks like evidence is none; the words of ``data/corpus/pairs``."""

SCOPES = ("match", "clause", "sentence", "text")
"""How far a protective phrase reaches: what it overlaps, its clause, its sentence, the whole text."""


class CatalogueError(Exception):
    """A file of ``data/cues`` cannot be used; says which, where, and what to do."""


@dataclass(slots=True)
class Phrase:
    """One compiled phrase; the expression is compiled when its anchor is first met."""

    rule: str
    """``<cue or reason>.<rule>.<language>.<number>``, the place in the catalogue."""
    label: str
    """A cue of the codebook, or a reason of :data:`WHYS`."""
    language: str
    source: str
    expression: str
    anchors: frozenset[str]
    scope: str | None = None
    """None for a cue; one of :data:`SCOPES` for a protective phrase; ``audience`` for one that says whom the offer is for."""
    cues: frozenset[str] = frozenset()
    """For a protective phrase: the cues it speaks about; empty for all."""
    _regex: re.Pattern[str] | None = None

    @property
    def regex(self) -> re.Pattern[str]:
        """The compiled expression."""
        if self._regex is None:
            self._regex = re.compile(self.expression)
        return self._regex


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """All phrases with one automaton over their anchors."""

    phrases: tuple[Phrase, ...]
    automaton: Any
    digest: str


_RULE_KEYS = {"source", "phrases", "why", "scope", "cues", "audience"}


def _read(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader either way
    except (OSError, yaml.YAMLError) as error:
        raise CatalogueError(f"{path.name}: cannot be read ({error}); restore it from the repository") from error
    if not isinstance(data, dict):
        raise CatalogueError(f"{path.name}: expected a mapping at the top")
    return data


def _words(folder: Path) -> dict[str, dict[str, str]]:
    """Return ``language -> name -> alternatives`` of ``words.yaml``."""
    data = _read(folder / "words.yaml")
    table: dict[str, dict[str, str]] = {}
    for name, languages in data["words"].items():
        for language, text in languages.items():
            table.setdefault(language, {})[name] = text
    return table


def _phrases_of(path: Path, words: Mapping[str, Mapping[str, str]]) -> Iterable[Phrase]:
    data = _read(path)
    cue = data.get("cue")
    if cue is not None and cue not in CUES:
        raise CatalogueError(f"{path.name}: '{cue}' is no cue of the codebook")
    rules = data.get("rules")
    if not isinstance(rules, dict) or not rules:
        raise CatalogueError(f"{path.name}: 'rules' must name at least one rule")
    for name, rule in rules.items():
        where = f"{path.name}, rule '{name}'"
        _check_rule(where, cue, rule)
        label = cue or rule.get("audience") or rule["why"]
        scope = None if cue else ("audience" if "audience" in rule else rule["scope"])
        for language, phrases in rule["phrases"].items():
            for number, phrase in enumerate(phrases, 1):
                try:
                    expression, anchors = compile_phrase(str(phrase), words.get(language, {}))
                except PhraseError as error:
                    raise CatalogueError(f"{where}, {language} phrase {number} ({phrase!r}): {error}") from None
                yield Phrase(
                    rule=f"{label}.{name}.{language}.{number}", label=label, language=language, source=rule["source"],
                    expression=expression, anchors=anchors, scope=scope,
                    cues=frozenset(rule.get("cues", ())),
                )  # fmt: skip


def _check_rule(where: str, cue: str | None, rule: Any) -> None:  # noqa: ANN401 - whatever the file holds
    if not isinstance(rule, dict) or not isinstance(rule.get("phrases"), dict) or not rule.get("source"):
        raise CatalogueError(f"{where}: 'source' and 'phrases' (language: list) are needed")
    unknown = rule.keys() - _RULE_KEYS
    if unknown:
        raise CatalogueError(f"{where}: unknown key {sorted(unknown)}; known are {sorted(_RULE_KEYS)}")
    if any(not isinstance(phrases, list) for phrases in rule["phrases"].values()):
        raise CatalogueError(f"{where}: each language needs a list of phrases")
    if "audience" in rule:
        if cue is not None or rule["audience"] not in AUDIENCES:
            raise CatalogueError(f"{where}: 'audience' is one of {AUDIENCES} and stands in a file without a cue")
    elif cue is None and (rule.get("why") not in WHYS or rule.get("scope") not in SCOPES):
        raise CatalogueError(f"{where}: a protective rule needs 'why' (one of {WHYS}) and 'scope' (one of {SCOPES})")
    if set(rule.get("cues", ())) - set(CUES):
        raise CatalogueError(f"{where}: 'cues' names what is no cue of the codebook")


@cache
def load_phrases(folder: Path = CUES_FOLDER) -> PhraseBook:
    """Read the catalogue; raises :class:`CatalogueError`."""
    words = _words(folder)
    files = [path for path in sorted(folder.glob("*.yaml")) if path.name != "words.yaml"]
    phrases = tuple(phrase for path in files for phrase in _phrases_of(path, words))
    by_anchor: dict[str, list[int]] = {}
    for number, phrase in enumerate(phrases):
        for anchor in phrase.anchors:
            by_anchor.setdefault(anchor, []).append(number)
    automaton = ahocorasick.Automaton()
    for anchor, numbers in by_anchor.items():
        automaton.add_word(anchor, (len(anchor), tuple(numbers)))
    automaton.make_automaton()
    return PhraseBook(phrases, automaton, _digest(folder))


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.yaml")):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"cues-{total.hexdigest()[:16]}"


def languages_of(phrases: Sequence[Phrase]) -> dict[str, set[str]]:
    """Return the languages each cue and each protective reason has phrases in."""
    table: dict[str, set[str]] = {}
    for phrase in phrases:
        table.setdefault(phrase.label, set()).add(phrase.language)
    return table
