"""``pharmakon audit``: check and read the log of everything that was done."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from cli.workspace import open_casefile, refuse, workspace_option


@click.group()
def audit() -> None:
    """Check and read the append-only log.

    Example: pharmakon audit verify
    """


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@workspace_option
def verify(as_json: bool, workspace: Path) -> None:
    """Check every entry of the log, its length, and that each decision is the one that was logged.

    Exit status 1, and the first entry at fault, when anything was changed, cut or added. Keep the printed head
    somewhere else: a later log that does not contain it was rewritten as a whole.

    Example: pharmakon audit verify
    """
    from casefile.audit import verify as verify_log

    with open_casefile(workspace) as casefile:
        check = verify_log(casefile)
    if as_json:
        click.echo(json.dumps(asdict(check)))
    elif check.ok:
        click.echo(f"the log is whole: {check.entries} entries, head {check.head}")
    if not check.ok:
        raise refuse(f"{check.first_fault}. Keep this file as it is and compare it with a backup")


@audit.command("list")
@click.option("--subject", help="Only entries about this, for example listing:ID, person:ID or case:ID.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="Newest entries shown.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object an entry.")
@workspace_option
def list_entries(subject: str | None, limit: int, as_json: bool, workspace: Path) -> None:
    """Show the newest entries of the log, newest first.

    Example: pharmakon audit list --subject case:C2026-00001
    """
    from casefile.audit import entries

    with open_casefile(workspace) as casefile:
        for entry in entries(casefile, subject=subject, limit=limit):
            if as_json:
                click.echo(entry.model_dump_json())
            else:
                detail = json.dumps(entry.detail, ensure_ascii=False) if entry.detail else ""
                moment = f"{entry.at:%Y-%m-%d %H:%M:%S}"
                click.echo(f"{entry.seq:>6}  {moment}  {entry.actor:<26} {entry.action:<22} {entry.subject}  {detail}")
