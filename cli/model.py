"""``pharmakon model``: whether a new model takes the place of the one in use."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.frozen import digests, frozen_files, frozen_sets
from cli.progress import progress_bar
from cli.workspace import CHECKOUT, open_casefile, refuse

if TYPE_CHECKING:
    from classifier.adoption import Compared

DEFAULT = CHECKOUT / "models" / "default"

_folder = click.Path(file_okay=False, path_type=Path)
_file = click.Path(exists=True, dir_okay=False, path_type=Path)

current_option = click.option("--current", type=_folder, default=DEFAULT, show_default="models/default",
                              help="Folder of the model in use.")  # fmt: skip
frozen_option = click.option(
    "--frozen", type=_file, multiple=True, metavar="FILE",
    help="Labelled rows neither model was trained on, JSON lines; repeatable [default: data/frozen, sandbox market].",
)  # fmt: skip
anyway_option = click.option("--anyway", metavar="REASON", help="Adopt a model that is worse, and say why.")
log_option = click.option(
    "--workspace", type=_folder, envvar="PHARMAKON_WORKSPACE",
    help="Casefile whose audit log keeps the adoption [default: none].",
)  # fmt: skip


@click.group()
def model() -> None:
    """Compare a new model with the one in use, and adopt it."""


@model.command()
@click.argument("candidate", type=_folder)
@current_option
@frozen_option
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def compare(candidate: Path, current: Path, frozen: tuple[Path, ...], as_json: bool) -> None:
    """Show both models side by side on rows neither was trained on; exit status 1 when CANDIDATE is worse.

    Example: pharmakon model compare models/candidate --frozen heldout.jsonl
    """
    found = side_by_side(current, candidate, frozen)
    if as_json:
        click.echo(json.dumps(as_data(found), indent=1))
    else:
        show(found)
    if worse(found):
        sys.exit(1)


@model.command()
@click.argument("candidate", type=_folder)
@current_option
@frozen_option
@anyway_option
@log_option
def adopt(candidate: Path, current: Path, frozen: tuple[Path, ...], anyway: str | None, workspace: Path | None) -> None:
    """Put CANDIDATE in the place of the model in use when it is not worse on the frozen sets.

    The model it replaces is kept beside it (.previous). Afterwards `pharmakon assess --all` assesses the casefile
    with the new model.

    Example: pharmakon model adopt models/candidate --workspace data/workspace
    """
    adopt_candidate(candidate, current, frozen, anyway=anyway, workspace=workspace)


def adopt_candidate(
    candidate: Path, current: Path, frozen: Sequence[Path], *, anyway: str | None, workspace: Path | None
) -> None:
    """Compare and, where nothing speaks against it, adopt; ends the command with status 1 where something does.

    A model in use that this program cannot read (made by an older one, or damaged) has no figures to compare with:
    that too takes a reason.
    """
    from casefile.store import CasefileError
    from classifier.adoption import take_place
    from classifier.persist import ModelError

    if anyway is not None and not anyway.strip():
        raise click.UsageError("--anyway needs a reason in words: it is kept for whoever asks later")
    try:
        new, old, unreadable = _id(candidate), None, None
        if current.exists():
            try:
                old = _id(current)
            except ModelError as error:
                unreadable = str(error)
        lost = ["the model in use, which cannot be read"] if unreadable else []
        if old is not None:
            found = side_by_side(current, candidate, frozen)
            show(found)
            lost = worse(found)
        if lost and anyway is None:
            why = f"there is nothing to compare with: {unreadable}" if unreadable else f"worse on {', '.join(lost)}"
            raise refuse(f"not adopted: {why}; {current} is unchanged (--anyway REASON overrides)")
        if workspace is not None:
            # first the log, then the change: an adoption nobody can trace is worse than a log line too many
            _log(workspace, new, old, lost, anyway)
        kept = take_place(candidate, current)
    except (ModelError, CasefileError) as error:
        raise refuse(str(error)) from error
    except OSError as error:
        raise refuse(f"{current}: cannot be replaced ({error.strerror or error}); the model in use stays") from error
    click.echo(
        f"model {new[:12]} adopted in {current}; " + (f"the one before is kept in {kept}" if kept else "the first")
    )
    if not (candidate / "MODEL_CARD.md").is_file():
        click.echo("it has no card yet: pharmakon evaluate --card writes one")
    click.echo("now assess the casefile again: pharmakon assess --all")


def _id(folder: Path) -> str:
    """Return the id of the model in ``folder``; raises ``ModelError`` for one that cannot be read."""
    from classifier.persist import load_model

    return str(load_model(folder)[1]["id"])


def _log(workspace: Path, new: str, old: str | None, lost: Sequence[str], reason: str | None) -> None:
    from casefile.adoptions import record_adoption

    casefile = open_casefile(workspace)
    try:
        record_adoption(casefile, model=new, replaces=old, worse=lost, reason=reason, actor="model adopt")
    finally:
        casefile.close()


Sides = dict[str, "list[Compared]"]


def side_by_side(current: Path, candidate: Path, frozen: Sequence[Path]) -> Sides:
    """Judge both models on every frozen set; refuses a set that one of them was trained on."""
    from classifier.adoption import compare, trained_on
    from classifier.assess import Assessor
    from classifier.evaluate import assess_examples
    from classifier.persist import ModelError

    sets = frozen_sets(frozen)
    try:
        for folder in (current, candidate):
            if seen := trained_on(folder, digests(frozen_files(frozen))):
                raise refuse(f"{folder}: was trained on {', '.join(seen)}, which then proves nothing; give other rows")
        models = [Assessor.load(folder) for folder in (current, candidate)]
    except ModelError as error:
        raise refuse(str(error)) from error
    out: Sides = {}
    with progress_bar() as bar:
        task = bar.add_task("judging", total=2 * sum(map(len, sets.values())))
        for name, rows in sets.items():
            judged = []
            for assessor in models:
                judged.append(assess_examples(assessor, rows))
                bar.advance(task, len(rows))
            out[name] = compare(*judged)
    return out


def worse(found: Sides) -> list[str]:
    """Return the figures that fell by more than the tolerance, with the set they fell on."""
    return [f"{line.figure} of {name}" for name, lines in found.items() for line in lines if line.worse]


def as_data(found: Sides) -> dict[str, Any]:
    """Return the comparison as plain data."""
    return {
        "worse": worse(found),
        "sets": {
            name: {
                line.figure: {"current": line.current, "candidate": line.candidate, "interval": line.interval,
                              "worse": line.worse}
                for line in lines
            }
            for name, lines in found.items()
        },
    }  # fmt: skip


def show(found: Sides) -> None:
    """Print both models side by side."""
    from classifier.adoption import DECISIVE

    for name, lines in found.items():
        click.echo(f"{name}\n  {'figure':20} {'in use':>8} {'candidate':>10} {'difference':>11}   95 % interval")
        for line in lines:
            low, high = line.interval
            mark = "  WORSE" if line.worse else "" if line.figure in DECISIVE else "  (shown, does not decide)"
            click.echo(
                f"  {line.figure:20} {line.current:8.3f} {line.candidate:10.3f} {line.difference:+11.3f}"
                f"   {low:+.3f} to {high:+.3f}{mark}"
            )
