"""``pharmakon assess``: listings to assessments, as a filter or over the casefile."""

import gzip
import json
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from cli.progress import progress_bar
from cli.workspace import open_casefile, refuse, workspace_option

if TYPE_CHECKING:
    from casefile.records import Assessment, Listing
    from casefile.store import Casefile
    from classifier.assess import Assessor


@click.command()
@click.option(
    "--in", "source", metavar="FILE", help="Listings, one JSON object a line; .gz is read as such; - is standard input."
)
@click.option(
    "--out", "target", metavar="FILE", help="Where assessments go, same order; - (the default) is standard output."
)
@click.option(
    "--model",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Model folder [default: models/default].",
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes to assess with.")
@click.option(
    "--all",
    "again",
    is_flag=True,
    help="Casefile: assess again every listing whose shown assessment is not by this model and lexicon.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="With --in and --out: go on where a stopped run was, and keep what is done when stopped again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON (on standard error where --out is -).")
@workspace_option
def assess(
    source: str | None,
    target: str | None,
    folder: Path | None,
    workers: int,
    again: bool,
    resume: bool,
    as_json: bool,
    workspace: Path,
) -> None:
    """Say of each listing what it is, how suspect, and why, in its own words.

    With --in a filter that needs no casefile; a bad line gives an {"id", "error"} line and exit status 1 at the end,
    and never stops the run. The file of --out appears when all is done; until then the lines stand in OUT.part, and
    with --resume a run that was stopped or killed goes on from there (the lines must fit input, model and lexicon).
    Without --in the unassessed listings of the casefile are assessed; an interrupted run goes on where it stopped.

    Example: pharmakon assess --in listings.jsonl --out assessments.jsonl
    """
    from casefile.store import CasefileError
    from classifier.concepts import ConceptError
    from classifier.cues.catalogue import CatalogueError
    from classifier.engines.local import EngineError
    from classifier.engines.resume import ResumeError
    from classifier.persist import ModelError
    from classifier.text.entries import LexiconError

    if source is None and target is not None:
        raise click.UsageError("--out needs --in")
    if resume and (source is None or target in (None, "-")):
        raise click.UsageError("--resume needs --in and a file for --out")
    started = time.monotonic()
    try:
        if source is None:
            rows, errors = _casefile(workspace, folder, again)
        else:
            rows, errors = _filter(source, target or "-", folder, workers, resume)
    except (CasefileError, ModelError, EngineError, ResumeError, CatalogueError, LexiconError, ConceptError) as error:
        raise refuse(str(error)) from error
    seconds = time.monotonic() - started
    summary = {
        "rows": rows,
        "errors": errors,
        "seconds": round(seconds, 3),
        "rows_per_second": round(rows / max(seconds, 1e-9), 1),
    }
    to_stderr = source is not None and target in (None, "-")
    if as_json:
        click.echo(json.dumps(summary), err=to_stderr)
    else:
        click.echo(f"{rows} assessed, {errors} errors, {summary['rows_per_second']} rows/s", err=to_stderr)
    if errors:
        sys.exit(1)


def _filter(source: str, target: str, folder: Path | None, workers: int, resume: bool) -> tuple[int, int]:
    from classifier.engines.local import score_rows
    from classifier.lines import split_lines

    rows = errors = 0
    with _reading(source) as stream, progress_bar() as bar, _writing(target, resume) as out:
        task = bar.add_task("assessing", total=None)
        try:
            waiting = split_lines(stream)
            if resume:
                rows, errors = _take_up(out, waiting, folder)
                bar.advance(task, rows)
            for lines, faults in score_rows(waiting, folder, workers=workers):
                out.writelines(lines)
                rows, errors = rows + len(lines), errors + faults
                bar.advance(task, len(lines))
        except (zlib.error, gzip.BadGzipFile, EOFError) as error:
            raise refuse(f"{source}: the compressed data is damaged after {rows} rows ({error})") from error
        except OSError as error:
            raise refuse(f"{target}: cannot be written ({error.strerror or error})") from error
    return rows, errors


def _take_up(out: BinaryIO, waiting: "Iterator[bytes | None]", folder: Path | None) -> tuple[int, int]:
    """Pass over the input lines that ``out`` already answers and cut off a half-written line; rows and errors there."""
    from classifier.assess import Assessor
    from classifier.engines.resume import done_already

    if not out.seek(0, os.SEEK_END):
        return 0, 0
    out.seek(0)
    assessor = Assessor.load(folder)
    done = done_already(out, waiting, model=assessor.model_id, lexicon=assessor.lexicon_id)
    out.truncate(done.size)
    out.seek(done.size)
    return done.rows, done.errors


@contextmanager
def _reading(source: str) -> Iterator[BinaryIO]:
    if source == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = gzip.open(source, "rb") if source.endswith(".gz") else open(source, "rb")
    except OSError as error:
        raise refuse(f"{source}: cannot be read ({error.strerror or error})") from error
    try:
        yield cast(BinaryIO, stream)
    finally:
        stream.close()


@contextmanager
def _writing(target: str, resume: bool) -> Iterator[BinaryIO]:
    """Write to a file beside ``target`` that takes its name when all is done.

    A run that fails leaves no such file, but with ``resume`` one that is stopped keeps it for the next.
    """
    if target == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(target)
    temporary = path.with_name(path.name + ".part")
    try:
        out = temporary.open("r+b" if resume and temporary.exists() else "w+b")
    except OSError as error:
        raise refuse(f"{target}: cannot be written ({error.strerror or error})") from error
    try:
        with out:
            yield out
        temporary.replace(path)
    except BaseException as fault:
        if not resume:
            temporary.unlink(missing_ok=True)
        if isinstance(fault, OSError):  # closing writes what is held back, and a full disk fails there once more
            raise refuse(f"{target}: cannot be written ({fault.strerror or fault})") from fault
        raise


def _casefile(workspace: Path, folder: Path | None, again: bool) -> tuple[int, int]:
    """Assess what the casefile holds; returns how many listings were assessed and how many could not be."""
    from casefile.listings import count_unassessed
    from classifier.assess import Assessor

    assessor = Assessor.load(folder)
    casefile = open_casefile(workspace)
    try:
        model_id, lexicon_id = _asked(assessor, again)
        total = count_unassessed(casefile, model_id=model_id, lexicon_id=lexicon_id)
        with progress_bar() as bar:
            task = bar.add_task("assessing", total=total)
            seen = 0

            def follow(read: int) -> None:
                nonlocal seen
                seen += read
                bar.advance(task, read)

            rows = assess_waiting(casefile, assessor, again=again, progress=follow)
    finally:
        casefile.close()
    return rows, seen - rows


def assess_waiting(casefile: "Casefile", assessor: "Assessor", *, again: bool, progress: Callable[[int], None]) -> int:
    """Assess every listing that has no assessment (``again``: that shows none by this model); return how many.

    Each batch is kept as soon as it is done, so an interrupted run goes on where it stopped, and what earlier models
    said stays as history; ``progress`` is told how many listings each batch held. A listing that cannot be assessed is
    named on standard error and left out.
    """
    from casefile.assessments import save_assessments
    from casefile.listings import unassessed
    from cli.register_check import with_licences

    rows = 0
    model_id, lexicon_id = _asked(assessor, again)
    for batch in unassessed(casefile, model_id=model_id, lexicon_id=lexicon_id):
        found = with_licences(casefile, batch, _assessed(assessor, batch))
        save_assessments(casefile, found, actor=f"assess {assessor.model_id[:12]}")
        rows += len(found)
        progress(len(batch))
    return rows


def _asked(assessor: "Assessor", again: bool) -> tuple[str | None, str | None]:
    """Return whose assessments count as done: of the model and lexicon at hand, or (None) of any."""
    return (assessor.model_id, assessor.lexicon_id) if again else (None, None)


def _assessed(assessor: "Assessor", batch: "list[Listing]") -> "list[Assessment]":
    """Assess ``batch``; when that fails, one by one, so that only the listing at fault is left out, by name."""
    try:
        return assessor.assess_batch(batch)
    except Exception:  # the listing at fault is found and named below
        found = []
    for listing in batch:
        try:
            found.append(assessor.assess(listing))
        except Exception as error:
            click.echo(f"listing {listing.id}: could not be assessed ({type(error).__name__}: {error})", err=True)
    return found
