"""What words mean, whatever their language: 'no', 'ne', 'нет' and '不' are one concept.

A few hundred minimal pairs cannot teach negation, condition and speaker in each of twenty languages apart. Written as
sequences of concepts (``we never ship without prescription`` -> ``we never ship without rx``) they teach them once for
all. Concepts are data (``data/concepts/*.yaml``); what follows from them is learned, never written down.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from classifier.text.glyphs import fold
from classifier.text.kept import kept
from classifier.text.pieces import Remembered, pieces
from classifier.text.places import DATA_FOLDER
from classifier.text.reference import digest_of, read_yaml
from classifier.text.scripts import script_of
from classifier.text.search import WordSearch

CONCEPTS_FOLDER = DATA_FOLDER / "concepts"

_SHORT = 4
"""Words and stems of up to this many letters mean something else in the next language of the same script: there the
language has to fit."""
_SHARED_SCRIPTS = frozenset({"latin", "arabic"})
_LETTER = r"(?:[^\W\d_]|[\u0900-\u0963\u0971-\u0dff])"
"""A letter, or a vowel sign of an Indic script, which regular expressions count as no part of a word."""
_TOKEN = re.compile(rf"[^\W\d_]{_LETTER}*(?:['’-]{_LETTER}+)*|[?؟¿\"«»]", re.UNICODE)
_MOST_REMEMBERED = 30_000
"""Pieces remembered of each language."""
_NO_LANGUAGE = ""
"""Stands for each language that no concept has words of."""
_LONGEST_PHRASE = 3


class ConceptError(Exception):
    """A file of ``data/concepts`` cannot be used; says which, where, and what to do."""


Found = list[tuple[int, int]]
"""``(place, concept)`` in reading order."""
Inside = tuple[tuple[int, int], ...]


class Concepts:
    """The concepts of ``data/concepts``, ready to be found in normalised text."""

    def __init__(self, tables: dict[str, Any], digest: str = "") -> None:
        """``tables`` are those of :func:`tables_of`."""
        self.concepts_id = digest
        self.names = tuple(tables["names"])
        self.alone = range(len(self.names) - tables["topics"], len(self.names))
        """Numbers of the topics: they say what a text is about, and stand between no two words that belong together."""
        self._exact: dict[str, str] = tables["exact"]
        self._prefix: dict[str, str] = tables["prefix"]
        self._phrases: dict[str, list[tuple[list[str], int]]] = tables["phrases"]
        self._pieces = {tag: Remembered(self._reader(tag), most=_MOST_REMEMBERED) for tag in tables["tags"]}
        """By language: the concepts of each piece, and minus the length of a word that may begin a phrase."""
        self._inside = WordSearch((text, (len(text), tuple(numbers))) for text, numbers in tables["inside"].items())

    def find(self, text: str, language: str | None) -> Found:
        """Return the concepts of normalised ``text``; ``language`` (BCP 47) decides about short words."""
        tag = (language or "en").split("-")[0].lower()
        known = self._pieces[tag if tag in self._pieces else _NO_LANGUAGE]
        found: Found = []
        base = 0
        parts = pieces(text)
        for part, inside in zip(parts, map(known.__getitem__, parts), strict=True):
            for start, number in inside:
                if number >= 0:
                    found.append((base + start, number))
                else:
                    found += self._phrases_at(text, base + start, base + start - number)
            base += len(part) + 1
        if not text.isascii():
            taken: list[tuple[int, int, tuple[int, ...]]] = []
            for last, (length, numbers) in self._inside.find(text):
                start = last - length + 1
                while taken and taken[-1][0] >= start:
                    taken.pop()  # the longer word says what the shorter one inside it does not
                taken.append((start, last, numbers))
            found.extend((start, number) for start, _, numbers in taken for number in numbers)
            found.sort()
        return found

    def _phrases_at(self, text: str, start: int, end: int) -> Found:
        """Return the concepts of several words whose first one is ``text[start:end]``."""
        after = tuple(t[0] for t in islice(_TOKEN.finditer(text, end), _LONGEST_PHRASE))
        return [(start, number) for rest, number in self._phrases[text[start:end]] if after[: len(rest)] == tuple(rest)]

    def _reader(self, tag: str) -> Callable[[str], Inside]:
        """Return what reads a piece of a text in the language ``tag``."""
        meanings = Remembered(lambda token: self._meaning(token, tag), most=_MOST_REMEMBERED)

        def read(piece: str) -> Inside:
            found: list[tuple[int, int]] = []
            for match in _TOKEN.finditer(piece):
                token, start = match[0], match.start()
                found.extend((start, number) for number in meanings[token])
                if token in self._phrases:
                    found.append((start, -len(token)))
            return tuple(found)

        return read

    def _meaning(self, token: str, tag: str) -> tuple[int, ...]:
        entries = list(self._entries(token))
        if not entries and script_of(token[0]) == "arabic":
            for prefix in ("ال", "و", "ب", "ل", "ف", "ك", "بال", "وال", "لل", "ولل"):
                if token.startswith(prefix) and len(token) > len(prefix) + 1:
                    entries += self._entries(token[len(prefix) :])
        shared = script_of(token[0]) in _SHARED_SCRIPTS
        return tuple(
            sorted({n for language, n, length in entries if language == tag or not (shared and length <= _SHORT)})
        )

    def _entries(self, word: str) -> Iterator[tuple[str, int, int]]:
        """Yield ``(language, concept, letters)`` of each entry that is ``word`` or a stem of it."""
        for language, number in _meant(self._exact.get(word, "")):
            yield language, number, len(word)
        for length in range(2, len(word) + 1):
            for language, number in _meant(self._prefix.get(word[:length], "")):
                yield language, number, length


def _meant(listed: str) -> Iterator[tuple[str, int]]:
    """Yield language and concept of each entry of a word (``en 12 fr 12``)."""
    fields = iter(listed.split())
    for language, number in zip(fields, fields, strict=True):
        yield language, int(number)


def tables_of(words: dict[str, dict[str, list[str]]], *, topics: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the tables that :class:`Concepts` looks words up in, as plain data.

    ``exact`` and ``prefix``: word or stem to languages and concepts (``en 12 fr 12``); ``phrases``: first word to the
    others and the concept; ``inside``: words of scripts without spaces to their concepts.
    """
    names = (*sorted(words.keys() - topics), *sorted(topics))
    exact: dict[str, list[str]] = {}
    prefix: dict[str, list[str]] = {}
    phrases: dict[str, list[tuple[list[str], int]]] = {}
    inside: dict[str, set[int]] = {}
    for number, name in enumerate(names):
        for language, entries in words[name].items():
            for entry in entries:
                text = fold(entry.replace("_", " ")).strip()
                stem = text.rstrip("*")
                if not stem:
                    continue
                if script_of(stem[0]) == "none" and not stem[0].isascii():
                    inside.setdefault(stem, set()).add(number)
                elif " " in stem:
                    first, *rest = stem.split()
                    phrases.setdefault(first, []).append((rest, number))
                else:
                    table = prefix if text.endswith("*") else exact
                    table.setdefault(stem, []).append(f"{language} {number}")
    return {
        "names": names, "topics": len(topics), "tags": sorted({_NO_LANGUAGE}.union(*(each for each in words.values()))),
        "exact": {word: " ".join(listed) for word, listed in exact.items()},
        "prefix": {word: " ".join(listed) for word, listed in prefix.items()},
        "phrases": phrases, "inside": {word: sorted(numbers) for word, numbers in inside.items()},
    }  # fmt: skip


