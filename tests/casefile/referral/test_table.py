import csv
import io

import pytest

from casefile.referral.table import COLUMNS, MAX_CELL, listings_csv, safe_cell
from tests.casefile.referral.full import ARABIC, CHINESE, full_referral


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+447700900123", "'+447700900123"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "  '=1"),
        ("\t=1", "\t'=1"),
        ("\r=1", "\r'=1"),
        ("＝1", "'＝1"),
        ("a;=cmd|'/c calc'!A1", "a;'=cmd|'/c calc'!A1"),
        ("a,@b", "a,'@b"),
        ('a"=b', "a\"'=b"),
        ("two\nlines\n=1", "two\nlines\n'=1"),
        ("plain 5-7 text a=b x@y.example", "plain 5-7 text a=b x@y.example"),
        ("zero\0byte", "zerobyte"),
    ],
)
def test_no_cell_can_be_taken_for_a_formula(text: str, safe: str) -> None:
    assert safe_cell(text) == safe


def test_a_cell_is_no_longer_than_a_spreadsheet_holds() -> None:
    assert len(safe_cell("x" * 100_000)) == MAX_CELL


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_the_table_has_one_row_a_listing_in_any_script() -> None:
    data = listings_csv(full_referral())
    assert data.startswith(b"\xef\xbb\xbf")
    (row,) = rows(data)
    assert tuple(row) == COLUMNS
    assert row["title"] == CHINESE
    assert row["amount"] == "89.00"
    assert row["contacts"] == "whatsapp: +447700900123"
    assert row["evidence"] == "evidence/0001-page.warc.gz"
    assert ARABIC not in row["title"]


def test_a_listing_cannot_break_out_of_its_row() -> None:
    referral = full_referral()
    referral["listings"][0]["title"] = 'a"\r\n"=1+1","x'
    (row,) = rows(listings_csv(referral))
    assert row["title"] == 'a"\r\n"\'=1+1","x'
