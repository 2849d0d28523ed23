"""``pharmakon ingest``: take crawled or imported bundles into the casefile."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from casefile.records.bundle import MANIFEST_NAME
from cli.progress import steps
from cli.workspace import open_casefile, refuse, workspace_option


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="BUNDLE...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a bundle.")
@workspace_option
def ingest(folders: tuple[Path, ...], as_json: bool, workspace: Path) -> None:
    """Take bundles into the casefile, checked first.

    BUNDLE is the folder a crawl or import wrote, or a folder of such folders. Every digest and the custody chain are
    checked before anything is written; a bundle that is known already changes nothing, and a run that was stopped is
    finished by the same command. A bundle at fault is named and left out; the others are taken in, exit status 1.

    Example: pharmakon ingest runs/2026-11-21
    """
    from casefile.ingest import BundleError, ingest_bundle
    from casefile.store import CasefileError

    faults = 0
    with open_casefile(workspace) as casefile:
        for folder in _bundles(folders):
            try:
                with steps(f"ingest {folder.name}", counted=False) as report:
                    result = ingest_bundle(casefile, folder, actor="ingest", progress=report)
            except BundleError as error:
                faults += 1
                click.echo(f"refused: {error}", err=True)
                continue
            except CasefileError as error:
                raise refuse(str(error)) from error
            if as_json:
                click.echo(json.dumps({"bundle": str(folder), **asdict(result)}))
            elif result.already_known:
                click.echo(f"{folder}: known already ({result.bundle_hash[:12]}), nothing changed")
            else:
                click.echo(
                    f"{folder}: {result.listings_new} new, {result.listings_changed} changed, {result.listings_same} "
                    f"unchanged listings; {result.captures} captures, {result.sites} sites ({result.bundle_hash[:12]})"
                )
    if faults:
        raise refuse(f"{faults} bundle{'s were' if faults > 1 else ' was'} refused, see above; nothing of it was kept")


def _bundles(folders: tuple[Path, ...]) -> list[Path]:
    """Return the bundles meant: a folder itself, or the sealed bundles in it when it is none."""
    found: list[Path] = []
    for folder in folders:
        inside = sorted(path.parent for path in folder.glob(f"*/{MANIFEST_NAME}")) if folder.is_dir() else []
        found += inside if inside and not (folder / MANIFEST_NAME).exists() else [folder]
    return found
