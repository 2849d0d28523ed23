"""Runs that are killed, stopped, left alone or out of disk: what was fetched is kept, and the way on is said."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from casefile.records import BundleManifest
from crawler.evidence.recover import recover_bundle
from crawler.job import CrawlJob
from crawler.run import CrawlError, Stop, run_job
from tests.crawler.local_site import Answer, LocalSite, Visit, links_page, product_page
from tests.crawler.market.crawling import Bundle

needs_prlimit = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="the limit is set with prlimit (Linux)")


@pytest.fixture
def slow_shop() -> Iterator[LocalSite]:
    """A shop with two hundred pages, of which a run has fetched only a few when it is cut."""
    paths = [f"/p/{number}" for number in range(200)]
    pages: dict[str, Answer | str] = {"/": links_page(*paths)}
    for path in paths:
        pages[path] = Answer(product_page(path), delay=0.05)
    with LocalSite(pages) as site:
        yield site


def start(site: LocalSite, out: Path, **options: object) -> "subprocess.Popen[str]":
    job = CrawlJob.model_validate(
        {"start_urls": (site.url(),), "out": out, "render": "never", "allow_loopback": True, "delay": 0.02, **options}
    )
    job_file = out.with_suffix(".json")
    job_file.write_text(job.model_dump_json())
    return subprocess.Popen(
        [sys.executable, "-m", "crawler.child", str(job_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def wait_for(child: "subprocess.Popen[str]", reached: Callable[[dict[str, int]], bool]) -> None:
    """Read the child's progress until it has come so far."""
    output: IO[str] | None = child.stdout
    assert output is not None
    for line in output:
        if reached(json.loads(line).get("counts", {})):
            return
    raise AssertionError("the run ended too early")


