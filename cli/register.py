"""``pharmakon register``: official lists of products, sellers and alerted batches, and what they say of a listing."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.progress import progress_bar
from cli.workspace import open_casefile, refuse, workspace_option

if TYPE_CHECKING:
    from casefile.records import Listing
    from casefile.records.register import RegisterCheck
    from casefile.store import Casefile

LONGEST_LINE = 64 * 1024 * 1024


@click.group()
def register() -> None:
    """Official registers: is a product authorised where it is sold, and is its seller licensed there?

    Example: pharmakon register import CIS_bdpm.txt --mapping bdpm --date 2026-11-01
    """


@register.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--mapping", required=True, metavar="M.yaml", help="How to read FILE: a mapping file, or the name of one "
              "of data/registers.")  # fmt: skip
@click.option("--kind", type=click.Choice(["products", "sellers", "batches"]), help="Refuse a mapping of another kind.")
@click.option("--date", "edition", metavar="YYYY-MM-DD", help="Date of this edition [default: today].")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@workspace_option
def import_(path: Path, mapping: str, kind: str | None, edition: str | None, as_json: bool, workspace: Path) -> None:
    """Take an agency's file into the casefile: products, licensed sellers or alerted batches.

    CSV, TSV, JSON lines (also .gz) and XLSX are read as the mapping says. The same file again changes nothing; a newer
    edition supersedes an older one, which stays on file. A row the mapping cannot use is set aside and counted.

    Example: pharmakon register import medicines.xlsx --mapping ema --date 2026-11-01
    """
    from casefile.register_files import RegisterFileError
    from casefile.register_mapping import MappingError, load_mapping
    from casefile.registers import import_register
    from casefile.store import CasefileError
    from classifier.registers import entry_keys

    if edition is not None and not _is_date(edition):
        raise click.BadParameter(f"{edition!r}: write it as 2026-11-01", param_hint="--date")
    try:
        read = load_mapping(mapping)
        if kind is not None and kind != read.kind:
            raise refuse(f"{mapping} is a mapping of {read.kind}, not of {kind}")
        with open_casefile(workspace) as casefile, progress_bar() as bar:
            task = bar.add_task(f"import {path.name}", total=None)
            done = import_register(
                casefile, path, read, keys=entry_keys, actor="register import", edition=edition,
                progress=lambda rows: bar.update(task, completed=rows),
            )  # fmt: skip
    except (RegisterFileError, MappingError, CasefileError) as error:
        raise refuse(str(error)) from error
    made = done.edition
    if as_json:
        click.echo(json.dumps({"new": done.new, **asdict(made), "faults": done.faults}, ensure_ascii=False))
        return
    if not done.new:
        click.echo(f"{path}: imported before as {made.name} of {made.edition}, nothing changed")
        return
    click.echo(f"{made.name} of {made.edition} ({made.country}, {made.kind}): {made.entries} entries, "
               f"{made.set_aside} rows set aside, SHA-256 {made.file_sha256[:12]}")  # fmt: skip
    if not made.current:
        click.echo("kept as history: a newer edition of this register is loaded")
    for fault in done.faults:
        click.echo(f"set aside: {path.name}, {fault}", err=True)


def _is_date(text: str) -> bool:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@register.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object an edition.")
@workspace_option
def list_(as_json: bool, workspace: Path) -> None:
    """List the editions in the casefile; of each register one is current.

    Example: pharmakon register list
    """
    from casefile.registers import editions

    with open_casefile(workspace) as casefile:
        found = editions(casefile)
    if as_json:
        for one in found:
            click.echo(json.dumps(asdict(one), ensure_ascii=False))
        return
    if not found:
        click.echo("no register is loaded; see pharmakon register import --help")
    for one in found:
        state = "current" if one.current else "superseded"
        place = f"{one.kind:<9} {one.name:<14} {one.country}  {one.edition}  {state:<10}"
        click.echo(f"{place}  {one.entries:>9,} entries  {one.file_sha256[:12]}  {one.source}")


@register.command()
@click.argument("listing_id", required=False, metavar="[ID]")
@click.option("--in", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Listings, one JSON object a line (also .gz), instead of one of the casefile.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a listing.")
@workspace_option
def check(listing_id: str | None, source: Path | None, as_json: bool, workspace: Path) -> None:
    """Say what the registers hold of a listing's product and seller, for each country it ships to.

    Answers: authorised, not found, withdrawn, alerted batch, register not loaded. "Not found" alone proves nothing:
    the register may have a gap, or the listing may name its product in a way nobody has listed.

    Example: pharmakon register check 3f2a90b1c4d5e6f70812
    """
    if (listing_id is None) == (source is None):
        raise click.UsageError("give the ID of a listing, or --in FILE")
    faults = 0
    with open_casefile(workspace) as casefile:
        for number, found in enumerate(_asked(casefile, listing_id, source), 1):
            if isinstance(found, str):
                faults += 1
                click.echo(f"{source}, line {number}: {found}", err=True)
            else:
                _print(found[0], found[1], as_json)
    if faults:
        raise refuse(f"{faults} lines could not be read as listings, see above")


def _asked(
    casefile: "Casefile", listing_id: str | None, source: Path | None
) -> "Iterator[tuple[Listing, RegisterCheck] | str]":
    from casefile.assessments import get_assessment
    from casefile.listings import get_listing, get_site
    from casefile.records import Listing
    from cli.register_check import check_listing

    if source is None:
        listing = get_listing(casefile, listing_id or "")
        if listing is None:
            raise refuse(f"the casefile holds no listing {listing_id}")
        site = get_site(casefile, listing.site) if listing.site else None
        assessment = get_assessment(casefile, listing.id, listing.version)
        yield listing, check_listing(casefile, listing, site=site, assessment=assessment)
        return
    with gzip.open(source, "rb") if source.suffix == ".gz" else source.open("rb") as stream:
        while line := stream.readline(LONGEST_LINE):
            try:
                listing = Listing.from_row(json.loads(line))
            except (ValueError, RecursionError) as error:
                yield str(error)
                continue
            yield listing, check_listing(casefile, listing)


def _print(listing: "Listing", found: "RegisterCheck", as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"id": listing.id, **asdict(found)}, ensure_ascii=False))
        return
    click.echo(f"{listing.id}: {found.product or 'no product was read'}")
    for one in found.countries:
        click.echo(f"  {one.country}  {one.answer}: {one.because}")
        if one.best is not None:
            for part in one.best.parts:
                if part.agrees is not None:
                    click.echo(f"        {part.part:<9} {part.agrees * part.share:.2f} of {part.share:.2f}  "
                               f"{part.listing or '(in the text)'} / {part.register}")  # fmt: skip
    if not found.countries:
        click.echo("  no product register is loaded and the listing names no country")
    for line in found.law:
        click.echo(f"  law  {line}")
    click.echo(f"  seller  {found.seller.standing}: {found.seller.because}")
    if found.seller.breaks_own_rules:
        click.echo(f"          but it breaks its own rules: {', '.join(found.seller.breaks_own_rules)}")
