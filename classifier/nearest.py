"""Which decided cases read like a listing: cosine of hashed n-grams, no model and no training."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from casefile.records import DecidedAs, DecidedListing, Listing, NearCase
from classifier.hashed import hash_texts
from classifier.text.normalise import normalise

READ = 4_000
"""Characters of title and description that are compared: what a listing is stands at its beginning."""

NEAREST_CONFIRMED, NEAREST_REJECTED = 3, 1


def text_vectors(listings: Sequence[Listing]) -> csr_matrix:
    """Return listings x buckets, rows of length 1 (or 0 where there is no text)."""
    texts = [
        normalise("\n".join(part for part in (one.title, one.description) if part)[:READ]).text for one in listings
    ]
    matrix = csr_matrix(hash_texts(texts, [[] for _ in texts]).whole, dtype=np.float64)
    matrix.sum_duplicates()
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    matrix.data /= np.repeat(np.where(length > 0, length, 1.0), np.diff(matrix.indptr))
    return matrix


class CaseIndex:
    """The decided cases of a casefile, hashed once; a case that is already known is not read again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], csr_matrix] = {}

    def nearest(self, listing: Listing, cases: Sequence[DecidedListing]) -> tuple[list[NearCase], list[NearCase]]:
        """Return the three nearest confirmed cases and the nearest rejected one; never the listing itself."""
        others = [case for case in cases if case.listing.id != listing.id]
        if not others:
            return [], []
        similarity = self._similarity(listing, [case.listing for case in others])
        order = np.argsort(-similarity, kind="stable").tolist()
        found: dict[DecidedAs, list[NearCase]] = {"confirmed": [], "rejected": []}
        for number in order:
            case = others[number]
            found[case.decided].append(_near(case, float(similarity[number])))
        return found["confirmed"][:NEAREST_CONFIRMED], found["rejected"][:NEAREST_REJECTED]

    def _similarity(self, listing: Listing, others: Sequence[Listing]) -> npt.NDArray[np.float64]:
        keys = [(one.id, one.version) for one in others]
        new = [one for one, key in zip(others, keys, strict=True) if key not in self._known]
        if new:
            rows = text_vectors(new)
            self._known |= {(one.id, one.version): rows[number] for number, one in enumerate(new)}
        matrix = vstack([self._known[key] for key in keys], format="csr")
        return np.asarray((matrix @ text_vectors([listing]).T).todense(), dtype=float).ravel()


def _near(case: DecidedListing, similarity: float) -> NearCase:
    one = case.listing
    return NearCase(
        id=one.id, version=one.version, site=one.site, title=(one.title or one.description or "")[:300],
        decided=case.decided, similarity=min(1.0, max(0.0, round(similarity, 6))),
    )  # fmt: skip
