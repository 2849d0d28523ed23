"""Rows a second and core from listing to assessment, stage by stage, beside a plain hashing baseline in the same run.

Run: ``python -m bench assess_speed``. Two lengths, those of the field notes: titles of 78 characters, descriptions of
818. Two mixes: ``corpus``, the authored rows of ``data/corpus`` (twenty languages, nearly all full of names and cues:
the worst case), and ``crawl``, rows of ``../shared/listings`` where that folder is there (equal parts of every file).
Every text is read once before the clock starts, as in any long run; three passes, the best counts.

The baseline is scikit-learn's ``HashingVectorizer`` (char_wb 3-5) with one logistic regression: no normalising, no
lexicon, no cues, no quotes, one answer. ``stage 1`` is the same work in this program: hashing, concepts and clauses of
texts that are read already, and all answers of the linear model. Seconds are processor time of this process, so that
waiting does not count; a busy machine still slows every figure, and the ratio is the one to compare.
"""

import gzip
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

from casefile.records import Listing
from classifier.assess import BATCH, Assessor
from classifier.concepts import load_concepts
from classifier.cues.matching import read as words_of
from classifier.cues.matching import scan
from classifier.examples import read_corpus
from classifier.goods import load_goods
from classifier.reading import features, read
from classifier.signals import signals_of
from classifier.text.language import detect
from classifier.text.normalise import normalise
from classifier.train import CORPUS

LENGTHS = {"titles of 78 characters": ("title", 78, 3000), "descriptions of 818 characters": ("description", 818, 1000)}
SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "listings"
_PER_FILE = 500


def _seconds(work: Callable[[], object]) -> float:
    """Return the processor time of ``work``, the best of three (noise only ever slows)."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


def _corpus() -> Iterator[str]:
    whole = " ".join(f"{e.listing.title or ''} {e.listing.description or ''}" for e in read_corpus(CORPUS))
    step = 400
    yield from (whole[start : start + 818] for start in range(0, len(whole) - 818, step))


def _crawl() -> Iterator[str]:
    for path in sorted(SHARED.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        for row in rows[:: max(1, len(rows) // _PER_FILE)][:_PER_FILE]:
            yield f"{row.get('title') or ''} {row.get('description') or ''}".strip()


def _texts(source: Callable[[], Iterator[str]], length: int, count: int) -> list[str]:
    """Return at most ``count`` texts cut to ``length``, spread over the source; those much shorter are left out."""
    long_enough = [text[:length] for text in source() if len(text) >= length * 0.9]
    return long_enough[:: max(1, len(long_enough) // count)][:count]


def _baseline(texts: Sequence[str]) -> Callable[[], object]:
    vectorizer = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), n_features=1 << 18)
    model = LogisticRegression(solver="liblinear").fit(vectorizer.transform(texts[:200]), [i % 2 for i in range(200)])
    return lambda: model.predict_proba(vectorizer.transform(texts))


def _stages(assessor: Assessor, listings: Sequence[Listing]) -> dict[str, float]:
    """Return microseconds a row of each part of the way; parts in brackets are contained in the line before."""
    catalogue, raws = assessor.catalogue, [one.title or one.description or "" for one in listings]
    normal = [normalise(raw) for raw in raws]
    words = [words_of(catalogue.book, text) for text in normal]
    findings = [catalogue.find_all(one) for one in listings]
    readings = [read(catalogue, one) for one in listings]
    concepts, goods = load_concepts(), load_goods()
    starts = range(0, len(readings), BATCH)
    blocks = [features(readings[start : start + BATCH]) for start in starts]
    parts: dict[str, Callable[[], object]] = {
        "stage 0: rules and lexicon": lambda: [read(catalogue, one) for one in listings],
        "(normalise)": lambda: [normalise(raw) for raw in raws],
        "(names of medicines)": lambda: [catalogue.lexicon.find(text) for text in normal],
        "(words of cues)": lambda: [words_of(catalogue.book, text) for text in normal],
        "(phrases of cues)": lambda: [scan(catalogue.book, each) for each in words],
        "(language)": lambda: [detect(raw) for raw in raws],
        "(signals, with goods)": lambda: [signals_of(*each) for each in zip(listings, findings, strict=True)],
        "((goods))": lambda: [goods.count(text.text) for text in normal],
        "stage 1: hashing": lambda: [features(readings[start : start + BATCH]) for start in starts],
        "(concepts)": lambda: [concepts.find(each.text, each.language) for each in readings],
        "stage 1: linear model": lambda: [assessor.model.scores(*block) for block in blocks],
    }
    return {name: round(_seconds(work) / len(listings) * 1e6, 1) for name, work in parts.items()}


def _measured(assessor: Assessor, field: str, texts: Sequence[str]) -> dict[str, object]:
    listings = [Listing.model_validate({"id": str(n), field: text}) for n, text in enumerate(texts)]
    list(assessor.fields(listings))
    stages = _stages(assessor, listings)
    ours = len(texts) / _seconds(lambda: list(assessor.fields(listings)))
    plain = len(texts) / _seconds(_baseline(texts))
    stage_1 = 1e6 / (stages["stage 1: hashing"] + stages["stage 1: linear model"])
    return {
        "rows": len(texts), "plain_hashing_rows_per_second": round(plain),
        "stage_1_rows_per_second": round(stage_1), "stage_1_ratio": round(stage_1 / plain, 3),
        "assess_rows_per_second": round(ours), "assess_ratio": round(ours / plain, 3),
        "microseconds_a_row": stages,
    }  # fmt: skip


def main() -> None:
    """Print one JSON object."""
    started = time.process_time()
    assessor = Assessor.load()
    assessor.assess(Listing(id="first", title="Xanax 2mg without prescription"))
    out: dict[str, object] = {"first_assessment_seconds": round(time.process_time() - started, 2)}
    for mix, source in (("corpus", _corpus), ("crawl", _crawl)):
        for name, (field, length, count) in LENGTHS.items():
            if texts := _texts(source, length, count):
                out[f"{mix}: {name}"] = _measured(assessor, field, texts)
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
