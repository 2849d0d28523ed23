"""``pharmakon target``: what to watch."""

import datetime as dt
import json
from pathlib import Path

import click
from pydantic import ValidationError

from cli.workspace import refuse, workspace_option


def targets_option(function: click.decorators.FC) -> click.decorators.FC:
    """Add ``--targets FILE``."""
    return click.option(
        "--targets",
        "targets_file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="File of targets [default: targets.yaml in the workspace].",
    )(function)


@click.group()
def target() -> None:
    """Say which shops, marketplaces and boards to watch (a YAML file that can be edited by hand, too)."""


@target.command(epilog="Example: pharmakon target add example https://shop.example/ --kind pharmacy --country DE")
@click.argument("name")
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option(
    "--kind",
    type=click.Choice(["pharmacy", "marketplace", "classifieds", "board", "social_mirror"]),
    default="pharmacy",
    show_default=True,
)
@click.option("--country", "countries", multiple=True, help="ISO 3166 code, for example DE; may be given again.")
@click.option("--language", "languages", multiple=True, help="BCP 47 tag, for example de; may be given again.")
@click.option("--search", "terms", multiple=True, help="Word for the shop's own search; may be given again.")
@click.option("--max-pages", type=click.IntRange(1), help="Most pages of one run.")
@click.option("--max-seconds", type=click.FloatRange(0, min_open=True), help="Longest time of one run.")
@click.option("--render", type=click.Choice(["auto", "never", "always"]), help="When to use a browser.")
@targets_option
@workspace_option
def add(
    name: str,
    urls: tuple[str, ...],
    kind: str,
    countries: tuple[str, ...],
    languages: tuple[str, ...],
    terms: tuple[str, ...],
    max_pages: int | None,
    max_seconds: float | None,
    render: str | None,
    targets_file: Path | None,
    workspace: Path,
) -> None:
    """Add a target called NAME to the file; what is in the file stays as it was written.

    A robots.txt override is not given here: it is written into the file by hand, with legal basis, authoriser and
    expiry date.
    """
    from crawler.targets import Target, TargetError, add_target

    file = targets_file or workspace / "targets.yaml"
    budget = {key: value for key, value in (("pages", max_pages), ("seconds", max_seconds)) if value is not None}
    row = {
        "name": name,
        "start_urls": urls,
        "kind": kind,
        "countries": countries,
        "languages": languages,
        "budget": budget,
        **({"search": {"terms": terms}} if terms else {}),
        **({"render": render} if render else {}),
    }
    try:
        add_target(file, Target.model_validate(row))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise click.UsageError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from error
    except TargetError as error:
        raise refuse(str(error)) from error
    click.echo(f"added {name} to {file}; crawl it with: pharmakon crawl --target {name} --out FOLDER")


@target.command("list", epilog="Example: pharmakon target list --json")
@click.option("--json", "as_json", is_flag=True, help="Print the targets as JSON lines.")
@targets_option
@workspace_option
def list_(targets_file: Path | None, workspace: Path, as_json: bool) -> None:
    """List the targets, with what is out of the ordinary about each."""
    from crawler.targets import TargetError, load_targets

    file = targets_file or workspace / "targets.yaml"
    if not file.exists() and targets_file is None:
        if not as_json:
            click.echo(f"no targets yet; 'pharmakon target add NAME URL' begins {file}")
        return
    try:
        targets = load_targets(file)
    except TargetError as error:
        raise refuse(str(error)) from error
    today = dt.datetime.now(dt.UTC).date()
    for item in targets:
        if as_json:
            click.echo(json.dumps(item.to_json(), ensure_ascii=False))
            continue
        notes = [item.kind, *item.countries, f"{item.budget.pages} pages", f"{item.budget.seconds:.0f} s"]
        override = item.robots_override
        if override is not None:
            state = "until" if override.holds(today) else "EXPIRED"
            notes.append(f"robots override {state} {override.expires} by {override.authoriser}")
        click.echo(f"{item.name}: {' '.join(item.start_urls)} ({', '.join(notes)})")
