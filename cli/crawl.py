"""``pharmakon crawl``: from start URLs or a target to a sealed bundle."""

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from casefile.records import RunReport
from cli.workspace import refuse, workspace_option

if TYPE_CHECKING:
    from crawler.job import CrawlJob
    from crawler.run import Progress


@click.command(epilog="Example: pharmakon crawl https://shop.example/ --out runs/shop-1 --max-pages 200")
@click.argument("urls", nargs=-1, metavar="URL...")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the bundle; new or empty.")
@click.option("--target", help="Crawl the target of this name from targets.yaml instead of URLs.")
@click.option(
    "--targets",
    "targets_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of targets [default: targets.yaml in the workspace].",
)
@click.option("--render", type=click.Choice(["auto", "never", "always"]), help="When to use a browser [default: auto].")
@click.option("--max-pages", type=click.IntRange(1), help="Most pages to fetch [default: 1000].")
@click.option("--max-seconds", type=click.FloatRange(0, min_open=True), help="Longest time to run [default: 1800].")
@click.option("--max-depth", type=click.IntRange(0), help="Most links away from a start URL [default: 12].")
@click.option("--allow-loopback", is_flag=True, help="Open exactly the host:port pairs of the start URLs, if private.")
@click.option(
    "--recover",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Seal what a killed run left in FOLDER, and do nothing else.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the run report as JSON.")
@workspace_option
def crawl(
    urls: tuple[str, ...],
    out: Path | None,
    target: str | None,
    targets_file: Path | None,
    recover: Path | None,
    as_json: bool,
    workspace: Path,
    **limits: Any,  # noqa: ANN401 - the options that go into the job unchanged
) -> None:
    """Crawl shops, and leave a bundle: every page as evidence, the listings, and what the shops say of themselves.

    Only the hosts of the start URLs are asked, robots.txt and Crawl-delay are obeyed, and private addresses are
    refused. Ctrl-C ends a run early and seals what it has. Exit status: 0 done, 1 when nothing could be fetched or the
    run was cut, 2 wrong use.
    """
    if recover is not None:
        if urls or target or out:
            raise click.UsageError("--recover FOLDER stands alone")
        _recover(recover, as_json=as_json)
        return
    if bool(urls) == bool(target):
        raise click.UsageError("name start URLs or a --target, one of the two")
    if out is None:
        raise click.UsageError("--out FOLDER is needed: the bundle is written there")
    given = {name: value for name, value in limits.items() if value not in (None, False)}
    job = _job_from_target(target, targets_file or workspace / "targets.yaml", out, given) if target else _job(
        urls, out, given
    )  # fmt: skip
    _refuse_used_folder(out)
    _refuse_missing_browser(job)
    report = _run(job, show=not as_json)
    if as_json:
        click.echo(json.dumps(report.model_dump(mode="json", exclude_none=True), ensure_ascii=False))
    else:
        _print_summary(report, out)
    _exit_status(report)


def _job(urls: tuple[str, ...], out: Path, given: dict[str, Any]) -> "CrawlJob":
    from crawler.job import CrawlJob

    try:
        return CrawlJob(start_urls=urls, out=out.absolute(), **given)
    except ValidationError as error:
        first = error.errors()[0]
        raise click.UsageError(first["msg"].removeprefix("Value error, ")) from error


def _job_from_target(name: str, file: Path, out: Path, given: dict[str, Any]) -> "CrawlJob":
    from crawler.job import CrawlJob
    from crawler.targets import TargetError, find_target, load_targets

    try:
        target = find_target(load_targets(file), name, source=file)
        job = CrawlJob.for_target(target, out.absolute(), today=dt.datetime.now(dt.UTC).date())
    except (TargetError, ValueError) as error:
        raise refuse(str(error)) from error
    return job.model_copy(update=given)


def _refuse_used_folder(out: Path) -> None:
    """Say so before a process is started; the writer checks again."""
    if out.is_dir() and any(out.iterdir()):
        raise refuse(f"{out} is not empty: choose a new folder (or --recover {out} if a run there was killed)")


def _refuse_missing_browser(job: "CrawlJob") -> None:
    from crawler.net.browser import BROWSER_VARIABLE, find_browser

    if job.render == "always" and find_browser() is None:
        raise refuse(
            "no Chromium was found, so no page can be rendered: install it (Debian: apt install chromium), "
            f"name it in {BROWSER_VARIABLE}, or crawl with --render auto"
        )


def _run(job: "CrawlJob", *, show: bool) -> RunReport:
    from crawler.run import CrawlError, run_job

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    try:
        with Bar(*columns, console=console, disable=not (show and console.is_terminal), transient=True) as bar:
            task = bar.add_task("starting", total=None)

            def tell(progress: "Progress") -> None:
                outcomes = ", ".join(f"{number} {name}" for name, number in progress.outcomes.items())
                text = f"{progress.pages} pages (of {job.max_pages} at most), {progress.listings} listings; {outcomes}"
                bar.update(task, description=text)

            return run_job(job, tell)
    except CrawlError as error:
        raise refuse(str(error)) from error


def _print_summary(report: RunReport, out: Path) -> None:
    counts = report.counts
    click.echo(
        f"{counts.get('pages', 0)} pages, {counts.get('listings', 0)} listings, {counts.get('sites', 0)} sites, "
        f"{counts.get('bytes', 0):,} bytes; {report.finish_reason}"
    )
    from casefile.records import OUTCOMES

    outcomes = [f"{name} {counts[name]}" for name in (*OUTCOMES, "skipped") if counts.get(name)]
    click.echo("outcomes: " + (", ".join(outcomes) or "none"))
    reasons: dict[str, int] = {}
    for url in report.urls:
        if url.outcome not in ("ok",) and url.reason:
            key = f"{url.outcome}: {url.reason}"
            reasons[key] = reasons.get(key, 0) + 1
    for reason, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:8]:
        click.echo(f"  {number} x {reason}")
    if counts.get("unrendered"):
        click.echo(f"  {counts['unrendered']} pages show nothing without a browser, and none was used")
    click.echo(f"bundle: {out}")


