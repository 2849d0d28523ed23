"""``pharmakon train``: labelled listings to a model folder."""

import gzip
import hashlib
from collections import Counter
from pathlib import Path

import click

from cli.progress import progress_bar
from cli.workspace import CHECKOUT, refuse


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
def train(out: Path, shared: Path | None) -> None:
    """Train the classifier on the authored corpus, and on hand-labelled rows where given.

    Works from a bare clone. The same data, lexicon and program give the same model id.

    Example: pharmakon train --shared ../shared
    """
    from classifier.examples import DataError
    from classifier.fit import FOLDS
    from classifier.train import CORPUS, gather, prepare, write_model
    from classifier.train import train as fit

    gold = shared / "gold" / "dev.jsonl" if shared else None
    venues = shared / "listings" if shared else None
    try:
        examples = gather(gold=gold, venues=venues)
        sheet = data_sheet(sorted(CORPUS.glob("*.jsonl")) + sorted((CORPUS / "pairs").glob("*.jsonl")), "CC0-1.0")
        sheet += data_sheet([gold], _NOT_SHIPPED) if gold else []
        drawn = Counter(f"{e.file}.jsonl.gz" for e in examples if e.origin == "venue")
        sheet += [
            part | {"used": drawn[path.name]}
            for path in (map(venues.joinpath, _venue_files()) if venues else ())
            if path.is_file()
            for part in data_sheet([path], _NOT_SHIPPED)
        ]
    except (DataError, OSError) as error:
        raise refuse(str(error)) from error
    with progress_bar() as bar:
        reading = bar.add_task("reading listings", total=len(examples))
        material = prepare(examples, tick=lambda n: bar.advance(reading, n))
        fitting = bar.add_task("fitting", total=FOLDS + 1)
        model = fit(material, tick=lambda: bar.advance(fitting))
    try:
        model_id = write_model(out, model, material, data=sheet)
    except OSError as error:
        raise refuse(f"{out}: the model cannot be written ({error.strerror or error})") from error
    click.echo(f"model {model_id[:12]} from {len(examples)} labelled listings written to {out}")
