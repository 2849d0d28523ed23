import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from crawler.sandbox import listings_file
from crawler.sandbox.catalogue import SandboxError
from crawler.sandbox.listings_file import load_listings
from crawler.sandbox.server import start_sandbox
from crawler.sandbox.sites import shop
from tests.crawler.sandbox.test_server import fetch
from tests.crawler.sandbox.test_sites import locations
from tests.crawler.sandbox.walking import select, walk

ROWS: list[dict[str, object]] = [
    {"id": "1", "title": "Ibuprofen 400", "description": "One\nTwo", "price": "4.29", "currency": "EUR", "seller": "S"},
    {"id": "2", "description": "No title here", "unknown": {"kept": "aside"}, "site_text": "We ship worldwide"},
    {"id": "3", "title": '</script><script>alert(1)</script> "x"', "description": "<img src=x onerror=alert(1)>",
     "price": "1", "currency": "USD", "contacts": [{"kind": "whatsapp", "raw": "<b>+1</b>"}]},
]  # fmt: skip


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    held = load_listings([write(tmp_path / "rows.jsonl", ROWS * 40)])
    with TestClient(shop.build(held), base_url="http://shop.localhost") as client:
        yield client


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_a_listings_file_is_served_as_one_shop(tmp_path: Path, name: str) -> None:
    with start_sandbox(write(tmp_path / name, ROWS)) as sandbox:
        assert list(sandbox.start_urls) == ["shop"]
        assert sandbox.tripwire_url is None
        status, body = fetch(sandbox.start_urls["shop"] + "item/1")
    assert status == 200
    assert "Ibuprofen 400" in body


def test_every_row_is_reached_by_paging_and_named_in_the_sitemaps(client: TestClient) -> None:
    items = {path for path in walk(client) if path.startswith("/item/")}
    assert items == {f"/item/{number}" for number in range(1, 121)}
    maps = locations(client.get("/sitemap.xml").content)
    assert {
        url.removeprefix("http://shop.localhost") for part in maps for url in locations(client.get(part).content)
    } == items
    assert "Sitemap: http://shop.localhost/sitemap.xml" in client.get("/robots.txt").text


def test_a_product_page_states_title_price_and_seller(client: TestClient) -> None:
    page = client.get("/item/1").text
    data = json.loads(str(select(page, "//script[@type='application/ld+json']/text()")[0]))
    assert (data["name"], data["offers"]["price"], data["offers"]["priceCurrency"]) == ("Ibuprofen 400", "4.29", "EUR")
    assert data["offers"]["seller"]["name"] == "S"
    assert "4.29 EUR" in select(page, "/*")[0].text_content()
    assert "We ship worldwide" in client.get("/item/2").text


def test_hostile_rows_stay_text(client: TestClient) -> None:
    for path in ("/", "/item/3"):
        page = client.get(path).text
        assert len(select(page, "//script")) == (path != "/")
        assert not select(page, "//img | //b")
    assert select(page, "//h1")[0].text_content() == ROWS[2]["title"]


def test_what_is_not_there_is_404(client: TestClient) -> None:
    for path in ("/item/0", "/item/121", "/sitemap-2.xml", "/sitemap-0.xml", "/truth"):
        assert client.get(path).status_code == 404


def test_bad_rows_are_passed_over_and_the_first_fault_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(
        b'{"id": "1", "title": "good"}\n{broken\n\n[1]\n{"id": "2"}\n\xff\xfe\n{"id": "3", "title": "good"}'
    )
    held = load_listings([path])
    assert held.titles == ["good", "good"]
    assert held.skipped == 4
    assert held.first_fault is not None
    assert held.first_fault.startswith("rows.jsonl line 2: ")


def test_a_line_that_is_too_long_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings_file, "MAX_LINE", 200)
    held = load_listings([write(tmp_path / "rows.jsonl", [{"id": "1", "title": "x" * 900}, *ROWS[:1]])])
    assert held.titles == ["Ibuprofen 400"]
    assert held.first_fault == "rows.jsonl line 1: longer than 200 bytes"


def test_deeply_nested_json_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("[" * 100_000 + "\n" + '{"id": "1", "title": "good"}\n', encoding="utf-8")
    assert load_listings([path]).skipped == 1


@pytest.mark.parametrize(
    ("limit", "value", "reason"), [("MAX_ROWS", 2, "more than 2 rows"), ("MAX_BYTES", 50, "more than 50")]
)
def test_a_file_beyond_the_bounds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, reason: str
) -> None:
    monkeypatch.setattr(listings_file, limit, value)
    with pytest.raises(SandboxError, match=reason):
        load_listings([write(tmp_path / "rows.jsonl.gz", ROWS)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "no rows"), (b"nonsense\n", "first fault"), (b"\x1f\x8bnot gzip", "cannot read")],
)
def test_a_file_with_nothing_to_serve_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / ("rows.jsonl.gz" if content.startswith(b"\x1f") else "rows.jsonl")
    path.write_bytes(content)
    with pytest.raises(SandboxError, match=reason):
        load_listings([path])


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl.gz", ROWS)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SandboxError, match="cannot read the listings file"):
        load_listings([path])


@pytest.mark.shared
@pytest.mark.slow
def test_all_real_rows_are_served(shared: Path) -> None:
    held = load_listings(sorted((shared / "listings").glob("*.jsonl.gz")))
    assert len(held.rows) > 48_000
    with TestClient(shop.build(held), base_url="http://shop.localhost") as client:
        assert len(locations(client.get("/sitemap.xml").content)) == -(-len(held.rows) // shop.PER_SITEMAP)
        for number in range(1, len(held.rows), 997):
            assert client.get(f"/item/{number}").status_code == 200
        assert client.get(f"/?page={len(held.rows) // shop.PER_PAGE}").status_code == 200