def _exit_status(report: RunReport) -> None:
    from crawler.run import DONE

    if report.finish_reason not in DONE:
        raise refuse(f"the run was cut: {report.finish_reason}; what it fetched is sealed in the bundle")
    if not report.counts.get("ok"):
        raise refuse("nothing could be fetched; the outcomes above and in run.json say why")


def _recover(folder: Path, *, as_json: bool) -> None:
    from crawler.evidence import EvidenceError
    from crawler.evidence.recover import recover_bundle

    console = Console(stderr=True)
    try:
        with Bar(console=console, disable=not console.is_terminal, transient=True) as bar:
            task = bar.add_task("reading the archive again", total=None)
            recovery = recover_bundle(folder, progress=lambda done, of: bar.update(task, completed=done, total=of))
    except EvidenceError as error:
        raise refuse(str(error)) from error
    if as_json:
        found = {} if recovery is None else {"captures": recovery.captures, "listings": recovery.listings,
                                             "read_again": recovery.read_again, "sites": recovery.sites,
                                             "set_aside": recovery.set_aside}  # fmt: skip
        click.echo(json.dumps({"sealed": True, "recovered": recovery is not None, **found}))
        return
    if recovery is None:
        click.echo(f"{folder} is sealed already; there is nothing to recover")
        return
    click.echo(
        f"recovered and sealed {folder}: {recovery.captures} captures, {recovery.sites} sites, {recovery.listings} "
        f"listings ({recovery.read_again} of them read again from the archive)"
    )
    for name, size in recovery.set_aside.items():
        click.echo(f"  set aside {size} bytes of {name} that were not written whole (kept in torn/)")
