"""``pharmakon evaluate``: how good the classifier is, on rows it has not learned from."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import Progress

from cli.progress import progress_bar
from cli.workspace import CHECKOUT, refuse

if TYPE_CHECKING:
    from classifier.train import Material

_FIGURES = ("rows", "positives", "ap", "worst_ap_by_source", "recall@10%", "wss@95", "f1", "accuracy", "pair_acc",
            "kind_acc", "cue_f1", "quote_hit", "suspected_f1", "brier", "ece", "precision@1%|0.1%")  # fmt: skip

SUITE = CHECKOUT / "tests" / "classifier" / "suite_dev.jsonl"


@click.command()
@click.option(
    "--gold", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Labelled rows to judge the model on."
)
@click.option(
    "--model",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Model folder [default: models/default].",
)
@click.option("--shared", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder with gold/dev.jsonl and listings/: leave-source-out on real rows.")  # fmt: skip
@click.option("--authors", is_flag=True, help="Leave-author-out on the authored corpus and its minimal pairs.")
@click.option("--languages", is_flag=True, help="Leave-language-out on the authored corpus: a language nobody taught.")
@click.option("--probes", is_flag=True,
              help="With --shared: loss by disguise, what format tells, what a random split flatters.")  # fmt: skip
@click.option("--card", is_flag=True,
              help="With --shared: also the suite, the bare-clone model and the probes; writes the card.")  # fmt: skip
@click.option("--at-once", type=click.IntRange(1, 9), default=1, show_default=True,
              help="With --shared: sources held out together; quicker, and harder for the model.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
def evaluate(
    gold: Path | None, folder: Path | None, shared: Path | None, authors: bool, languages: bool, probes: bool,
    card: bool, at_once: int, as_json: bool,
) -> None:  # fmt: skip
    """Measure the classifier on rows it has not learned from.

    --gold judges the model as it stands. --shared trains one model per source, without any row of that source, and
    judges it on the source held out; --authors and --languages do so by author and by language on the corpus that
    comes with the project.

    Example: pharmakon evaluate --shared ../shared
    """
    from classifier.examples import DataError
    from classifier.persist import ModelError

    if not (gold or shared or authors or languages):
        raise click.UsageError("say what to measure on: --gold FILE, --shared FOLDER, --authors or --languages")
    if (card or probes) and not shared:
        raise click.UsageError("--card and --probes need --shared: they give figures on real rows")
    try:
        figures = _on_finished(gold, folder, suite=card)
        if shared or authors or languages:
            with progress_bar() as bar:
                material = _material(shared, bar)
                if shared:
                    figures |= _on_sources(material, at_once, bar, probes=probes or card, bare=card)
                figures |= _on_corpus(material, bar, authors=authors, languages=languages)
        if card:
            _write_card(folder or CHECKOUT / "models" / "default", figures)
    except (DataError, ModelError, OSError) as error:
        raise refuse(str(error)) from error
    click.echo(json.dumps(figures, indent=1) if as_json else "\n".join(_lines(figures)))


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    for name, part in figures.items():
        yield name
        if name == "probes":
            yield from (f"  {probe} {json.dumps(found)}" for probe, found in part.items())
            continue
        yield f"  all {_line(part['all'])}"
        for key, (low, high) in part["intervals"].items():
            yield f"    {key} 95 % interval {low:.3f} to {high:.3f}"
        for key in ("by_source", "by_function", "by_language"):
            for value, measured in part.get(key, {}).items():
                yield f"  {value} {_line(measured)}"


def _line(figures: dict[str, Any]) -> str:
    shown = ((k, figures[k]) for k in _FIGURES if k in figures)
    return " ".join(f"{k}={v:.3f}" if isinstance(v, float) else f"{k}={v}" for k, v in shown)


def _on_finished(gold: Path | None, folder: Path | None, *, suite: bool) -> dict[str, Any]:
    """Judge the finished model on files it has not learned from."""
    from classifier.assess import Assessor
    from classifier.evaluate import assess_examples, report
    from classifier.examples import read_examples

    figures: dict[str, Any] = {}
    files = [(gold, gold.stem, "gold")] if gold else []
    if gold:
        _warn_if_trained_on(gold, folder)
    if suite and SUITE.is_file():
        files.append((SUITE, "suite", "suite"))
    for path, name, origin in files:
        rows = read_examples(path, origin=origin)
        judged = assess_examples(Assessor.load(folder), rows)
        figures[name] = report(judged, functions=any(r.function for r in rows))
    return figures


def _on_sources(material: "Material", at_once: int, bar: Progress, *, probes: bool, bare: bool) -> dict[str, Any]:
    """Leave sources out; with ``probes`` judge the same rows disguised by the same models."""
    from classifier.evaluate import judge_rows, report, source_groups, source_models, without_gold
    from classifier.probes import disguised, format_probe, loss_by_disguise, random_split

    bent = disguised(material) if probes else None
    place = {e.listing.id: i for i, e in enumerate(bent.examples)} if bent else {}
    plain_rows, bent_rows = [], []
    task = bar.add_task("leaving sources out", total=len(source_groups(material.examples, at_once)))
    for model, test in source_models(material, at_once=at_once):
        plain_rows += judge_rows(model, material, test)
        if bent:
            bent_rows += judge_rows(model, bent, [place[material.examples[i].listing.id] for i in test])
        bar.advance(task)
    figures: dict[str, Any] = {"leave_source_out": report(plain_rows) | {"sources_at_once": at_once}}
    if probes:
        figures["probes"] = {
            "disguise": loss_by_disguise(plain_rows, bent_rows),
            "format": format_probe(material.examples),
            "random_split": random_split(material),
        }
    if bare:
        figures["bare_clone"] = report(without_gold(material))
    return figures


def _on_corpus(material: "Material", bar: Progress, *, authors: bool, languages: bool) -> dict[str, Any]:
    from classifier.evaluate import leave_author_out, leave_language_out, report

    figures: dict[str, Any] = {}
    authored = [e for e in material.examples if e.origin in ("corpus", "pairs")]
    if authors:
        author = bar.add_task("leaving one author out", total=len({e.file for e in authored}))
        figures["leave_author_out"] = report(leave_author_out(material, tick=lambda: bar.advance(author)))
    if languages:
        language = bar.add_task("leaving one language out", total=len({e.language for e in authored}))
        figures["leave_language_out"] = report(leave_language_out(material, tick=lambda: bar.advance(language)))
    return figures


def _material(shared: Path | None, bar: Progress) -> "Material":
    from classifier.train import gather, prepare

    examples = gather(
        gold=shared / "gold" / "dev.jsonl" if shared else None, venues=shared / "listings" if shared else None
    )
    task = bar.add_task("reading listings", total=len(examples))
    return prepare(examples, tick=lambda n: bar.advance(task, n))


def _warn_if_trained_on(gold: Path, folder: Path | None) -> None:
    from classifier.assess import DEFAULT_MODEL
    from classifier.persist import load_model

    _, manifest = load_model(folder or DEFAULT_MODEL)
    digest = hashlib.sha256(gold.read_bytes()).hexdigest()
    if any(part.get("sha256") == digest for part in manifest["about"].get("data", ())):
        click.echo(f"note: the model was trained on {gold.name}: these figures say nothing of unseen rows", err=True)


def _write_card(folder: Path, figures: dict[str, Any]) -> None:
    from classifier.card import render_card
    from classifier.persist import load_model

    _, manifest = load_model(folder)
    text = json.dumps({"model": manifest["id"], "figures": figures}, indent=1, sort_keys=True) + "\n"
    (folder / "metrics.json").write_text(text, encoding="utf-8")
    card = render_card(manifest, json.loads(text)["figures"])  # from what is kept, so that both always agree
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
