"""The texts of many listings as hashed n-grams, whole and clause by clause, ready for one sparse product each.

All three matrices share one array of buckets; only where their rows begin differs. Values are ``1 / sqrt(n)`` with
``n`` the n-grams of the row, so that a long text and a short one carry the same weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from classifier.clauses import phrases, sentences
from classifier.concepts import Found, concept_grams, load_concepts
from classifier.ngrams import BUCKETS, hash_keys, ngrams

LONGEST_TEXT = 20_000
"""Characters of one listing that the n-gram model reads (rules and lexicon read more): bounds time per row."""


CONCEPT_WEIGHT = 4.0
"""Weight of a concept beside a character n-gram: one word is about ten of those."""


@dataclass(frozen=True, slots=True)
class Clauses:
    """Clauses of many listings: which row each belongs to and where it lies in that row's text."""

    rows: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    matrix: csr_matrix


@dataclass(frozen=True, slots=True)
class Hashed:
    """``whole``: one row per listing; ``sentences`` and ``phrases``: one row per clause."""

    whole: csr_matrix
    sentences: Clauses
    phrases: Clauses


@dataclass(frozen=True, slots=True)
class _Grams:
    """All n-grams of a block by place: bucket, place in the block, weight."""

    buckets: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]


def hash_texts(texts: Sequence[str], concepts: Sequence[Found]) -> Hashed:
    """Hash ``texts`` (normalised, lower case, fields joined by line breaks) and the ``concepts`` found in each."""
    cut = [text[:LONGEST_TEXT] for text in texts]
    lengths = np.fromiter(map(len, cut), dtype=np.int64, count=len(cut))
    offsets = np.concatenate(([1], 1 + np.cumsum(lengths + 1)))
    begins = offsets[:-1].tolist()
    long_rows: list[int] = []
    long_spans: list[tuple[int, int]] = []
    short_rows: list[int] = []
    short_spans: list[tuple[int, int]] = []
    block_found: Found = []
    sentence_starts: list[int] = []
    for row, text in enumerate(cut):
        spans = sentences(text)
        long_rows.extend([row] * len(spans))
        long_spans.extend(spans)
        for span in spans:
            parts = phrases(text, *span)
            if len(parts) > 1:
                short_rows.extend([row] * len(parts))
                short_spans.extend(parts)
        base, length = begins[row], len(text)
        block_found += [(base + place, concept) for place, concept in concepts[row] if place < length]
        sentence_starts += [base + start for start, _ in spans]
    keys, places = concept_grams(block_found, sentence_starts, begins, alone=load_concepts().alone)
    grams = _joined("\n" + "\n".join(cut) + "\n", keys, places)
    return Hashed(
        _matrix(grams, offsets[:-1] - 1, offsets[1:] - 1),
        _clauses(grams, offsets, long_rows, long_spans),
        _clauses(grams, offsets, short_rows, short_spans),
    )


def _joined(block: str, keys: npt.NDArray[np.int64], places: npt.NDArray[np.int64]) -> _Grams:
    buckets, where = ngrams(block)
    concepts = hash_keys(keys)
    all_buckets = np.concatenate((buckets, concepts))
    all_places = np.concatenate((where, places)).astype(np.int32)
    weights = np.ones(len(all_buckets), dtype=np.float32)
    weights[len(buckets) :] = CONCEPT_WEIGHT
    order = np.argsort(all_places, kind="stable")
    return _Grams(all_buckets[order], all_places[order], weights[order])


def _clauses(grams: _Grams, offsets: npt.NDArray[np.int64], rows: list[int], spans: list[tuple[int, int]]) -> Clauses:
    row = np.array(rows, dtype=np.int32)
    span = np.array(spans, dtype=np.int32).reshape(-1, 2)
    base = offsets[row] if len(rows) else np.empty(0, np.int64)
    return Clauses(row, span[:, 0], span[:, 1], _matrix(grams, base + span[:, 0], base + span[:, 1]))


def _matrix(grams: _Grams, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> csr_matrix:
    """Return the matrix whose row ``i`` holds the n-grams that begin in ``[starts[i], ends[i])``; spans in order."""
    first, last = np.searchsorted(grams.places, starts), np.searchsorted(grams.places, ends)
    sizes = last - first
    pointer = np.concatenate(([0], np.cumsum(sizes)))
    if len(first) and int(pointer[-1]) == len(grams.buckets) and first[0] == 0:
        indices, weights = grams.buckets, grams.weights
    else:
        inside = np.repeat(first - pointer[:-1], sizes) + np.arange(pointer[-1])
        indices, weights = grams.buckets[inside], grams.weights[inside]
    scale = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    return csr_matrix((weights * scale, indices, pointer), shape=(len(starts), BUCKETS))
