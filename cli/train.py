"""``pharmakon train``: labelled listings to a model folder."""

import gzip
import hashlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.embeddings import embed_rows, told
from cli.model import adopt_candidate, anyway_option, frozen_option
from cli.progress import progress_bar
from cli.workspace import CHECKOUT, open_casefile, refuse, workspace_option

if TYPE_CHECKING:
    from classifier.examples import Example


def data_sheet(paths: list[Path], licence: str) -> list[dict[str, str | int]]:
    """Return name, rows, licence and SHA-256 of each file trained on."""
    sheet: list[dict[str, str | int]] = []
    for path in paths:
        content = path.read_bytes()
        text = gzip.decompress(content) if path.suffix == ".gz" else content
        rows = sum(bool(line.strip()) for line in text.split(b"\n"))
        name = f"{path.parent.name}/{path.name}"
        sheet.append({"name": name, "rows": rows, "licence": licence, "sha256": hashlib.sha256(content).hexdigest()})
    return sheet


_NOT_SHIPPED = "not redistributable: informs the weights, no text of it is part of the project"


def _venue_files() -> list[str]:
    from classifier.examples import VENUES

    return [f"{name}.jsonl.gz" for name in sorted(VENUES)]


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=CHECKOUT / "models" / "default",
              show_default="models/default", help="Model folder to write, each file in one step.")  # fmt: skip
@click.option("--shared", type=click.Path(exists=True, file_okay=False, path_type=Path), default=None,
              help="Folder with gold/dev.jsonl and listings/: real rows to learn from beside the corpus.")  # fmt: skip
@click.option("--decisions", is_flag=True, help="Learn from what people decided in the casefile of --workspace too.")
@click.option("--embeddings", "encoder", metavar="ENCODER",
              help="Fit stage two on sentence embeddings of ENCODER: minilm (comes with the program), a folder of a "
                   "sentence-transformers model, or the name of one in this machine's Hugging Face cache.")  # fmt: skip
@click.option("--prevalence", type=click.FloatRange(0.0001, 0.9999),
              help="Share of true cases in your crawls to state risk for [default: as in training].")  # fmt: skip
@click.option("--adopt", is_flag=True,
              help="Write a candidate beside --out and put it in its place only if it is not worse.")  # fmt: skip
@frozen_option
@anyway_option
@workspace_option
def train(
    out: Path, shared: Path | None, decisions: bool, encoder: str | None, prevalence: float | None, adopt: bool,
    frozen: tuple[Path, ...], anyway: str | None, workspace: Path,
) -> None:  # fmt: skip
    """Train the classifier on the authored corpus, and on hand-labelled rows and decisions where given.

    Works from a bare clone. The same data, lexicon and program give the same model id. Of real listings only hashed
    features reach the model, never their text. --embeddings fits stage two as well and keeps it only where it is not
    worse on groups of rows it has not seen; either way its figures are printed and stand in the model's manifest.

    Example: pharmakon train --shared ../shared --decisions --adopt
    """
    from classifier.examples import DataError

    if (frozen or anyway) and not adopt:
        raise click.UsageError("--frozen and --anyway go with --adopt")
    target = out.with_name(f"{out.name}.candidate") if adopt else out
    try:
        examples, sheet = _rows(shared, workspace if decisions else None)
    except (DataError, OSError) as error:
        raise refuse(str(error)) from error
    model_id = _fit(target, examples, sheet, encoder, prevalence)
    click.echo(f"model {model_id[:12]} from {len(examples)} labelled listings written to {target}")
    if adopt:
        log = workspace if (workspace / "casefile.db").is_file() else None
        adopt_candidate(target, out, frozen, anyway=anyway, workspace=log)


def _rows(shared: Path | None, workspace: Path | None) -> "tuple[list[Example], list[dict[str, Any]]]":
    """Return the labelled rows of every source given, and the data sheet that names them."""
    from classifier.train import CORPUS, gather

    gold = shared / "gold" / "dev.jsonl" if shared else None
    venues = shared / "listings" if shared else None
    examples = gather(gold=gold, venues=venues)
    sheet: list[dict[str, Any]] = data_sheet(
        sorted(CORPUS.glob("*.jsonl")) + sorted((CORPUS / "pairs").glob("*.jsonl")), "CC0-1.0"
    )
    sheet += data_sheet([gold], _NOT_SHIPPED) if gold else []
    drawn = Counter(f"{e.file}.jsonl.gz" for e in examples if e.origin == "venue")
    sheet += [
        part | {"used": drawn[path.name]}
        for path in (map(venues.joinpath, _venue_files()) if venues else ())
        if path.is_file()
        for part in data_sheet([path], _NOT_SHIPPED)
    ]
    if workspace is not None:
        found, line = decision_rows(workspace)
        examples += found
        sheet.append(line)
    return examples, sheet


def decision_rows(workspace: Path) -> "tuple[list[Example], dict[str, Any]]":
    """Return the decisions of a casefile as labelled rows, and their line of the data sheet."""
    from casefile.labels import decided_listings
    from casefile.policy import PolicyError
    from classifier.decided import MOST_DECISIONS, decision_examples, decision_sheet
    from classifier.train import WEIGHTS

    casefile = open_casefile(workspace)
    try:
        decided = list(decided_listings(casefile, most=MOST_DECISIONS))
    except PolicyError as error:
        raise refuse(str(error)) from error
    finally:
        casefile.close()
    if not decided:
        raise refuse(
            f"{workspace}: nothing is confirmed or rejected there yet (as many people as policy.yaml asks for must "
            "agree); review some listings first, or train without --decisions"
        )
    return decision_examples(decided), decision_sheet(decided, weight=WEIGHTS["decision"])


def _fit(
    out: Path, examples: "list[Example]", sheet: "list[dict[str, Any]]", encoder: str | None, prevalence: float | None
) -> str:
    """Fit and write the model, with stage two where an encoder is named; returns its id."""
    from classifier.fit import FOLDS
    from classifier.train import prepare, write_model
    from classifier.train import train as fit
    from classifier.train_two import train_cascade

    with progress_bar() as bar:
        reading = bar.add_task("reading listings", total=len(examples))
        material = prepare(examples, prevalence=prevalence, tick=lambda n: bar.advance(reading, n))
        runner, embedded = embed_rows(material, encoder, bar) if encoder else (None, None)
        fitting = bar.add_task("fitting", total=FOLDS + 1 + (runner is not None))
        if runner is not None and embedded is not None:
            model, second = train_cascade(material, embedded, runner, tick=lambda: bar.advance(fitting))
        else:
            model, second = fit(material, tick=lambda: bar.advance(fitting)), None
    if second is not None:
        click.echo(told(second.found))
    try:
        return write_model(out, model, material, data=sheet, second=second)
    except OSError as error:
        raise refuse(f"{out}: the model cannot be written ({error.strerror or error})") from error
