"""``pharmakon evaluate``: how good the classifier is, on rows it has not learned from."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

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
@click.option(
    "--card", is_flag=True, help="With --shared: measure also the suite and the bare-clone model, and write the card."
)
@click.option("--at-once", type=click.IntRange(1, 9), default=1, show_default=True,
              help="With --shared: sources held out together; quicker, and harder for the model.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
def evaluate(
    gold: Path | None, folder: Path | None, shared: Path | None, authors: bool, card: bool, at_once: int, as_json: bool
) -> None:
    """Measure the classifier on rows it has not learned from.

    --gold judges the model as it stands. --shared trains one model per source, without any row of that source, and
    judges it on the source held out; --authors does so by author on the corpus that comes with the project.

    Example: pharmakon evaluate --shared ../shared
    """
    from classifier.examples import DataError
    from classifier.persist import ModelError

    if not (gold or shared or authors):
        raise click.UsageError("say what to measure on: --gold FILE, --shared FOLDER or --authors")
    if card and not shared:
        raise click.UsageError("--card needs --shared: the card gives the figures on real rows")
    try:
        figures = _measure(gold, folder, shared, authors, card, at_once)
        if card:
            _write_card(folder or CHECKOUT / "models" / "default", figures)
    except (DataError, ModelError, OSError) as error:
        raise refuse(str(error)) from error
    if as_json:
        click.echo(json.dumps(figures, indent=1))
        return
    for name, part in figures.items():
        click.echo(f"{name}")
        click.echo(f"  all {_line(part['all'])}")
        for key, (low, high) in part["intervals"].items():
            click.echo(f"    {key} 95 % interval {low:.3f} to {high:.3f}")
        for key in ("by_source", "by_function", "by_language"):
            for value, measured in part.get(key, {}).items():
                click.echo(f"  {value} {_line(measured)}")


def _line(figures: dict[str, Any]) -> str:
    shown = ((k, figures[k]) for k in _FIGURES if k in figures)
    return " ".join(f"{k}={v:.3f}" if isinstance(v, float) else f"{k}={v}" for k, v in shown)


def _measure(
    gold: Path | None, folder: Path | None, shared: Path | None, authors: bool, card: bool, at_once: int
) -> dict[str, Any]:
    from classifier.assess import Assessor
    from classifier.evaluate import (
        assess_examples,
        leave_author_out,
        leave_source_out,
        report,
        source_groups,
        without_gold,
    )
    from classifier.examples import read_examples

    figures: dict[str, Any] = {}
    if gold:
        _warn_if_trained_on(gold, folder)
        rows = read_examples(gold, origin="gold")
        figures[gold.stem] = report(
            assess_examples(Assessor.load(folder), rows), functions=any(r.function for r in rows)
        )
    if card and SUITE.is_file():
        rows = read_examples(SUITE, origin="suite")
        figures["suite"] = report(assess_examples(Assessor.load(folder), rows), functions=True)
    if shared or authors:
        with progress_bar() as bar:
            material = _material(shared, bar)
            if shared:
                task = bar.add_task("leaving sources out", total=len(source_groups(material.examples, at_once)))
                judged = leave_source_out(material, at_once=at_once, tick=lambda: bar.advance(task))
                figures["leave_source_out"] = report(judged) | {"sources_at_once": at_once}
            if card:
                figures["bare_clone"] = report(without_gold(material))
            if authors:
                files = len({e.file for e in material.examples if e.origin in ("corpus", "pairs")})
                author = bar.add_task("leaving one author out", total=files)
                figures["leave_author_out"] = report(leave_author_out(material, tick=lambda: bar.advance(author)))
    return figures


def _material(shared: Path | None, bar: Any) -> "Material":  # noqa: ANN401 - a rich Progress
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
    metrics = {"model": manifest["id"], "figures": figures}
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (folder / "MODEL_CARD.md").write_text(render_card(manifest, figures), encoding="utf-8")
