"""``pharmakon embeddings``: the encoder of stage two, exported once on each machine."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import Progress

from cli.progress import progress_bar
from cli.workspace import CHECKOUT, refuse

if TYPE_CHECKING:
    from classifier.embeddings.cache import CachedEncoder
    from classifier.embeddings.encoder import Embeddings
    from classifier.train import Material

root_option = click.option(
    "--folder", "root", type=click.Path(file_okay=False, path_type=Path), envvar="PHARMAKON_EMBEDDINGS",
    help="Folder that holds exported encoders [default: data/workspace/embeddings of the checkout].",
)  # fmt: skip
encoder_option = click.option(
    "--encoder", default="minilm", show_default=True,
    help="minilm (comes with the program), a folder of a sentence-transformers model, or the name of one in this "
         "machine's Hugging Face cache. Nothing is downloaded.",
)  # fmt: skip


@click.group()
def embeddings() -> None:
    """Export and check the encoder of stage two, which reads listings that stage one is in doubt about.

    Without an exported encoder everything works; assessments then say that stage two was not available.
    """


@embeddings.command()
@encoder_option
@root_option
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def export(encoder: str, root: Path | None, as_json: bool) -> None:
    """Make the int8 form of an encoder that assessing runs, and hold it against its source.

    Takes some seconds and about 25 MB. Refused when the result does not compute what the source does.

    Example: pharmakon embeddings export
    """
    from classifier.embeddings.export import export_encoder
    from classifier.embeddings.folder import EncoderError, embeddings_root

    where = root or embeddings_root()
    try:
        with progress_bar() as bar:
            bar.add_task("exporting", total=None)
            manifest = export_encoder(encoder, where)
    except EncoderError as error:
        raise refuse(str(error)) from error
    except OSError as error:
        raise refuse(f"{where}: cannot be written ({error.strerror or error})") from error
    if as_json:
        click.echo(json.dumps(manifest.to_json(), indent=1))
        return
    cosine = manifest.checked
    click.echo(f"encoder {manifest.digest[:16]} ({manifest.name}, width {manifest.width}) in {manifest.folder(where)}")
    click.echo(f"cosine to its source: mean {cosine['mean']:.3f}, least {cosine['least']:.3f}")


@embeddings.command()
@encoder_option
@root_option
@click.option("--rows", type=click.IntRange(100, 20_000), default=1000, show_default=True,
              help="Labelled rows of the corpus to embed both ways.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def check(encoder: str, root: Path | None, rows: int, as_json: bool) -> None:
    """Measure what the export loses: the same labelled rows by the export and by its source, the same classifier.

    Exit status 1 when the average precision of the export is lower by 0.005 or more.

    Example: pharmakon embeddings check --rows 2000
    """
    from classifier.embeddings.folder import EncoderError, embeddings_root
    from classifier.embeddings.quality import LARGEST_LOSS, compare

    try:
        with progress_bar() as bar:
            task = bar.add_task("embedding both ways", total=2 * rows)
            found = compare(encoder, root or embeddings_root(), rows=rows, tick=lambda n: bar.advance(task, n))
    except EncoderError as error:
        raise refuse(str(error)) from error
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        for name, value in found.items():
            click.echo(f"{name.replace('_', ' ')}: {value}")
    if found["average_precision_lost"] >= LARGEST_LOSS:
        sys.exit(1)


@embeddings.command()
@root_option
@click.option("--model", "folder", type=click.Path(file_okay=False, path_type=Path),
              default=CHECKOUT / "models" / "default", show_default="models/default", help="Model folder.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the state as JSON.")
def status(root: Path | None, folder: Path, as_json: bool) -> None:
    """Say which encoder the model wants, which ones are here and whole, and how many embeddings are kept.

    Exit status 1 when the model wants an encoder that is not here, or one that is here is damaged.

    Example: pharmakon embeddings status --json
    """
    from classifier.embeddings.folder import CACHE, EncoderError, embeddings_root, verify
    from classifier.persist import ModelError, load_model
    from classifier.stage_two import StageTwo

    where = root or embeddings_root()
    try:
        arrays, manifest = load_model(folder)
        stage = StageTwo.from_arrays(arrays)
    except (ModelError, KeyError, ValueError) as error:
        raise refuse(str(error)) from error
    here: list[dict[str, Any]] = []
    for path in sorted(p for p in where.glob("*") if p.is_dir() and not p.name.startswith(".")):
        try:
            encoder = verify(path)
            kept = sum(1 for p in (path / CACHE).glob("*/*") if not p.suffix)
            here.append({"digest": encoder.digest, "name": encoder.name, "whole": True, "kept": kept})
        except EncoderError as error:
            here.append({"digest": path.name, "whole": False, "fault": str(error)})
    wanted = stage.encoder if stage else None
    state = {
        "folder": str(where), "wanted": wanted, "measured": manifest["about"].get("stage_two"), "encoders": here
    }  # fmt: skip
    click.echo(json.dumps(state, indent=1) if as_json else "\n".join(_state(state)))
    if any(not one["whole"] for one in here) or (wanted and wanted not in [one["digest"] for one in here]):
        sys.exit(1)


def _state(state: dict[str, Any]) -> list[str]:
    wanted, measured = state["wanted"], state["measured"]
    lines = [f"the model asks for encoder {wanted[:16]}" if wanted else "the model has no stage two and asks for none"]
    if measured:
        lines.append(told(measured))
    for one in state["encoders"]:
        found = f"{one['name']}, whole, {one['kept']} embeddings kept" if one["whole"] else one["fault"]
        lines.append(f"{one['digest'][:16]}: {found}")
    if not state["encoders"]:
        lines.append(f"none exported in {state['folder']}; `pharmakon embeddings export` makes one")
    return lines


def embed_rows(material: "Material", encoder: str, bar: Progress) -> "tuple[CachedEncoder, Embeddings]":
    """Find or export ``encoder`` and embed every row of ``material``; ends the command where that is refused."""
    from classifier.embeddings.export import exported
    from classifier.embeddings.folder import EncoderError, embeddings_root
    from classifier.train_two import embed

    root = embeddings_root()
    task = bar.add_task("embedding", total=len(material.readings))
    try:
        runner = exported(encoder, root)
        return runner, embed(material, runner, tick=lambda n: bar.advance(task, n))
    except EncoderError as error:
        raise refuse(str(error)) from error
    except OSError as error:
        raise refuse(f"{root}: cannot be written ({error.strerror or error})") from error


def told(found: dict[str, Any]) -> str:
    """Say in one line whether stage two was kept, for what, and by which figures."""
    ap = found["average_precision"]
    figures = (
        f"average precision on unseen groups: stage one {_figure(ap['stage_one'])}, cascade {_figure(ap['cascade'])}, "
        f"embeddings on every row {_figure(ap['embeddings_everywhere'])}"
    )
    if not found["parts"]:
        return f"stage two left out, for it is worse than stage one on unseen groups; {figures}"
    share = found["asked"] / found["rows"]
    return f"stage two kept for {', '.join(found['parts'])} ({share:.1%} of the rows ask for it); {figures}"


def _figure(value: float | None) -> str:
    return "not measurable" if value is None else f"{value:.3f}"
