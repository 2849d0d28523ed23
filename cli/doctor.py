"""``pharmakon doctor``: is this machine, and this workspace, fit to work?"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import click

from cli.workspace import workspace_option

LEAST_FREE_BYTES = 2 * 1024**3
"""A crawl of a large shop fills about this much before anyone looks."""


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    check: str
    ok: bool
    found: str
    advice: str | None = None
    """What to do about it, when it is not ok."""
    vital: bool = True
    """Whether the work cannot be done without it."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@workspace_option
def doctor(workspace: Path, as_json: bool) -> None:
    """Check Python, packages, browser, model, disk and the casefile; exit status 1 when something vital is wrong.

    Changes nothing. Example: pharmakon doctor --workspace /srv/pharmakon
    """
    findings = list(examine(workspace))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            mark = "ok     " if finding.ok else "FAULT  " if finding.vital else "missing"
            click.echo(f"{mark} {finding.check}: {finding.found}")
            if finding.advice and not finding.ok:
                click.echo(f"          {finding.advice}")
    if any(finding.vital and not finding.ok for finding in findings):
        sys.exit(1)


def examine(workspace: Path) -> Iterator[Finding]:
    """Yield one finding after the other; a check that breaks is a finding, never a traceback."""
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("Python", _python),
        ("packages", _packages),
        ("browser", _browser),
        ("model", _model),
        ("disk", lambda: _disk(workspace)),
        ("policy", lambda: _policy(workspace)),
        ("casefile", lambda: _casefile(workspace)),
    )
    for name, check in checks:
        try:
            yield check()
        except Exception as error:
            # whatever breaks here is what the person needs to hear about
            yield Finding(name, False, f"{type(error).__name__}: {error}", "Report this with the whole output.")


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "Install Python 3.11 or newer and run `make setup`.")


def _packages() -> Finding:
    from packaging.requirements import Requirement

    missing = []
    wanted = [Requirement(text) for text in metadata.requires("pharmakon") or ()]
    needed = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    for requirement in needed:
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            missing.append(f"{requirement.name} is not installed")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            missing.append(f"{requirement.name} is {version}, wanted {requirement.specifier}")
    found = "; ".join(missing) or f"all {len(needed)} there"
    return Finding("packages", not missing, found, "Run `make setup`.")


def _browser() -> Finding:
    from crawler.net.browser import find_browser

    path = find_browser()
    advice = "Pages that need JavaScript are not rendered. Install Chromium or set PHARMAKON_BROWSER."
    return Finding("browser", path is not None, str(path or "none found"), advice, vital=False)


def _model() -> Finding:
    from classifier.assess import Assessor
    from classifier.persist import ModelError

    try:
        assessor = Assessor.load()
    except ModelError as error:
        return Finding("model", False, str(error))
    return Finding("model", True, f"{assessor.model_id[:12]}, lexicon {assessor.lexicon_id[:12]}")


def _disk(workspace: Path) -> Finding:
    existing = next(path for path in (workspace, *workspace.resolve().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    advice = f"Free some space on the disk of {existing}, or keep the workspace elsewhere (--workspace)."
    return Finding("disk", free >= LEAST_FREE_BYTES, f"{free / 1024**3:.1f} GiB free", advice, vital=False)


def _policy(workspace: Path) -> Finding:
    from casefile.policy import POLICY_NAME, PolicyError, load_policy

    try:
        policy = load_policy(workspace)
    except PolicyError as error:
        return Finding("policy", False, str(error), f"Correct {workspace / POLICY_NAME}.")
    eyes = (
        "two people confirm"
        if policy.second_confirmation
        else f"ONE person confirms: {policy.second_confirmation_reason}"
    )
    legal = policy.legal_basis or "none stated, give one with each referral"
    return Finding("policy", True, f"{eyes}; legal basis: {legal}")


def _casefile(workspace: Path) -> Finding:
    from casefile import audit, queue
    from casefile.store import DATABASE_NAME, Casefile, CasefileError

    if not (workspace / DATABASE_NAME).exists():
        return Finding("casefile", True, f"none yet in {workspace}")
    try:
        casefile = Casefile.open(workspace)
    except CasefileError as error:
        return Finding("casefile", False, str(error), "Restore the last backup: pharmakon restore --help")
    try:
        check = audit.verify(casefile)
        states = ", ".join(f"{count} {state}" for state, count in queue.counts(casefile).items() if count)
    finally:
        casefile.close()
    if not check.ok:
        return Finding(
            "casefile", False, f"audit log: {check.first_fault}", "Keep this file; restore the last backup beside it."
        )
    return Finding("casefile", True, f"{states or 'empty'}; audit log of {check.entries} entries is whole")
