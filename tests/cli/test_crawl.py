"""``pharmakon crawl`` and ``pharmakon target``: what they print, and how they end."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from tests.crawler.evidence.samples import open_writer, write_page
from tests.crawler.local_site import LocalSite, links_page, product_page


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_a_crawl_prints_counts_outcomes_and_the_bundle(tmp_path: Path) -> None:
    with LocalSite({"/": links_page("/p/1", "/p/2"), "/p/1": product_page("One")}) as site:
        result = run("crawl", site.url(), "--out", str(tmp_path / "b"), "--allow-loopback", "--render", "never")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0].startswith("3 pages, 1 listings, 1 sites, ")
    assert lines[1] == "outcomes: ok 2, gone 2"
    assert lines[-1] == f"bundle: {tmp_path / 'b'}"


def test_the_report_can_be_read_by_a_program(tmp_path: Path) -> None:
    with LocalSite({"/": product_page("One")}) as site:
        result = run(
            "crawl", site.url(), "--out", str(tmp_path / "b"), "--allow-loopback", "--render", "never", "--json"
        )
    report = json.loads(result.output)
    assert (report["format"], report["counts"]["listings"]) == ("pharmakon-run/1", 1)
    assert report == json.loads((tmp_path / "b" / "run.json").read_text())


def test_nothing_fetched_is_status_1_with_the_reason(tmp_path: Path) -> None:
    with LocalSite({}) as site:
        result = run("crawl", site.url(), "--out", str(tmp_path / "b"), "--render", "never")
    assert result.exit_code == 1
    assert "private addresses need --allow-loopback" in result.output
    assert "nothing could be fetched" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["crawl"], "name start URLs or a --target"),
        (["crawl", "http://a.example/", "--target", "a", "--out", "b"], "one of the two"),
        (["crawl", "http://a.example/"], "--out FOLDER is needed"),
        (["crawl", "ftp://a.example/", "--out", "b"], "'ftp://a.example/' is not an address"),
        (["crawl", "http://a.example/", "--out", "b", "--max-pages", "0"], "--max-pages"),
        (["crawl", "http://a.example/", "--recover", "b"], "--recover FOLDER stands alone"),
        (["target", "add", "A B", "http://a.example/", "--targets", "never-written.yaml"], "name: "),
        (["target", "add", "a", "ftp://a.example/", "--targets", "never-written.yaml"], "is not an address"),
    ],
)
def test_wrong_use_is_status_2(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_a_folder_in_use_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    result = run("crawl", "http://a.example/", "--out", str(tmp_path))
    assert result.exit_code == 1
    assert "is not empty" in result.output


def test_rendering_without_a_browser_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHARMAKON_BROWSER", str(tmp_path / "no-such-browser"))
    result = run("crawl", "http://a.example/", "--out", str(tmp_path / "b"), "--render", "always")
    assert result.exit_code == 1
    assert "no Chromium was found" in result.output
    assert not (tmp_path / "b").exists()


def test_recover_says_what_it_kept_and_what_it_set_aside(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    with open_writer(folder) as writer:
        writer.custody("run_started", kind="crawl")
        write_page(writer, 1)
    with (folder / "listings.jsonl").open("ab") as stream:
        stream.write(b"{torn")
    result = run("crawl", "--recover", str(folder))
    assert result.exit_code == 0, result.output
    assert "1 captures, 1 sites, 1 listings (0 of them read again from the archive)" in result.output
    assert "set aside 5 bytes of listings.jsonl" in result.output
    again = run("crawl", "--recover", str(folder), "--json")
    assert json.loads(again.output) == {"sealed": True, "recovered": False}
    assert run("crawl", "--recover", str(tmp_path)).exit_code == 1


def test_a_target_is_added_listed_and_crawled(tmp_path: Path) -> None:
    workspace = ["--workspace", str(tmp_path / "ws")]
    assert "no targets yet" in run("target", "list", *workspace).output
    with LocalSite({"/": product_page("One")}) as site:
        added = run("target", "add", "one", site.url(), "--max-pages", "5", "--render", "never", *workspace)
        assert added.exit_code == 0, added.output
        assert f"one: {site.url()} (pharmacy, 5 pages, 1800 s)" in run("target", "list", *workspace).output
        crawled = run(
            "crawl", "--target", "one", "--out", str(tmp_path / "b"), "--allow-loopback", "--json", *workspace
        )
    report = json.loads(crawled.output)
    assert (report["target"], report["settings"]["max_pages"], report["counts"]["listings"]) == ("one", 5, 1)
    unknown = run("crawl", "--target", "two", "--out", str(tmp_path / "c"), *workspace)
    assert unknown.exit_code == 1
    assert "no target is called 'two' (known: one)" in unknown.output
