"""``pharmakon second-look``: decisions that people should look at again."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from cli.explain import quoted
from cli.progress import progress_bar
from cli.train import decision_rows
from cli.workspace import refuse, workspace_option


@click.command("second-look")
@click.option("--shared", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder with gold/dev.jsonl and listings/: more rows for the model to judge by.")  # fmt: skip
@click.option("--sure", type=click.FloatRange(0.5, 1.0), default=0.8, show_default=True,
              help="How sure the model must be of the opposite.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@workspace_option
def second_look(shared: Path | None, sure: float, as_json: bool, workspace: Path) -> None:
    """List the decisions that a model which never saw their site strongly contradicts.

    One of the two is wrong, and only people can say which. Nothing is changed: open the listing in the desk and decide
    again, or leave it as it is.

    Example: pharmakon second-look --shared ../shared
    """
    from classifier.examples import DataError
    from classifier.second_look import second_look as doubts
    from classifier.second_look import site_folds
    from classifier.train import gather, prepare

    decisions, _ = decision_rows(workspace)
    try:
        rows = gather(
            gold=shared / "gold" / "dev.jsonl" if shared else None, venues=shared / "listings" if shared else None
        )
    except (DataError, OSError) as error:
        raise refuse(str(error)) from error
    examples = rows + decisions
    with progress_bar() as bar:
        reading = bar.add_task("reading listings", total=len(examples))
        material = prepare(examples, tick=lambda n: bar.advance(reading, n))
        fitting = bar.add_task("judging sites", total=len(site_folds(examples)))
        found = doubts(material, sure=sure, tick=lambda: bar.advance(fitting))
    if as_json:
        data = [asdict(one) | {"strength": one.strength} for one in found]
        click.echo(json.dumps({"decisions": len(decisions), "doubts": data}, indent=1, ensure_ascii=False))
        return
    click.echo(
        f"{len(found)} of {len(decisions)} decisions are strongly contradicted by a model that never saw their site"
    )
    for one in found:
        click.echo(f"  {one.id}  {one.decided}, the model says {one.risk:.2f}  {quoted(one.title)} ({one.site})")
    if found:
        click.echo("why the model thinks so: pharmakon explain ID; nothing was changed")