@cache
def load_concepts(folder: Path = CONCEPTS_FOLDER) -> Concepts:
    """Load ``data/concepts``; raises :class:`ConceptError`."""
    files = list(folder.glob("*.yaml"))
    packaged = folder == CONCEPTS_FOLDER
    tables = kept("concepts", [*files, Path(__file__)], lambda: _read(folder)) if packaged else _read(folder)
    return Concepts(tables, digest_of("concepts", files))


def _read(folder: Path) -> dict[str, Any]:
    """Return the tables of what the files of ``folder`` say; raises :class:`ConceptError`."""
    words: dict[str, dict[str, list[str]]] = {}
    topics: set[str] = set()
    for path in sorted(folder.glob("*.yaml")):
        try:
            data = read_yaml(path)
            topics.update(data.get("topics", ()))
            for name, languages in data["concepts"].items():
                table = words.setdefault(name, {})
                for language, text in languages.items():
                    table.setdefault(language, []).extend(text.split())
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
            raise ConceptError(
                f"{path}: is not a table of concepts ({error}); restore it from the repository"
            ) from error
    if not words:
        raise ConceptError(f"{folder}: holds no concepts (*.yaml); restore it from the repository")
    if topics - words.keys():
        raise ConceptError(f"{folder}: no words for the topics {', '.join(sorted(topics - words.keys()))}")
    return tables_of(words, topics=frozenset(topics))


_FAR = 4
"""Concepts up to this far apart in one sentence make a pair."""

Ints = npt.NDArray[np.int64]


def concept_grams(
    found: Sequence[tuple[int, int]],
    sentence_starts: Sequence[int],
    text_starts: Sequence[int] = (),
    *,
    alone: range = range(0),
) -> tuple[Ints, Ints]:
    """Return ``(key, place)`` of the single concepts, ordered pairs and triples of each sentence.

    Concepts in ``alone`` make no pairs or triples and are looked past where others make them. Places are those of one
    text, or of a block of texts that begin at ``text_starts``. Keys are small integers that
    never collide between sorts; the caller hashes them.
    """
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    pairs = np.array(found, dtype=np.int64)
    place, concept = pairs[:, 0], pairs[:, 1] + 1
    keys, places = [concept], [place]
    if len(alone):
        related = (pairs[:, 1] < alone.start) | (pairs[:, 1] >= alone.stop)
        place, concept = place[related], concept[related]
    sentence = np.searchsorted(np.asarray(sentence_starts), place, side="right")
    if len(text_starts):
        # What stands before the first sentence of a text belongs to no sentence of the text before.
        sentence = sentence * len(text_starts) + np.searchsorted(np.asarray(text_starts), place, side="right")
    for distance in range(1, min(_FAR, len(place) - 1) + 1):
        same = sentence[distance:] == sentence[:-distance]
        near = 1 if distance == 1 else 2
        keys.append((near << 40 | concept[:-distance] << 10 | concept[distance:])[same])
        places.append(place[:-distance][same])
    if len(place) > 2:
        same = sentence[2:] == sentence[:-2]
        keys.append((3 << 40 | concept[:-2] << 20 | concept[1:-1] << 10 | concept[2:])[same])
        places.append(place[:-2][same])
    return np.concatenate(keys), np.concatenate(places)


def concepts_of(key: int) -> tuple[tuple[int, ...], bool]:
    """Return the concepts a key of :func:`concept_grams` stands for, and whether they stand side by side."""
    sort, mask = key >> 40, (1 << 10) - 1
    if sort == 0:
        return (key - 1,), True
    parts = (key >> 20 & mask, key >> 10 & mask, key & mask) if sort == 3 else (key >> 10 & mask, key & mask)
    return tuple(part - 1 for part in parts), sort != 2
