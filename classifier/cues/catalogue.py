"""The cue catalogue: ``data/cues/*.yaml`` read, checked and made ready to search."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from casefile.records import AUDIENCES, CUES
from classifier.cues.book import Phrase, PhraseBook, open_book
from classifier.cues.compiled import Compiler, StepRows
from classifier.cues.pattern import Choice, PhraseError, Tree, Vocabulary, Word, parse
from classifier.cues.pattern import Sequence as Nodes
from classifier.cues.words import Numbered
from classifier.text.kept import kept, plain
from classifier.text.places import CUES_FOLDER
from classifier.text.reference import collector_at_rest, digest_of, read_yaml

WHYS = ("negation", "requirement", "licence", "warning", "other_speaker", "other_goods", "ordinary_storage", "wanted",
        "legal_pack", "public_campaign", "animal_use", "lab_use", "authorised_claim")  # fmt: skip
"""Why a text that looks like evidence is none; the words of ``data/corpus/pairs``."""

SCOPES = ("beside", "match", "clause", "sentence", "text")
"""How far a protective phrase reaches: what it overlaps, its clause, its sentence, the whole text.

``beside`` speaks for the offer but takes no cue away, and gives way to a cue it overlaps.
"""

EVERY_LANGUAGE = "all"
"""Stands for each language in which ``words.yaml`` has every word that the phrase names."""
_DENIALS = ("neg", "negafter")
_CLAUSE_SIGNS = frozenset("\n!?;。！？；।።؟|.")
_NAMED = re.compile(r"@([a-z_]+)")


class CatalogueError(Exception):
    """A file of ``data/cues`` cannot be used; says which, where, and what to do."""


_RULE_KEYS = {"source", "phrases", "why", "scope", "cues", "audience", "strong", "negatable"}


def _read(path: Path) -> dict[str, Any]:
    try:
        data = read_yaml(path)
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


def _drafts_of(
    path: Path, words: Mapping[str, Mapping[str, str]], vocabularies: dict[str, Vocabulary]
) -> Iterable[tuple[Tree, dict[str, Any]]]:
    """Yield each phrase of a file: its tree and the fields of :class:`Phrase` that do not depend on other phrases."""
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
        for language, number, phrase in _spread(rule["phrases"], words):
            try:
                tree = parse(phrase, vocabularies.setdefault(language, Vocabulary(words.get(language, {}))))
            except PhraseError as error:
                raise CatalogueError(f"{where}, {language} phrase {number} ({phrase!r}): {error}") from None
            yield (
                tree,
                {
                    "rule": f"{label}.{name}.{language}.{number}",
                    "label": label,
                    "language": language,
                    "source": rule["source"],
                    "scope": scope,
                    "strong": bool(rule.get("strong")),
                    "negatable": rule.get("negatable", data.get("negatable", True)),
                    "cues": sorted(rule.get("cues", ())),
                },
            )


def _spread(
    phrases: Mapping[str, Sequence[object]], words: Mapping[str, Mapping[str, str]]
) -> Iterable[tuple[str, str, str]]:
    """Yield ``(language, number, phrase)`` with ``all`` spread over the languages that have the words."""
    for language, listed in phrases.items():
        for number, phrase in enumerate(map(str, listed), 1):
            if language != EVERY_LANGUAGE:
                yield language, str(number), phrase
                continue
            names = set(_NAMED.findall(phrase))
            for each, known in words.items():
                if names <= known.keys():
                    yield each, f"all{number}", phrase


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
    """Return the catalogue of ``folder``; raises :class:`CatalogueError`."""
    with collector_at_rest():
        files = list(folder.glob("*.yaml"))
        packaged = folder == CUES_FOLDER
        rows = kept("cues", files, lambda: _compiled(folder)) if packaged else _compiled(folder)
        return open_book(rows, digest_of("cues", files))


def _compiled(folder: Path) -> dict[str, Any]:
    """Return the whole catalogue as plain data, what :func:`open_book` takes; raises :class:`CatalogueError`."""
    words = _words(folder)
    files = [path for path in sorted(folder.glob("*.yaml")) if path.name != "words.yaml"]
    vocabularies: dict[str, Vocabulary] = {}
    drafts = [draft for path in files for draft in _drafts_of(path, words, vocabularies)]
    denials = {language: _denials(language, known) for language, known in words.items()}
    spoken = [tree.sequence for tree, _ in drafts]
    spoken += [tree.sequence for trees in denials.values() for tree in trees if tree]
    seen: set[int] = set()
    numbered = Numbered(word for sequence in spoken for word in _words_in(sequence, seen))
    compiler = Compiler(numbered.numbers)
    phrases: list[str] = []
    openings: list[list[tuple[int, list[int]]]] = [[] for _ in numbered.numbers]
    for tree, fields in drafts:
        needs = list(map(compiler.need, tree.needs))
        for first, others in tree.openings:
            opening = len(phrases), list(map(compiler.need, others))
            for word in first:
                openings[numbered.numbers[word]].append(opening)
        row = {**fields, "steps": compiler.steps(tree.sequence), "spaced": tree.spaced, "needs": needs}
        phrases.append(plain(row))
    crossing = [number for word, number in numbered.numbers.items() if not _CLAUSE_SIGNS.isdisjoint(word.core)]
    return {
        "phrases": phrases, "openings": [plain(listed) if listed else "" for listed in openings],
        "negations": _negations(denials, compiler), "sets": compiler.sets, "branches": compiler.branches,
        "whole": numbered.whole, "parts": numbered.parts, "crossing": crossing,
    }  # fmt: skip


def _words_in(sequence: Nodes, seen: set[int]) -> Iterable[Word]:
    """Yield the words of ``sequence``; choices already in ``seen`` are passed over (phrases share them)."""
    for node in sequence:
        if isinstance(node, Word):
            yield node
        elif isinstance(node, Choice) and id(node) not in seen:
            seen.add(id(node))
            for branch in node.branches:
                yield from _words_in(branch, seen)


def _denials(language: str, known: Mapping[str, str]) -> list[Tree | None]:
    """Parse ``@neg`` and ``@negafter`` of a language, None for one it lacks."""
    try:
        return [parse(known[name]) if name in known else None for name in _DENIALS]
    except PhraseError as error:
        raise CatalogueError(f"words.yaml, {language} {' or '.join(_DENIALS)}: {error}") from None


def _negations(
    denials: Mapping[str, Sequence[Tree | None]], compiler: Compiler
) -> dict[str, tuple[StepRows | None, StepRows | None, bool]]:
    """Compile the denials of each language that has any: the fields of :class:`Negation`."""
    found = {}
    for language, trees in denials.items():
        if any(trees):
            before, after = (compiler.steps(tree.sequence) if tree else None for tree in trees)
            found[language] = before, after, all(tree.spaced for tree in trees if tree)
    return found


def languages_of(phrases: Sequence[Phrase]) -> dict[str, set[str]]:
    """Return the languages each cue and each protective reason has phrases in."""
    table: dict[str, set[str]] = {}
    for phrase in phrases:
        table.setdefault(phrase.label, set()).add(phrase.language)
    return table
