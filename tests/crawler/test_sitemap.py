"""Reading sitemaps."""

import gzip

import pytest

from crawler.sitemap import MAX_ENTRIES, Sitemap, read_sitemap

XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def test_pages_and_indexes_are_told_apart() -> None:
    pages = f"<urlset {XMLNS}><url><loc> https://shop.example/a </loc></url></urlset>".encode()
    index = f"<sitemapindex {XMLNS}><sitemap><loc>https://shop.example/s.xml</loc></sitemap></sitemapindex>".encode()
    assert read_sitemap(pages) == Sitemap(pages=("https://shop.example/a",))
    assert read_sitemap(index) == Sitemap(sitemaps=("https://shop.example/s.xml",))
    assert read_sitemap(gzip.compress(pages)) == read_sitemap(pages)


def test_pictures_of_a_page_are_not_pages() -> None:
    body = (
        f'<urlset {XMLNS} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url>'
        "<loc>https://shop.example/a</loc><image:image><image:loc>https://shop.example/a.jpg</image:loc></image:image>"
        "</url></urlset>"
    )
    assert read_sitemap(body.encode()).pages == ("https://shop.example/a",)


def test_a_plain_list_is_read_too() -> None:
    assert read_sitemap(b"\xef\xbb\xbfhttps://shop.example/a\nrubbish\nhttps://shop.example/b\n").pages == (
        "https://shop.example/a",
        "https://shop.example/b",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"<html><body>404</body></html>",
        b"\x1f\x8bnot gzip",
        b"\x00" * 100,
        gzip.compress(b"\0" * (1 << 25), mtime=0),
    ],
)
def test_what_is_no_sitemap_gives_nothing(body: bytes) -> None:
    assert read_sitemap(body) == Sitemap()


def test_entities_are_not_expanded_and_files_not_read() -> None:
    body = (
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname"><!ENTITY a "https://shop.example/evil">]>'
        b"<urlset><url><loc>&a;</loc></url><url><loc>&f;</loc></url><url><loc>https://shop.example/ok</loc></url></urlset>"
    )
    assert read_sitemap(body).pages == ("https://shop.example/ok",)


def test_the_number_of_entries_is_bounded() -> None:
    rows = "".join(f"<url><loc>https://shop.example/{number}</loc></url>" for number in range(MAX_ENTRIES + 10))
    assert len(read_sitemap(f"<urlset>{rows}</urlset>".encode()).pages) == MAX_ENTRIES
