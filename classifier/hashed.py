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
from classifier.ngrams import BUCKETS, ngrams

LONGEST_TEXT = 20_000
"""Characters of one listing that the n-gram model reads (rules and lexicon read more): bounds time per row."""


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


def hash_texts(texts: Sequence[str]) -> Hashed:
    """Hash ``texts`` (normalised, lower case, fields joined by line breaks)."""
    cut = [text[:LONGEST_TEXT] for text in texts]
    block = "\n" + "\n".join(cut) + "\n"
    buckets, places = ngrams(block)
    order = np.argsort(places, kind="stable")
    buckets, places = buckets[order], places[order]
    lengths = np.fromiter(map(len, cut), dtype=np.int64, count=len(cut))
    offsets = np.concatenate(([1], 1 + np.cumsum(lengths + 1)))
    long_rows, long_spans, short_rows, short_spans = [], [], [], []
    for row, text in enumerate(cut):
        for span in sentences(text):
            long_rows.append(row)
            long_spans.append(span)
            parts = phrases(text, *span)
            if len(parts) > 1:
                short_rows.extend([row] * len(parts))
                short_spans.extend(parts)
    whole = _matrix(buckets, places, offsets[:-1] - 1, offsets[1:] - 1)
    return Hashed(
        whole,
        _clauses(buckets, places, offsets, long_rows, long_spans),
        _clauses(buckets, places, offsets, short_rows, short_spans),
    )


def _clauses(
    buckets: npt.NDArray[np.int32],
    places: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    rows: list[int],
    spans: list[tuple[int, int]],
) -> Clauses:
    row = np.array(rows, dtype=np.int32)
    span = np.array(spans, dtype=np.int32).reshape(-1, 2)
    base = offsets[row] if len(rows) else np.empty(0, np.int64)
    return Clauses(row, span[:, 0], span[:, 1], _matrix(buckets, places, base + span[:, 0], base + span[:, 1]))


def _matrix(
    buckets: npt.NDArray[np.int32],
    places: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
) -> csr_matrix:
    """Return the matrix whose row ``i`` holds the n-grams that begin in ``[starts[i], ends[i])``; spans in order."""
    first, last = np.searchsorted(places, starts), np.searchsorted(places, ends)
    sizes = last - first
    pointer = np.concatenate(([0], np.cumsum(sizes)))
    if len(first) and int(pointer[-1]) == len(buckets) and first[0] == 0:
        indices = buckets
    else:
        inside = np.repeat(first - pointer[:-1], sizes) + np.arange(pointer[-1])
        indices = buckets[inside]
    weights = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    return csr_matrix((weights, indices, pointer), shape=(len(starts), BUCKETS))
