"""``pharmakon explain``: why a listing has its risk."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.workspace import open_casefile, refuse, workspace_option

if TYPE_CHECKING:
    from casefile.records import DecidedListing, Explanation, Listing, WhatIf

COMPARED = 2_000
"""Decided cases a listing is compared with, decided last first: hashing them takes about a second."""
_SHOWN = 12
_LONGEST_QUOTE = 60

_CHANGES = {
    "without_cue": "without the quotes of '{cue}'",
    "without_all_cues": "without any of the cues",
    "fewest_quotes": "without the fewest quotes that matter",
    "with_statement": "with a sentence added",
    "statement_instead": "with that sentence in place of the quotes it answers",
}


@click.command()
@click.argument("listing_id", metavar="ID", required=False)
@click.option(
    "--in", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="Explain the listing in this JSON file instead of one of the casefile.",
)  # fmt: skip
@click.option("--version", type=click.IntRange(min=1), help="Version of the listing [default: the latest].")
@click.option("--model", "folder", type=click.Path(file_okay=False, path_type=Path),
              help="Model folder [default: models/default].")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the whole explanation as JSON.")
@workspace_option
def explain(
    listing_id: str | None, source: Path | None, version: int | None, folder: Path | None, as_json: bool,
    workspace: Path,
) -> None:  # fmt: skip
    """Say why a listing has its risk: terms that add up, cues, near cases, and what would have lowered it.

    The listing is assessed again as it stands. Every figure under "what would have lowered it" is the risk of the
    changed text, assessed, not estimated.

    Example: pharmakon explain 4f1c2a9be07d55aa31c0
    """
    from casefile.policy import PolicyError
    from casefile.store import CasefileError
    from classifier.assess import Assessor
    from classifier.concepts import ConceptError
    from classifier.cues.catalogue import CatalogueError
    from classifier.explain import Explainer
    from classifier.persist import ModelError
    from classifier.text.entries import LexiconError

    if (listing_id is None) == (source is None):
        raise click.UsageError("give the ID of a listing of the casefile, or --in FILE")
    try:
        listing, cases = _from_file(source) if source else _from_casefile(workspace, listing_id or "", version)
        found = Explainer(Assessor.load(folder)).explain(listing, cases)
    except (CasefileError, PolicyError, ModelError, CatalogueError, LexiconError, ConceptError, OSError) as error:
        raise refuse(str(error)) from error
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
    else:
        _print(found)


def _from_file(path: Path) -> "tuple[Listing, list[DecidedListing]]":
    from classifier.lines import LONGEST_LINE, LineError, parse_line

    if path.stat().st_size > LONGEST_LINE:
        raise refuse(f"{path}: larger than {LONGEST_LINE >> 20} MiB; give one listing")
    try:
        return parse_line(path.read_bytes()), []
    except LineError as error:
        raise refuse(f"{path}: {error}; the file holds one listing as a JSON object") from error


def _from_casefile(workspace: Path, listing_id: str, version: int | None) -> "tuple[Listing, list[DecidedListing]]":
    from casefile.labels import decided_listings
    from casefile.listings import get_listing

    casefile = open_casefile(workspace)
    try:
        listing = get_listing(casefile, listing_id, version)
        if listing is None:
            which = f"version {version} of listing" if version else "listing"
            raise refuse(f"{casefile.path}: holds no {which} {listing_id}; ids stand in the addresses of the desk")
        return listing, list(decided_listings(casefile, most=COMPARED))
    finally:
        casefile.close()


def _print(found: "Explanation") -> None:
    click.echo(f"listing {found.id}, version {found.version}: risk {found.risk:.4f} (log-odds {found.log_odds:+.2f})")
    for note in found.notes:
        click.echo(f"  note: {note}")
    _section("Cues", [
        f"{cue.cue}: {quoted(cue.quote)} ({cue.field} {cue.start}-{cue.end}; {cue.source})" for cue in found.cues
    ], "none")  # fmt: skip
    _section("What speaks for the offer", [
        f"{one.why}: {quoted(one.quote)} ({one.field} {one.start}-{one.end}"
        + (f", takes away {one.cue})" if one.cue else ")")
        for one in found.protections
    ], "nothing")  # fmt: skip
    _section("What moved the score (log-odds; all terms together are the score)", list(_terms(found)), "")
    _section("What would have lowered it (assessed again, not estimated)", [
        f"{what.risk:.4f}  {_change(what)}" for what in found.what_if
    ], "nothing that was tried: the risk does not rest on one quote")  # fmt: skip
    for title, cases in (("Nearest confirmed cases", found.confirmed), ("Nearest rejected case", found.rejected)):
        _section(title, [
            f"{case.similarity:.2f}  {quoted(case.title)} ({case.site or 'no site'}, {case.id})" for case in cases
        ], "none decided yet")  # fmt: skip


def _section(title: str, lines: list[str], otherwise: str) -> None:
    click.echo(f"\n{title}")
    for line in lines or [otherwise]:
        click.echo(f"  {line}")


def _terms(found: "Explanation") -> "Iterator[str]":
    first, last = found.terms[:_SHOWN], found.terms[_SHOWN:]
    for term in first:
        name = quoted(term.name) if term.sort == "words" else term.name
        quote = f"  {quoted(term.quote)}" if term.quote and term.sort != "words" else ""
        yield f"{term.log_odds:+7.3f}  {name}{quote}"
    if last:
        yield f"{sum(t.log_odds for t in last):+7.3f}  everything else ({len(last)} lines; --json lists them)"
    yield f"{sum(t.log_odds for t in found.terms):+7.3f}  = the score"


def _change(what: "WhatIf") -> str:
    said = _CHANGES[what.change].format(cue=(what.cue or "").replace("_", " "))
    return f"{said}: {'; '.join(quoted(text) for text in what.texts[:4])}"


def quoted(text: str) -> str:
    """Return foreign text on one line without what a terminal would obey."""
    line = "".join(sign if sign.isprintable() else " " for sign in " ".join(text.split()))
    return f"“{line[:_LONGEST_QUOTE]}{'…' if len(line) > _LONGEST_QUOTE else ''}”"
