"""Which decided cases read like a listing: cosine of hashed n-grams, no model and no training."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from casefile.records import DecidedAs, DecidedListing, Listing, NearCase
from classifier.hashed import hash_texts
from classifier.text.normalise import normalise

Floats = npt.NDArray[np.float64]

READ = 1_500
"""Characters of title and description that are compared: what a listing is stands at its beginning, and a desk keeps
some 10 KB of each of its decided cases in memory."""

_AT_ONCE = 100
"""Texts hashed together: hashing takes several times the memory of its result."""

NEAREST_CONFIRMED, NEAREST_REJECTED = 3, 1


def text_vectors(listings: Sequence[Listing]) -> csr_matrix:
    """Return listings x buckets, rows of length 1 (or 0 where there is no text)."""
    texts = [
        normalise("\n".join(part for part in (one.title, one.description) if part)[:READ]).text for one in listings
    ]
    matrix = csr_matrix(hash_texts(texts, [[] for _ in texts]).whole, dtype=np.float32)
    matrix.sum_duplicates()
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    matrix.data /= np.repeat(np.where(length > 0, length, 1.0), np.diff(matrix.indptr))
    return matrix


class CaseIndex:
    """The decided cases of a casefile, hashed once; a case that is already known is not read again."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int], int] = {}
        self._matrix: csr_matrix | None = None

    def nearest(self, listing: Listing, cases: Sequence[DecidedListing]) -> tuple[list[NearCase], list[NearCase]]:
        """Return the three nearest confirmed cases and the nearest rejected one; never the listing itself."""
        others = [case for case in cases if case.listing.id != listing.id]
        if not others:
            return [], []
        similarity = self._similarity(listing, [case.listing for case in others])
        order = np.argsort(-similarity, kind="stable").tolist()
        found: dict[DecidedAs, list[NearCase]] = {"confirmed": [], "rejected": []}
        wanted = {"confirmed": NEAREST_CONFIRMED, "rejected": NEAREST_REJECTED}
        for number in order:
            case = others[number]
            if len(found[case.decided]) < wanted[case.decided]:
                found[case.decided].append(_near(case, float(similarity[number])))
        return found["confirmed"], found["rejected"]

    def _similarity(self, listing: Listing, others: Sequence[Listing]) -> Floats:
        new = {(one.id, one.version): one for one in others if (one.id, one.version) not in self._rows}
        if new:
            listings = list(new.values())
            hashed = [text_vectors(listings[at : at + _AT_ONCE]) for at in range(0, len(listings), _AT_ONCE)]
            known = [] if self._matrix is None else [self._matrix]
            self._rows |= {key: len(self._rows) + number for number, key in enumerate(new)}
            self._matrix = vstack([*known, *hashed], format="csr")
        if self._matrix is None:
            return np.zeros(0)
        alike = np.asarray((self._matrix @ text_vectors([listing]).T).todense(), dtype=float).ravel()
        return np.array([alike[self._rows[one.id, one.version]] for one in others])


def _near(case: DecidedListing, similarity: float) -> NearCase:
    one = case.listing
    return NearCase(
        id=one.id, version=one.version, site=one.site, title=(one.title or one.description or "")[:300],
        decided=case.decided, similarity=min(1.0, max(0.0, round(similarity, 6))),
    )  # fmt: skip
