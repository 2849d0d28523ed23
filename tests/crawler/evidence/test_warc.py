"""WARC files: read back by warcio, an implementation that is not ours."""

import gzip
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler.evidence.warc import Archive, Exchange

MOMENT = datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)


def open_archive(folder: Path, **options: int) -> Archive:
    numbers = count(1)
    return Archive(
        folder,
        prefix="pharmakon-test",
        info={"software": "pharmakon/test"},
        clock=lambda: MOMENT,
        new_id=lambda: f"<urn:uuid:00000000-0000-4000-8000-{next(numbers):012d}>",
        **options,
    )


def exchange(url: str = "http://shop.example/p?id=1", body: bytes = b"\x1f\x8b not really gzip") -> Exchange:
    return Exchange(
        url=url,
        fetched_at=MOMENT,
        status=200,
        response_headers=((b"Content-Encoding", b"gzip"), (b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=caf\xe9")),
        request_headers=((b"User-Agent", b"Pharmakon"),),
        body=body,
        peer_ip="203.0.113.7",
    )


def test_records_are_warc_1_1_with_sha256_digests_that_verify(tmp_path: Path) -> None:
    archive = open_archive(tmp_path)
    archive.write_exchange(exchange())
    archive.write_conversion("http://shop.example/p?id=1", b"<html>rendered</html>", "text/html", MOMENT)
    archive.close()
    seen = []
    with (tmp_path / "pharmakon-test-00001.warc.gz").open("rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            record.content_stream().read()
            assert record.digest_checker.passed
            assert record.rec_headers.protocol == "WARC/1.1"
            assert record.rec_headers.get_header("WARC-Date") == "2026-11-21T10:00:00.123456Z"
            assert record.rec_headers.get_header("WARC-Block-Digest").startswith("sha256:")
            seen.append(record.rec_type)
    assert seen == ["warcinfo", "response", "request", "conversion"]


def test_the_body_and_every_header_are_kept_as_received(tmp_path: Path) -> None:
    archive = open_archive(tmp_path)
    place = archive.write_exchange(exchange())
    archive.close()
    data = (tmp_path / "pharmakon-test-00001.warc.gz").read_bytes()
    record = gzip.decompress(data[place.offset : place.offset + place.length])
    assert record.startswith(b"WARC/1.1\r\nWARC-Type: response\r\n")
    assert b"WARC-IP-Address: 203.0.113.7\r\n" in record
    assert b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nSet-Cookie: a=1\r\nSet-Cookie: b=caf\xe9\r\n\r\n" in record
    assert record.endswith(b"\r\n\r\n\x1f\x8b not really gzip\r\n\r\n")


def test_places_lead_to_the_record_also_after_rolling_over(tmp_path: Path) -> None:
    archive = open_archive(tmp_path, roll_over_bytes=600)
    urls = [f"http://shop.example/{number}" for number in range(4)]
    places = [archive.write_exchange(exchange(url)) for url in urls]
    archive.close()
    assert len({place.file for place in places}) > 1
    for url, place in zip(urls, places, strict=True):
        with (tmp_path.parent / place.file).open("rb") as stream:
            stream.seek(place.offset)
            record = next(ArchiveIterator(stream))
            assert record.rec_headers.get_header("WARC-Target-URI") == url


def test_a_header_cannot_smuggle_in_another_line(tmp_path: Path) -> None:
    archive = open_archive(tmp_path)
    hostile = Exchange(
        url="http://shop.example/",
        fetched_at=MOMENT,
        status=299,
        response_headers=((b"X-Evil", b"1\r\n\r\nHTTP/1.1 200 OK"),),
        body=b"body",
    )
    place = archive.write_exchange(hostile)
    archive.close()
    with (tmp_path / "pharmakon-test-00001.warc.gz").open("rb") as stream:
        stream.seek(place.offset)
        assert next(ArchiveIterator(stream)).content_stream().read() == b"body"


def test_a_cut_body_says_why_it_is_cut(tmp_path: Path) -> None:
    archive = open_archive(tmp_path)
    cut = Exchange(
        url="http://shop.example/big",
        fetched_at=MOMENT,
        status=200,
        response_headers=(),
        body=b"x" * 10,
        truncated="length",
    )
    archive.write_exchange(cut)
    archive.close()
    with (tmp_path / "pharmakon-test-00001.warc.gz").open("rb") as stream:
        kinds = [record.rec_headers.get_header("WARC-Truncated") for record in ArchiveIterator(stream)]
    assert kinds == [None, "length", None]


def test_same_input_clock_and_ids_give_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        archive = open_archive(tmp_path / name)
        archive.write_exchange(exchange())
        archive.close()
        contents.append((tmp_path / name / "pharmakon-test-00001.warc.gz").read_bytes())
    assert contents[0] == contents[1]


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "pharmakon-test-00001.warc.gz").write_bytes(b"evidence")
    with pytest.raises(FileExistsError):
        open_archive(tmp_path).write_exchange(exchange())
