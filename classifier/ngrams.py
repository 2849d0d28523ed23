"""Hashed n-grams of many texts at once: character n-grams and words, in a few array operations.

One call hashes a block of texts that lie in one code point array. The hash of a slice comes from prefix sums
(``sum(c_i * B**i)`` modulo 2**64, divided by ``B**start``, which exists because ``B`` is odd), so that every slice of
every length costs the same few array operations. scikit-learn's ``HashingVectorizer`` builds each n-gram as a Python
string first and is several times slower; ``bench/assess_speed.py`` prints the ratio.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

BITS = 18
BUCKETS = 1 << BITS
"""Number of hash buckets: at 300,000 distinct n-grams in training, most buckets hold one or two."""

CHAR_SIZES = (3, 4, 5)
"""Sizes of the character n-grams; sizes 1 and 2 are added where the script writes words in one or two signs."""

DENSE_SIZES = (1, 2)

U64 = npt.NDArray[np.uint64]
_BASE = 0x9E3779B97F4A7C15 | 1
_MASK = (1 << 64) - 1
_TABLE = 0x30000


@cache
def _powers(length: int) -> tuple[U64, U64]:
    """Return ``B**i`` and ``B**-i`` modulo 2**64 for ``i`` below ``length``."""
    base, inverse = np.uint64(_BASE), np.uint64(pow(_BASE, -1, 1 << 64))
    up = np.full(length, base, dtype=np.uint64)
    down = np.full(length, inverse, dtype=np.uint64)
    up[0] = down[0] = 1
    return np.cumprod(up, dtype=np.uint64), np.cumprod(down, dtype=np.uint64)


@cache
def _classes() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.uint32]]:
    """Return per code point: is it part of a word, is its script dense, and what stands for it when hashed."""
    import unicodedata

    names = "".join(map(unicodedata.category, map(chr, range(_TABLE)))).encode()
    first, second = np.frombuffer(names, dtype="S1").reshape(_TABLE, 2).T
    word = (first == b"L") | (first == b"M") | (first == b"N")
    fold = np.arange(_TABLE, dtype=np.uint32)
    # 100 mg and 50 mg are the same words; strengths are the lexicon's business
    fold[(first == b"N") & (second == b"d")] = ord("0")
    dense = np.zeros(_TABLE, dtype=bool)
    for low, high in ((0x2E80, 0xA000), (0xAC00, 0xD7B0), (0xF900, 0xFB00), (0x0E00, 0x1100), (0x20000, 0x30000)):
        dense[low:high] = True
    return word, dense & word, fold


def _mix(values: U64, salt: int) -> npt.NDArray[np.int32]:
    """Spread hash ``values`` over the buckets; ``salt`` keeps the kinds of n-gram apart."""
    mixed = (values ^ np.uint64(salt * 0xD6E8FEB86659FD93 & _MASK)) * np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    return (mixed >> np.uint64(64 - BITS)).astype(np.int32)


def hash_keys(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Return the buckets of concept keys, kept apart from those of n-grams by their own salt."""
    return _mix(keys.astype(np.uint64), 17)


def ngrams(text: str) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return ``(bucket, place)`` of every n-gram of ``text``: hash bucket and index of its first character.

    ``text`` is lower-cased, each text of a block begins and ends with a line break, and no n-gram crosses one.
    A character n-gram may cross one space, so it carries word order; words and word pairs carry whole words.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    if codes.size < 2:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    word_table, dense_table, fold = _classes()
    inside = np.where(codes < _TABLE, codes, 0)
    folded = np.where(codes < _TABLE, fold[inside], codes).astype(np.uint64)
    up, down = _powers(1 << max(10, int(codes.size).bit_length()))
    total = np.empty(codes.size + 1, dtype=np.uint64)
    total[0] = 0
    np.cumsum((folded + np.uint64(1)) * up[: codes.size], out=total[1:])
    breaks = np.concatenate(([0], np.cumsum(codes == 10)))
    buckets, places = [], []

    def add(start: npt.NDArray[np.intp], end: npt.NDArray[np.intp], salt: int) -> None:
        buckets.append(_mix((total[end] - total[start]) * down[start], salt))
        places.append(start.astype(np.int32))

    every = np.arange(codes.size)
    for size in CHAR_SIZES:
        start = every[: max(0, codes.size - size + 1)]
        add(start[breaks[start + size] == breaks[start]], (start + size)[breaks[start + size] == breaks[start]], size)
    dense = np.concatenate((dense_table[inside], [False]))
    if dense.any():
        for size in DENSE_SIZES:
            start = every[dense[:-1] & dense[np.minimum(every + size - 1, codes.size)]]
            add(start, start + size, size)
    word = np.concatenate(([False], word_table[inside], [False]))
    first = np.flatnonzero(word[1:] & ~word[:-1])
    last = np.flatnonzero(word[:-1] & ~word[1:])
    add(first, last, 8)
    together = breaks[first[1:]] == breaks[first[:-1]]
    pair_hash = (total[last] - total[first]) * down[first]
    if first.size > 1:
        joined = pair_hash[:-1] * np.uint64(0x9FB21C651E98DF25) + pair_hash[1:]
        buckets.append(_mix(joined[together], 9))
        places.append(first[:-1][together].astype(np.int32))
    return np.concatenate(buckets), np.concatenate(places)
