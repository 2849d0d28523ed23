"""Rows a second and core, the whole way from listing to assessment, beside a plain hashing baseline in the same run.

Run: ``python -m bench.assess_speed``. Texts are rows of ``data/corpus`` repeated or cut to the two lengths of the field
notes: titles of 78 characters, descriptions of 818. The baseline is scikit-learn's ``HashingVectorizer``
(char_wb 3-5) with one logistic regression: no normalising, no lexicon, no cues, no quotes, one answer. Seconds are
processor time of this process, so that other work on the machine does not count.
"""

import json
import time
from collections.abc import Callable, Sequence

from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

from casefile.records import Listing
from classifier.assess import Assessor
from classifier.examples import read_corpus
from classifier.train import CORPUS

LENGTHS = {"titles of 78 characters": (78, 3000), "descriptions of 818 characters": (818, 1000)}


def _rate(work: Callable[[], object], rows: int) -> float:
    """Return rows a second, the best of three (noise only ever slows)."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return rows / best


def _texts(length: int, count: int) -> list[str]:
    whole = " ".join(f"{e.listing.title or ''} {e.listing.description or ''}" for e in read_corpus(CORPUS))
    step = max(1, (len(whole) - length) // count)
    return [whole[i * step : i * step + length] for i in range(count)]


def _baseline(texts: Sequence[str]) -> Callable[[], object]:
    vectorizer = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), n_features=1 << 18)
    model = LogisticRegression(solver="liblinear").fit(vectorizer.transform(texts[:200]), [i % 2 for i in range(200)])
    return lambda: model.predict_proba(vectorizer.transform(texts))


def main() -> None:
    """Print one JSON object."""
    started = time.process_time()
    assessor = Assessor.load()
    assessor.assess(Listing(id="first", title="Xanax 2mg without prescription"))
    out: dict[str, object] = {"first_assessment_seconds": round(time.process_time() - started, 2)}
    for name, (length, count) in LENGTHS.items():
        texts = _texts(length, count)
        field = "title" if length < 100 else "description"
        listings = [Listing.model_validate({"id": str(n), field: text}) for n, text in enumerate(texts)]
        ours = _rate(lambda batch=listings: list(assessor.fields(batch)), count)  # type: ignore[misc]
        plain = _rate(_baseline(texts), count)
        out[name] = {
            "assess_rows_per_second": round(ours), "plain_hashing_rows_per_second": round(plain),
            "ratio": round(ours / plain, 3),
        }  # fmt: skip
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
