"""One source, of whatever kind, to one sealed bundle."""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import JsonValue

from casefile.records import sha256_hex
from crawler.evidence.bundle import EvidenceError, utc_now
from crawler.imports.archives import import_wacz, import_warc
from crawler.imports.bundling import ImportBundle, import_run_id
from crawler.imports.jsonl import Progress, import_jsonl
from crawler.imports.pages import html_files, import_pages
from crawler.imports.source import ImportFault, ImportReport, SourceKind, digest_of, kind_of
from crawler.imports.table import import_table


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """A source that was looked at: its kind, and the run id its content and the options give."""

    source: Path
    kind: SourceKind
    run_id: str
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None


def plan_import(source: Path, *, columns: Mapping[str, str] | None = None, encoding: str | None = None) -> ImportPlan:
    """Look at a source. Raises :class:`ImportFault` when it is missing or of no known kind."""
    if not source.exists():
        raise ImportFault(f"{source} does not exist")
    try:
        kind = kind_of(source)
        options: dict[str, JsonValue] = {}
        if kind == "table":
            options = {"columns": dict(columns or {}), "encoding": encoding}
        # The file's name counts too: it names the site of rows that do not.
        return ImportPlan(source, kind, import_run_id(kind, _content(source, kind), [source.name, options]),
                          dict(columns or {}), encoding)  # fmt: skip
    except OSError as error:
        raise ImportFault(f"{source} cannot be read: {error.strerror}; check its permissions") from error


def _content(source: Path, kind: SourceKind) -> str:
    if source.is_file():
        return digest_of(source)
    digest = hashlib.sha256()
    for path in html_files(source):
        digest.update(f"{path.relative_to(source).as_posix()}\n{digest_of(path)}\n".encode())
    # Side files and indexes give pages their addresses, so they decide the outcome as well.
    for path in sorted(source.rglob("*.json"))[:10_000]:
        if path.is_file() and not path.is_symlink():
            digest.update(f"{path.relative_to(source).as_posix()}\n{digest_of(path)}\n".encode())
    return sha256_hex(digest.digest())


def run_import(
    plan: ImportPlan, folder: Path, *, clock: Callable[[], datetime] = utc_now, progress: Progress | None = None
) -> ImportReport:
    """Import a planned source into a new bundle at ``folder``, and seal it.

    Rows and pages at fault are set aside and counted in the report; a source that ends early is imported up to there.
    Raises :class:`ImportFault` when nothing of the source can be imported; no sealed bundle is left then.
    """
    tell: Progress = progress or (lambda done, total: None)
    report = ImportReport(source=str(plan.source), kind=plan.kind, run_id=plan.run_id)
    try:
        with ImportBundle(folder, report, clock=clock) as bundle:
            if plan.kind == "jsonl":
                import_jsonl(plan.source, bundle, progress=tell)
            elif plan.kind == "table":
                import_table(plan.source, bundle, columns=plan.columns, encoding=plan.encoding, progress=tell)
            elif plan.kind == "warc":
                import_warc(plan.source, bundle, progress=tell)
            elif plan.kind == "wacz":
                import_wacz(plan.source, bundle, progress=tell)
            else:
                import_pages(plan.source, bundle, progress=tell)
            bundle.seal(sources=[plan.source.name], settings={"columns": dict(report.columns)})
    except EvidenceError as error:
        raise ImportFault(str(error)) from error
    except (ImportFault, OSError) as error:
        # What was begun is no evidence of anything: the source is still where it was.
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, ImportFault):
            raise
        raise ImportFault(f"{plan.source}: {error.strerror or error}; nothing of it was kept") from error
    return report
