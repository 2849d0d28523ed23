"""How good the classifier is, measured the way it will be used: on sources it has never seen.

``source_models`` trains one model per gold source, without any row of that source: neither gold rows nor rows of
the venue file it was drawn from. A random split is never reported (field note: it measures the venue and nothing else).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from casefile.records import KINDS, SUSPECTED_CLASSES
from classifier.assess import Assessor
from classifier.examples import Example
from classifier.fit import fit_model, predict
from classifier.metrics import Judged, by, intervals, measure
from classifier.model import Model
from classifier.train import Material

INTERVALS = ("ap", "recall@10%", "f1", "accuracy", "kind_acc", "cue_f1", "suspected_f1", "pair_acc")
Tick = Callable[[], None]


def _quotes(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = defaultdict(list)
    for cue, quote in pairs:
        table[cue].append(quote)
    return dict(table)


def judge(
    example: Example, *, kind: str, risk: float, suspected: Mapping[str, float], cues: Iterable[tuple[str, str]]
) -> Judged:
    """Put an assessment beside the truth of ``example``."""
    return Judged(
        id=example.listing.id, kind=example.kind or "?", suspicion=example.suspicion, suspected=example.suspected,
        cues=_quotes(example.cues), optional_cues=example.optional_cues, pair=example.pair, source=example.source,
        language=example.language, function=example.function or "?", group=example.group,
        got_kind=kind, got_risk=risk, got_suspected=suspected, got_cues=_quotes(cues),
    )  # fmt: skip


def assess_examples(assessor: Assessor, examples: Sequence[Example]) -> list[Judged]:
    """Judge a finished model on ``examples`` that it was not trained on."""
    out = []
    for example, got in zip(examples, assessor.fields([e.listing for e in examples]), strict=True):
        cues = [(c["cue"], c["quote"]) for c in got["cues"]]
        out.append(judge(example, kind=got["kind"], risk=got["risk"], suspected=got["suspected"], cues=cues))
    return out


def judge_rows(model: Model, material: Material, rows: Sequence[int]) -> list[Judged]:
    """Judge ``rows`` of ``material`` by ``model``, which must not have learned from them."""
    scores = predict(model, material.table, np.array(rows))
    out = []
    for place, row in enumerate(rows):
        suspected = dict(zip(SUSPECTED_CLASSES, scores.suspected[place].tolist(), strict=True))
        cues = [(c.cue, c.quote) for c in material.readings[row].findings.cues]
        kind = KINDS[int(scores.kind[place].argmax())]
        out.append(
            judge(material.examples[row], kind=kind, risk=float(scores.risk[place]), suspected=suspected, cues=cues)
        )
    return out


def fitted(material: Material, train: Sequence[int]) -> Model:
    """Fit a model on the rows ``train`` of ``material``."""
    return fit_model(material.table, np.array(train))


def source_groups(examples: Sequence[Example], at_once: int) -> list[frozenset[str]]:
    """Deal the gold sources into groups of at most ``at_once``; neighbours by name go to different groups."""
    sources = sorted({e.source for e in examples if e.origin == "gold"})
    groups = -(-len(sources) // at_once)
    return [frozenset(sources[start::groups]) for start in range(groups)]


def source_models(material: Material, *, at_once: int = 1) -> Iterator[tuple[Model, list[int]]]:
    """Yield ``(model, gold rows)``: each model has seen no row of the sources of its gold rows.

    ``at_once`` sources are held out together: as many times quicker, and harder, for the model lacks the others too.
    """
    examples = material.examples
    for sources in source_groups(examples, at_once):
        test = [i for i, e in enumerate(examples) if e.origin == "gold" and e.source in sources]
        files = {examples[i].file for i in test}
        train = [
            i for i, e in enumerate(examples)
            if not (e.origin == "gold" and e.source in sources) and not (e.origin == "venue" and e.file in files)
        ]  # fmt: skip
        yield fitted(material, train), test


def _authored(material: Material) -> list[int]:
    return [i for i, e in enumerate(material.examples) if e.origin in ("corpus", "pairs")]


def leave_author_out(material: Material, *, tick: Tick = lambda: None) -> list[Judged]:
    """Judge every corpus row by a model trained without its author's files (one author a file, so ``file`` is he)."""
    return _leave_out(material, lambda e: e.file, tick)


def leave_language_out(material: Material, *, tick: Tick = lambda: None) -> list[Judged]:
    """Judge every corpus row by a model that has seen no row in its language: what a language nobody taught it gets."""
    return _leave_out(material, lambda e: e.language, tick)


def _leave_out(material: Material, key: Callable[[Example], str], tick: Tick) -> list[Judged]:
    out: list[Judged] = []
    authored = _authored(material)
    for value in sorted({key(material.examples[i]) for i in authored}):
        test = [i for i in authored if key(material.examples[i]) == value]
        train = [i for i, e in enumerate(material.examples) if key(e) != value]
        out += judge_rows(fitted(material, train), material, test)
        tick()
    return out


def without_gold(material: Material) -> list[Judged]:
    """Judge every gold row by a model of the corpus alone: what a bare clone reaches on real listings."""
    gold = [i for i, e in enumerate(material.examples) if e.origin == "gold"]
    return judge_rows(fitted(material, _authored(material)), material, gold)


def report(rows: Sequence[Judged], *, functions: bool = False) -> dict[str, Any]:
    """Return figures overall with intervals, by source and by language (by function for a suite)."""
    out: dict[str, Any] = {"all": measure(rows), "intervals": intervals(rows, INTERVALS, rounds=200)}
    keys = {
        "language": lambda r: r.language,
        **({"function": lambda r: r.function} if functions else {"source": lambda r: r.source}),
    }
    for name, key in keys.items():
        out[f"by_{name}"] = {value: measure(part) for value, part in by(rows, key).items()}
    precisions = [m["ap"] for m in out.get("by_source", {}).values() if "ap" in m]
    if precisions:
        out["all"]["worst_ap_by_source"] = min(precisions)
    return out
