"""``pharmakon drift``: has what is on offer changed since the model was made?"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.progress import progress_bar
from cli.workspace import open_casefile, refuse, workspace_option

if TYPE_CHECKING:
    from casefile.records import Listing

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_BLOCK = 256


@click.command()
@click.option("--old", type=FILE, help="Listings of the earlier period, one JSON object a line.")
@click.option("--new", type=FILE, help="Listings of the later period.")
@click.option("--split", type=click.DateTime(["%Y-%m-%d"]),
              help="Instead of files: the casefile's listings before this day (UTC) against those since.")  # fmt: skip
@click.option("--model", "folder", type=click.Path(file_okay=False, path_type=Path),
              help="Model folder [default: models/default].")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the tests as JSON.")
@workspace_option
def drift(
    old: Path | None, new: Path | None, split: datetime | None, folder: Path | None, as_json: bool, workspace: Path
) -> None:
    """Compare two periods of listings by two-sample tests on scores, kinds, languages, cues and rewriting.

    A difference is no fault of the model by itself; it is the reason to read a random batch of the new period.

    Example: pharmakon drift --split 2026-06-01
    """
    from classifier.assess import Assessor
    from classifier.drift import DriftError, read_all, report
    from classifier.persist import ModelError

    if (split is None) == (old is None or new is None) or (split and (old or new)):
        raise click.UsageError("give either --old FILE and --new FILE, or --split DAY")
    try:
        assessor = Assessor.load(folder)
        before, after = _periods(workspace, split) if split else (_lines(old), _lines(new))
        with progress_bar() as bar:
            task = bar.add_task("reading both periods", total=len(before) + len(after))
            read: list[list[Any]] = []
            for period in (before, after):
                read.append([])
                for start in range(0, len(period), _BLOCK):
                    read[-1] += read_all(assessor, period[start : start + _BLOCK])
                    bar.advance(task, len(period[start : start + _BLOCK]))
        found = report(*read)
    except (DriftError, ModelError) as error:
        raise refuse(str(error)) from error
    click.echo(json.dumps(found, indent=1) if as_json else _table(found))


def _lines(path: Path | None) -> "list[Listing]":
    from classifier.lines import LineError, parse_line, split_lines

    found = []
    if path:
        with path.open("rb") as stream:
            for number, line in enumerate(split_lines(stream), 1):
                try:
                    found.append(parse_line(line))
                except LineError as error:
                    raise refuse(f"{path}, line {number}: {error}; correct or remove the line") from error
    return found


def _periods(workspace: Path, split: datetime) -> "tuple[list[Listing], list[Listing]]":
    from casefile.listings import captured_between

    casefile = open_casefile(workspace)
    try:
        day = split.replace(tzinfo=UTC)
        return list(captured_between(casefile, None, day)), list(captured_between(casefile, day, None))
    finally:
        casefile.close()


def _table(found: dict[str, Any]) -> str:
    lines = [f"{found['old']} listings before, {found['new']} since; all tests together at {found['alpha']}"]
    for test in found["tests"]:
        mark = "changed" if test["changed"] else "       "
        lines.append(
            f"  {mark}  {test['what']:32} {test['old']:7.3f} -> {test['new']:7.3f}   effect {test['effect']:.3f}"
            f"   p {test['p']:.2g}"
        )
    return "\n".join(lines)
