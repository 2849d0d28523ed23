import gzip
import json
from pathlib import Path

import pytest

from crawler.imports.run import plan_import
from crawler.imports.source import ImportFault
from tests.crawler.imports.conftest import Import, json_lines

PRODUCT = '<html lang="en"><title>{0}</title><body><h1>{0}</h1><p class="price">$89.00</p><button>Buy now</button>'


def test_a_folder_of_pages_is_read_by_suffix_and_by_content(tmp_path: Path, imported: Import) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "a.html").write_text(PRODUCT.format("Pill A"), encoding="utf-8")
    (folder / "b.htm.gz").write_bytes(gzip.compress(PRODUCT.format("Pill B").encode()))
    (folder / "page_without_suffix").write_text(PRODUCT.format("Pill C"), encoding="utf-8")
    (folder / "about.html").write_text("<html><h1>About us</h1><p>We are a shop.</p>", encoding="utf-8")
    (folder / "notes.txt").write_text("not a page", encoding="utf-8")
    report, listings = imported(folder)
    assert sorted(listing["title"] for listing in listings) == ["Pill A", "Pill B", "Pill C"]
    assert report.pages == 4 and report.without_listing == ["about.html"]
    assert {listing["site"] for listing in listings} == {"saved"}
    assert listings[0]["extra"]["file"] == "a.html" and "url" not in listings[0]


@pytest.mark.parametrize("where", ["side file", "index", "saved from", "canonical"])
def test_the_address_of_a_page_is_found(where: str, tmp_path: Path, imported: Import) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    url = "https://shop.example/p/1"
    page = PRODUCT.format("Pill")
    if where == "side file":
        (folder / "one.html.json").write_text(json.dumps({"url": url}), encoding="utf-8")
    elif where == "index":
        (folder / "index-of-pages.json").write_text(json.dumps({"one": {"url": url}}), encoding="utf-8")
    elif where == "saved from":
        page = f"<!-- saved from url=(0024){url} -->\n{page}"
    else:
        page = page.replace("<title>", f'<link rel="canonical" href="{url}"><title>')
    (folder / "one.html").write_text(page, encoding="utf-8")
    _, (listing,) = imported(folder)
    assert listing["url"] == url and listing["site"] == "shop.example"


def test_a_page_is_kept_as_evidence_whether_it_gives_a_listing_or_not(tmp_path: Path, imported: Import) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "about.html").write_text("<html><h1>About us</h1><p>We are a shop.</p>", encoding="utf-8")
    report, listings = imported(folder)
    assert listings == [] and report.pages == 1
    (capture,) = json_lines(tmp_path / "bundle" / "captures.jsonl")
    assert capture["robots"] == "not_asked" and capture["warc_file"].startswith("archive/")


def test_a_hostile_page_is_set_aside_and_the_next_one_read(tmp_path: Path, imported: Import) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "a.html").write_text("<html><div " + " ".join(f"a{n}=1" for n in range(100_000)) + ">", encoding="utf-8")
    (folder / "b.html").write_text(PRODUCT.format("Pill"), encoding="utf-8")
    (folder / "c.html.gz").write_bytes(gzip.compress(b" " * 60_000_000))
    report, listings = imported(folder)
    assert [listing["title"] for listing in listings] == ["Pill"]
    assert [reject.file for reject in report.first_rejects] == ["a.html", "c.html.gz"]


def test_a_folder_without_pages_is_refused(tmp_path: Path, imported: Import) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImportFault, match="holds no saved web page"):
        imported(tmp_path / "empty")


def test_a_changed_page_or_index_makes_another_run(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PRODUCT.format("Pill"), encoding="utf-8")
    first = plan_import(tmp_path).run_id
    assert plan_import(tmp_path).run_id == first
    (tmp_path / "pages.json").write_text('{"a": "https://shop.example/a"}', encoding="utf-8")
    assert plan_import(tmp_path).run_id != first


def test_a_file_of_no_known_kind_is_refused_with_the_kinds_that_are(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n")
    with pytest.raises(ImportFault, match="give CSV, JSON lines, WARC, WACZ or saved HTML"):
        plan_import(path)
    with pytest.raises(ImportFault, match="does not exist"):
        plan_import(tmp_path / "nothing")
