"""``pharmakon import``: take files of other tools into the casefile."""

import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.progress import steps
from cli.workspace import open_casefile, refuse, workspace_option

if TYPE_CHECKING:
    from casefile.ingest import IngestResult
    from casefile.store import Casefile
    from crawler.imports.run import ImportPlan
    from crawler.imports.source import ImportReport


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="Read a column of a table as FIELD; "
              "an empty FIELD leaves it aside. May be given several times.")  # fmt: skip
@click.option("--encoding", help="Encoding of tables [default: found out].")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write the bundles into this folder and "
              "leave the casefile alone.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a path.")
@workspace_option
def import_(
    paths: tuple[Path, ...], mapped: tuple[str, ...], encoding: str | None, out: Path | None, as_json: bool,
    workspace: Path,
) -> None:  # fmt: skip
    """Take CSV, JSON lines, WARC, WACZ and saved web pages into the casefile.

    PATH is a file (also .gz) or a folder of saved pages. Each becomes a sealed bundle that keeps the original, and the
    same file again changes nothing. A row or page at fault is set aside in the bundle's rejects.jsonl, never stops the
    run, and makes the exit status 1.

    Example: pharmakon import listings/*.jsonl.gz saved-pages/ --map "Nom du produit=title"
    """
    columns = _columns(mapped)
    faults = 0
    if out is not None:
        for path in paths:
            faults += _take(path, columns, encoding, None, out, as_json)
    else:
        with open_casefile(workspace) as casefile:
            for path in paths:
                faults += _take(path, columns, encoding, casefile, workspace / "imports", as_json)
    if faults:
        raise refuse(
            f"{faults} of {len(paths)} path{'s' if len(paths) > 1 else ''} had faults, see above; the rest was kept"
        )


def _columns(mapped: tuple[str, ...]) -> dict[str, str]:
    columns = {}
    for entry in mapped:
        column, found, field = entry.partition("=")
        if not found or not column.strip():
            raise click.BadParameter(f"{entry!r}: write COLUMN=FIELD", param_hint="--map")
        columns[column.strip()] = field.strip()
    return columns


def _take(
    path: Path, columns: dict[str, str], encoding: str | None, casefile: "Casefile | None", home: Path, as_json: bool
) -> bool:
    """Import one path; return whether something was at fault."""
    from crawler.imports.run import plan_import
    from crawler.imports.source import ImportFault

    try:
        plan = plan_import(path, columns=columns, encoding=encoding)
        return _bundle_and_ingest(plan, casefile, home, as_json)
    except ImportFault as fault:
        if as_json:
            click.echo(json.dumps({"path": str(path), "error": str(fault)}, ensure_ascii=False))
        click.echo(f"refused: {fault}", err=True)
        return True


def _bundle_and_ingest(plan: "ImportPlan", casefile: "Casefile | None", home: Path, as_json: bool) -> bool:
    from casefile.runs import ingested_run
    from crawler.imports.run import run_import

    known = ingested_run(casefile, plan.run_id) if casefile else None
    if known:
        _print_known(plan, known, as_json)
        return False
    home.mkdir(parents=True, exist_ok=True)
    if casefile is None:
        target = home / plan.run_id
        if (target / "bundle.json").exists():
            click.echo(f"{plan.source}: imported before, see {target}; nothing changed")
            return False
        shutil.rmtree(target, ignore_errors=True)
        with steps(f"import {plan.source.name}") as moved:
            report = run_import(plan, target, progress=moved)
        _print_report(report, None, as_json, target)
        return not report.is_whole
    with tempfile.TemporaryDirectory(prefix=".import-", dir=home) as scratch:
        folder = Path(scratch) / plan.run_id
        with steps(f"import {plan.source.name}") as moved:
            report = run_import(plan, folder, progress=moved)
        result = _ingest(casefile, folder, plan)
    _print_report(report, result, as_json, None)
    return not report.is_whole


def _ingest(casefile: "Casefile", folder: Path, plan: "ImportPlan") -> "IngestResult":
    from casefile.ingest import BundleError, ingest_bundle
    from casefile.store import CasefileError

    try:
        with steps(f"ingest {plan.source.name}", counted=False) as moved:
            return ingest_bundle(casefile, folder, actor="import", progress=moved)
    except (BundleError, CasefileError) as error:
        raise refuse(str(error)) from error


def _print_known(plan: "ImportPlan", known: "IngestResult", as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"path": str(plan.source), "run_id": plan.run_id, **asdict(known)}))
    else:
        click.echo(f"{plan.source}: imported before ({known.bundle_hash[:12]}), nothing changed")


def _print_report(report: "ImportReport", result: "IngestResult | None", as_json: bool, target: Path | None) -> None:
    if as_json:
        told: dict[str, Any] = {"path": report.source, **asdict(report)}
        del told["source"]
        if result:
            told |= asdict(result)
        if target:
            told["bundle"] = str(target)
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        _print_plainly(report, result, target)
    for reject in report.first_rejects:
        click.echo(f"set aside: {reject.file}, {reject.place}: {reject.error}", err=True)
    if report.rejects > len(report.first_rejects):
        click.echo(
            f"set aside: {report.rejects - len(report.first_rejects)} more, see rejects.jsonl in the bundle", err=True
        )
    if report.cut:
        click.echo(f"not whole: {report.cut}", err=True)


def _print_plainly(report: "ImportReport", result: "IngestResult | None", target: Path | None) -> None:
    if report.columns:
        mapping = ", ".join(f"{column} -> {field}" for column, field in report.columns.items())
        click.echo(f"{report.source}: {report.encoding}; columns read as {mapping}; others kept aside")
    parts = [f"{report.listings} listings"]
    if report.pages:
        parts.append(f"{report.pages_with_listing} of {report.pages} pages gave a listing")
    if result:
        parts.append(f"{result.listings_new} new, {result.listings_changed} changed, {result.listings_same} unchanged")
    if report.rejects:
        parts.append(f"{report.rejects} set aside")
    where = result.bundle_hash[:12] if result else target
    click.echo(f"{report.source}: {'; '.join(parts)} ({where})")