def finish(child: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for the end; return the exit status and the last line said."""
    said = child.stdout.read().splitlines() if child.stdout else []
    status = child.wait(30)
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()
    return status, said[-1] if said else ""


def some_listings(counts: dict[str, int]) -> bool:
    return counts.get("listings", 0) >= 3


def test_a_killed_run_is_recovered_with_every_capture_in_the_archive(slow_shop: LocalSite, tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    child = start(slow_shop, out)
    wait_for(child, some_listings)
    child.kill()
    assert finish(child)[0] == -signal.SIGKILL
    assert not (out / "bundle.json").exists()
    recovery = recover_bundle(out)
    assert recovery is not None
    assert recovery.listings >= 3
    bundle = Bundle(out, recovery.report)
    bundle.check()
    assert len({listing.id for listing in bundle.listings}) == len(bundle.listings)
    assert [entry.action for entry in bundle.custody] == ["run_started", "recovered"]


def test_what_a_run_writes_at_its_end_is_read_again_from_the_archive_of_a_killed_one(tmp_path: Path) -> None:
    asked, release = threading.Event(), threading.Event()

    def never(visit: Visit) -> Answer | str:
        asked.set()
        release.wait(60)
        return product_page("Late")

    cards = "".join(
        f"<li class=card><a href='/p/{number}'><img alt=''><h3>Tablets {number}</h3></a><b>{number}9.00 EUR</b></li>"
        for number in range(1, 7)
    )
    policy = (
        "<h1>Shipping policy</h1><p>We ship tablets without a prescription, in plain packets, to all countries.</p>"
    )
    with LocalSite({}) as site:
        site.pages["/"] = (
            f"<html><head><title>Shop</title></head><body><a href='/shipping-policy'>Shipping policy</a>"
            f"<ul>{cards}</ul></body></html>"
        )
        site.pages["/shipping-policy"] = f"<html><body>{policy}</body></html>"
        site.pages["/p/1"] = product_page("Tablets 1")
        site.pages["/p/3"] = Answer("", status=410)
        site.pages |= {f"/p/{number}": never for number in (2, 4, 5, 6)}
        child = start(site, tmp_path / "bundle")
        assert asked.wait(60)
        wait_for(child, lambda counts: counts.get("pages", 0) >= 3 and counts.get("gone", 0) >= 1)
        child.kill()
        assert finish(child)[0] == -signal.SIGKILL
        release.set()
        assert (tmp_path / "bundle" / "sites.jsonl").read_bytes() == b""
        recovery = recover_bundle(tmp_path / "bundle")
    assert recovery is not None
    bundle = Bundle(tmp_path / "bundle", recovery.report)
    bundle.check()
    assert sorted(str(listing.title) for listing in bundle.listings) == [f"Tablets {n}" for n in (1, 2, 4, 5, 6)]
    (shop,) = bundle.sites
    assert site.url("/shipping-policy") in [page.url for page in shop.pages]
    assert (recovery.listings, recovery.read_again, recovery.sites) == (5, 4, 1)
    assert bundle.custody[-1].detail["read_again"] == {"listings": 4, "sites": 1}
    assert bundle.outcome(site.url("/p/1")).listings == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_seals_what_it_has(slow_shop: LocalSite, tmp_path: Path, number: signal.Signals) -> None:
    out = tmp_path / "bundle"
    child = start(slow_shop, out)
    wait_for(child, some_listings)
    child.send_signal(number)
    assert finish(child)[0] == 0
    report = json.loads((out / "run.json").read_text())
    assert report["finish_reason"] == f"stopped by {number.name}"
    assert report["counts"]["listings"] < 200
    unreached = [url for url in report["urls"] if url.get("reason") == f"not reached: stopped by {number.name}"]
    assert unreached
    manifest = BundleManifest.from_json(json.loads((out / "bundle.json").read_text()))
    assert manifest.files


def test_a_run_whose_starter_is_gone_seals_what_it_has(slow_shop: LocalSite, tmp_path: Path) -> None:
    child = start(slow_shop, tmp_path / "bundle")
    wait_for(child, some_listings)
    assert child.stdin is not None
    child.stdin.close()
    assert finish(child)[0] == 0
    report = json.loads((tmp_path / "bundle" / "run.json").read_text())
    assert report["finish_reason"] == "the program that started the run is gone"


def test_a_stop_does_not_wait_for_a_long_crawl_delay(slow_shop: LocalSite, tmp_path: Path) -> None:
    slow_shop.pages["/robots.txt"] = Answer("User-agent: *\nCrawl-delay: 600\n", media_type="text/plain")
    child = start(slow_shop, tmp_path / "bundle")
    wait_for(child, lambda counts: counts.get("bytes", 0) > 0)
    child.send_signal(signal.SIGTERM)
    assert finish(child)[0] == 0  # finish() gives it half a minute, the delay is ten


def limit_files(child: "subprocess.Popen[str]", size: int) -> None:
    """Let no file of the child grow beyond ``size`` bytes, as if the disk were full."""
    resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (size, size))


def test_a_stop_does_not_wait_for_a_page_that_does_not_come(tmp_path: Path) -> None:
    asked = threading.Event()
    release = threading.Event()

    def never(visit: Visit) -> Answer | str:
        asked.set()
        release.wait(60)
        return ""

    with LocalSite({"/": product_page("One", links='<a href="/never">more</a>'), "/never": never}) as site:
        child = start(site, tmp_path / "bundle")
        assert asked.wait(60)
        child.send_signal(signal.SIGTERM)
        assert finish(child)[0] == 0
        release.set()
    report = json.loads((tmp_path / "bundle" / "run.json").read_text())
    assert report["counts"]["listings"] == 1
    assert {url["url"]: url.get("reason") for url in report["urls"]}[site.url("/never")] == (
        "not reached: stopped by SIGTERM"
    )
    assert (tmp_path / "bundle" / "bundle.json").exists()


@needs_prlimit
def test_a_disk_that_fills_up_ends_the_run_and_what_is_there_is_sealed(slow_shop: LocalSite, tmp_path: Path) -> None:
    child = start(slow_shop, tmp_path / "bundle")
    limit_files(child, 60_000)
    assert finish(child)[0] == 0
    report = json.loads((tmp_path / "bundle" / "run.json").read_text())
    assert report["finish_reason"] == "evidence cannot be written: File too large"
    assert report["counts"]["listings"] > 0


@needs_prlimit
def test_a_disk_too_full_to_seal_leaves_a_run_that_can_be_recovered(slow_shop: LocalSite, tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    child = start(slow_shop, out)
    limit_files(child, 8_000)
    status, said = finish(child)
    assert status == 1
    assert json.loads(said)["fault"] == (
        f"{out} cannot be written (File too large); what was recorded before is kept: make room, then seal it "
        f"with 'pharmakon crawl --recover {out}'"
    )
    recovery = recover_bundle(out)
    assert recovery is not None
    assert recovery.captures > 0
    assert recovery.set_aside == {}


def test_the_memory_limit_ends_the_run_sealed(slow_shop: LocalSite, tmp_path: Path) -> None:
    child = start(slow_shop, tmp_path / "bundle", memory_mb=1)
    assert finish(child)[0] == 0
    report = json.loads((tmp_path / "bundle" / "run.json").read_text())
    assert report["finish_reason"].startswith("memory limit: ")


def test_a_run_does_not_write_over_another(slow_shop: LocalSite, tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    out.mkdir()
    (out / "notes").write_text("mine")
    status, said = finish(start(slow_shop, out))
    assert status == 1
    assert "is not empty" in json.loads(said)["fault"]
    assert os.listdir(out) == ["notes"]


def test_a_run_that_hangs_is_killed_after_its_time_and_can_be_recovered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.run._OVERTIME_SECONDS", 1.0)
    stop = Stop()

    def hang(visit: Visit) -> Answer | str:
        for child in stop._children:
            os.kill(child.pid, signal.SIGSTOP)
        return product_page("Last")

    with LocalSite({"/": product_page("One", links='<a href="/hang">more</a>'), "/hang": hang}) as site:
        job = CrawlJob(
            start_urls=(site.url(),), out=tmp_path / "bundle", render="never", allow_loopback=True, max_seconds=5.0
        )
        with pytest.raises(CrawlError, match=r"was killed \(signal 9\).*--recover"):
            run_job(job, stop=stop)
    recovery = recover_bundle(tmp_path / "bundle")
    assert recovery is not None
    assert recovery.listings == 1


def test_ctrl_c_ends_the_command_with_a_sealed_bundle_and_status_1(slow_shop: LocalSite, tmp_path: Path) -> None:
    under_way = threading.Event()

    def tell(visit: Visit) -> Answer | str:
        under_way.set()
        return product_page("Told")

    slow_shop.pages["/p/5"] = tell
    out = tmp_path / "bundle"
    arguments = ["crawl", slow_shop.url(), "--out", str(out), "--allow-loopback", "--render", "never"]
    command = subprocess.Popen(
        [sys.executable, "-c", "from cli.main import main; main()", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert under_way.wait(60)
    command.send_signal(signal.SIGINT)
    said, complaint = command.communicate(timeout=60)
    assert command.returncode == 1
    assert f"bundle: {out}" in said
    assert "the run was cut: stopped by SIGTERM; what it fetched is sealed in the bundle" in complaint
    assert (out / "bundle.json").exists()
