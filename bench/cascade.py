"""The whole cascade against MiniLM + logistic regression on every row: ``python -m bench.cascade [ROWS]``.

One split by source: every third gold source of ``../shared`` (without that folder: every third author of the corpus) is
held out from both. The cascade is fitted as ``pharmakon train --embeddings minilm`` does, stage two kept or left out by
its own measure; the baseline is a logistic regression on the embeddings of the same training rows. Its precision is
measured on our int8 embeddings (``pharmakon embeddings check`` says what those lose), its speed with
sentence-transformers in full precision. Processor seconds of this process, one thread, no cache.
``ROWS``: training rows, evenly drawn, for a quicker run [default: all].
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from classifier.assess import Assessor
from classifier.cascade import Cascade
from classifier.embeddings.encoder import Embeddings
from classifier.embeddings.export import PACKAGED, SourceEncoder, exported, find_source
from classifier.embeddings.folder import embeddings_root, folder_of
from classifier.embeddings.runtime import OnnxEncoder
from classifier.examples import Example
from classifier.metrics import average_precision
from classifier.train import SHARED, gather, languages_taught, prepare
from classifier.train_two import embed, train_cascade

_TIMED = 300
"""Held-out rows that speed is measured on."""


def _held_out(examples: Sequence[Example]) -> set[str]:
    origin = "gold" if any(e.origin == "gold" for e in examples) else "corpus"
    return set(sorted({e.source for e in examples if e.origin == origin})[::3])


def _seconds(work: Callable[[], object]) -> float:
    """Return processor seconds, the best of two."""
    spent = []
    for _ in range(2):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


def _baseline(vectors: Embeddings, examples: Sequence[Example]) -> Any:  # noqa: ANN401 - scikit-learn has no types
    from sklearn.linear_model import LogisticRegression

    known = [i for i, e in enumerate(examples) if e.suspicion != 1]
    truth = [examples[i].suspicion == 2 for i in known]
    return LogisticRegression(C=10.0, max_iter=2000).fit(vectors[known], truth)


def main(most: int | None) -> None:
    """Print one JSON object; ``most`` bounds the training rows."""
    import torch

    torch.set_num_threads(1)
    there = SHARED.is_dir()
    examples = gather(
        gold=SHARED / "gold" / "dev.jsonl" if there else None, venues=SHARED / "listings" if there else None
    )
    held = _held_out(examples)
    test = [e for e in examples if e.source in held and e.suspicion != 1]
    files = {e.file for e in test}
    training = [e for e in examples if e.source not in held and not (e.origin == "venue" and e.file in files)]
    if most and most < len(training):
        training = [training[place] for place in np.linspace(0, len(training) - 1, most).astype(int)]
    material, encoder = prepare(training), exported(PACKAGED, embeddings_root())
    vectors = embed(material, encoder)
    model, second = train_cascade(material, vectors, encoder)
    bare = OnnxEncoder(folder_of(encoder.digest, embeddings_root()))
    assessor = Assessor.load()
    listings = [e.listing for e in test]

    def with_(cascade: Cascade | None) -> Assessor:
        languages = languages_taught(training)
        return Assessor(model, model_id="bench", languages=languages, catalogue=assessor.catalogue, cascade=cascade)

    whole = with_(Cascade(second.stage, bare) if second.stage else None)
    texts = [r.text for r in prepare(test).readings]
    positive = np.array([e.suspicion == 2 for e in test])
    plain, source = _baseline(vectors, training), SourceEncoder(find_source(PACKAGED))
    timed = slice(0, _TIMED)
    ours = _seconds(lambda: list(whole.fields(listings[timed])))
    theirs = _seconds(lambda: plain.predict_proba(source.encode(texts[timed])))
    rows = len(listings[timed])
    answers = list(whole.fields(listings))
    risks = {
        "cascade": [a["risk"] for a in answers], "stage_one_alone": [a["risk"] for a in with_(None).fields(listings)],
        "minilm_logistic_regression": plain.predict_proba(encoder.encode(texts))[:, 1],
    }  # fmt: skip
    found = {
        "held_out": sorted(held), "training_rows": len(training), "rows": len(test), "positives": int(positive.sum()),
        "rows_per_second": {"cascade": round(rows / ours, 1), "minilm_logistic_regression": round(rows / theirs, 1)},
        "times_faster": round(theirs / ours, 1),
        "average_precision": {n: round(average_precision(np.array(r), positive) or 0.0, 4) for n, r in risks.items()},
        "answered_by_stage_two": sum(a["stage"] == 2 for a in answers), "stage_two_in_training": second.found,
    }  # fmt: skip
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else None)
