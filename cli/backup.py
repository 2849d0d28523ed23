"""``pharmakon backup`` and ``pharmakon restore``."""

import json
from pathlib import Path

import click

from cli.progress import steps
from cli.workspace import open_casefile, refuse, workspace_option


@click.command()
@click.argument("target", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option(
    "--include-keys", is_flag=True, help="Also copy the signing key: whoever has the backup can then sign for you."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@workspace_option
def backup(target: Path, include_keys: bool, as_json: bool, workspace: Path) -> None:
    """Copy casefile, evidence, referrals and policy into a new FOLDER, while people go on working.

    Example: pharmakon backup /media/safe/pharmakon-2026-11-21
    """
    from casefile.backup import backup as make_backup
    from casefile.store import CasefileError

    try:
        with open_casefile(workspace) as casefile, steps("backup") as report:
            made = make_backup(casefile, target, actor="cli", include_keys=include_keys, progress=report)
    except CasefileError as error:
        raise refuse(str(error)) from error
    _say(made.__dict__, as_json, f"{made.files} files, {made.bytes / 1e6:.1f} MB, {made.audit_entries} log entries")
    if not include_keys and not as_json:
        click.echo("the signing key is not in it: keep the folder 'keys' of the workspace somewhere safe as well")


@click.command()
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@workspace_option
def restore(source: Path, as_json: bool, workspace: Path) -> None:
    """Put a backup into an empty workspace, every digest and the log checked first.

    Everybody has to log in anew. A workspace that holds anything is refused.

    Example: pharmakon restore /media/safe/pharmakon-2026-11-21 --workspace data/workspace
    """
    from casefile.backup import restore as put_back
    from casefile.store import CasefileError

    try:
        with steps("restore") as report:
            made = put_back(source, workspace, actor="cli", progress=report)
    except CasefileError as error:
        raise refuse(str(error)) from error
    _say(made.__dict__, as_json, f"{made.files} files, {made.bytes / 1e6:.1f} MB, {made.audit_entries} log entries")
    if not made.keys and not as_json:
        click.echo("the backup holds no signing key: put the folder 'keys' back, or a new key is made on first use")


def _say(result: dict[str, object], as_json: bool, summary: str) -> None:
    if as_json:
        click.echo(json.dumps({key: str(value) if isinstance(value, Path) else value for key, value in result.items()}))
    else:
        click.echo(f"{result['folder']}: {summary}")
