import gzip
import io
import zipfile
from pathlib import Path

import pytest

from crawler.imports.source import ImportFault
from tests.crawler.imports.conftest import Import, json_lines

PAGE = (
    '<html lang="en"><head><title>Pill {0}</title></head><body><h1>Pill {0}</h1><p class="price">$1{0}.50</p>'
    "<button>Add to cart</button></body></html>"
)


def record(number: int, *, headers: str = "", body: bytes | None = None) -> bytes:
    payload = PAGE.format(number).encode() if body is None else body
    block = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{headers}\r\n".encode() + payload
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://shop.example/p/{number}\r\n"
        f"WARC-Date: 2026-11-0{number}T10:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def packed(*records: bytes) -> bytes:
    return b"".join(gzip.compress(one) for one in records)


def test_each_page_of_a_warc_becomes_a_listing_with_its_own_date(tmp_path: Path, imported: Import) -> None:
    source = tmp_path / "crawl.warc.gz"
    source.write_bytes(packed(record(1), record(2)))
    report, listings = imported(source)
    assert [(listing["title"], listing["price"]["amount"]) for listing in listings] == [
        ("Pill 1", "11.50"),
        ("Pill 2", "12.50"),
    ]
    assert listings[0]["captured_at"] == "2026-11-01T10:00:00.000000Z"
    captures = json_lines(tmp_path / "bundle" / "captures.jsonl")
    assert captures[0]["status"] == 200 and captures[0]["id"] == listings[0]["capture"]
    assert report.is_whole and report.pages == 2


@pytest.mark.parametrize("compressed", [True, False])
def test_everything_before_the_cut_of_a_warc_is_imported(compressed: bool, tmp_path: Path, imported: Import) -> None:
    whole = packed(record(1), record(2), record(3)) if compressed else record(1) + record(2) + record(3)
    source = tmp_path / "cut.warc.gz"
    source.write_bytes(whole[:-60])
    report, listings = imported(source)
    assert [listing["title"] for listing in listings] == ["Pill 1", "Pill 2"]
    assert report.cut is not None and "record 3" in report.cut and "2 whole records" in report.cut


def test_content_codings_are_undone_within_bounds(tmp_path: Path, imported: Import) -> None:
    body = gzip.compress(PAGE.format(4).encode())
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    source = tmp_path / "crawl.warc"
    source.write_bytes(record(4, headers="Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", body=chunked))
    _, (listing,) = imported(source)
    assert listing["title"] == "Pill 4"


def test_a_page_that_is_a_gzip_bomb_is_set_aside(tmp_path: Path, imported: Import) -> None:
    bomb = gzip.compress(b" " * 40_000_000)
    source = tmp_path / "crawl.warc"
    source.write_bytes(record(5, headers="Content-Encoding: gzip\r\n", body=bomb) + record(6))
    report, listings = imported(source)
    assert [listing["title"] for listing in listings] == ["Pill 6"]
    assert "unpacks to more than" in report.first_rejects[0].error


def wacz(entries: dict[str, bytes], *, method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_the_archives_of_a_wacz_are_imported(tmp_path: Path, imported: Import) -> None:
    source = tmp_path / "crawl.wacz"
    source.write_bytes(wacz({"archive/data.warc.gz": packed(record(1)), "datapackage.json": b"{}"}))
    _, (listing,) = imported(source)
    assert listing["title"] == "Pill 1"


@pytest.mark.parametrize("name", ["../../evil.warc.gz", "/etc/evil.warc.gz", "archive\\..\\..\\evil.warc.gz"])
def test_a_wacz_whose_file_leaves_its_folder_is_refused(name: str, tmp_path: Path, imported: Import) -> None:
    source = tmp_path / "slip.wacz"
    source.write_bytes(wacz({name: packed(record(1))}))
    with pytest.raises(ImportFault, match="leaves its folder"):
        imported(source)


def test_a_zip_bomb_in_a_wacz_is_refused(tmp_path: Path, imported: Import) -> None:
    source = tmp_path / "bomb.wacz"
    source.write_bytes(wacz({"archive/data.warc": b"\x00" * 80_000_000}, method=zipfile.ZIP_DEFLATED))
    with pytest.raises(ImportFault, match="times its size: refused"):
        imported(source)


def test_a_zip_that_is_no_wacz_is_refused(tmp_path: Path, imported: Import) -> None:
    source = tmp_path / "other.wacz"
    source.write_bytes(wacz({"readme.txt": b"hello"}))
    with pytest.raises(ImportFault, match="no WARC file"):
        imported(source)
    source.write_bytes(b"PK\x03\x04 damaged")
    with pytest.raises(ImportFault, match="no WACZ that can be read"):
        imported(source)
