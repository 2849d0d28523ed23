from pathlib import Path

import pytest

from crawler.imports.source import ImportFault
from crawler.imports.table import sniff_delimiter, sniff_encoding
from tests.crawler.imports.conftest import Import


@pytest.mark.parametrize(
    ("header", "row", "encoding"),
    [
        ("Produktname;Beschreibung;Preis;Währung", "Ibuprofen;gegen Schmerz;59,90;EUR", "cp1252"),
        ("название\tописание\tцена\tвалюта", "Ибупрофен\tот боли\t59,90\tEUR", "cp1251"),
        ("titulo,descripción,precio,moneda", 'Ibuprofeno,para el dolor,"59,90",EUR', "utf-8"),
        ("商品名,描述,价格,货币", "布洛芬,止痛,59.90,EUR", "utf-8-sig"),
        ("Title|Text|Price|Currency", "Ibuprofen|for pain|59.90|EUR", "utf-16"),
    ],
)
def test_columns_are_recognised_in_several_languages_and_encodings(
    header: str, row: str, encoding: str, tmp_path: Path, imported: Import
) -> None:
    source = tmp_path / "table.csv"
    source.write_bytes(f"{header}\n{row}\n".encode(encoding))
    report, (listing,) = imported(source)
    assert list(report.columns.values()) == ["title", "description", "price", "currency"]
    assert listing["price"]["currency"] == "EUR" and listing["price"]["amount"] == "59.90"
    assert report.encoding == encoding


def test_a_cell_that_looks_like_a_formula_is_kept_as_text(tmp_path: Path, imported: Import) -> None:
    formula = '=HYPERLINK("http://evil.example","x")'
    source = tmp_path / "table.csv"
    source.write_text('title,note\n"{0}","{0}"\n'.format(formula.replace('"', '""')), encoding="utf-8")
    _, (listing,) = imported(source)
    assert listing["title"] == formula and listing["extra"]["note"] == formula


def test_a_given_mapping_wins_and_a_wrong_one_names_the_choices(tmp_path: Path, imported: Import) -> None:
    source = tmp_path / "table.csv"
    source.write_text("a,b\nfirst,second\n", encoding="utf-8")
    with pytest.raises(ImportFault, match=r"--map COLUMN=title\. The columns are: a, b"):
        imported(source)
    with pytest.raises(ImportFault, match="has no column 'c'"):
        imported(source, columns={"c": "title"})
    with pytest.raises(ImportFault, match="'colour' is no field"):
        imported(source, columns={"a": "colour"})


def test_the_mapping_is_applied_and_the_rest_kept_aside(tmp_path: Path, imported: Import) -> None:
    source = tmp_path / "table.csv"
    source.write_text("a,b\nfirst,second\n", encoding="utf-8")
    report, (listing,) = imported(source, columns={"b": "title"})
    assert report.columns == {"b": "title"}
    assert listing["title"] == "second" and listing["extra"] == {"a": "first"}


def test_bytes_that_are_no_text_are_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(ImportFault, match="save it as CSV in UTF-8"):
        sniff_encoding(tmp_path / "x.csv", b"a,b\x00\x01,c")


def test_a_line_in_another_encoding_than_the_file_is_set_aside(tmp_path: Path, imported: Import) -> None:
    source = tmp_path / "table.csv"
    # The wrong byte comes after the sample the encoding is found by.
    source.write_bytes(
        b"title,n\n" + b"".join(b"row %d,%s\n" % (n, b"x" * 9_000) for n in range(40)) + b"caf\xe9,2\nlast,3\n"
    )
    report, listings = imported(source)
    assert listings[-1]["title"] == "last" and report.rejects == 1
    assert "not utf-8 at byte" in report.first_rejects[0].error


def test_contact_columns_become_contacts(tmp_path: Path, imported: Import) -> None:
    source = tmp_path / "table.csv"
    source.write_text("title,whatsapp\nx,+49 1512 3456789\n", encoding="utf-8")
    _, (listing,) = imported(source)
    assert listing["contacts"][0]["kind"] == "whatsapp" and listing["contacts"][0]["raw"] == "+49 1512 3456789"


def test_the_delimiter_is_the_one_that_parts_lines_evenly() -> None:
    assert sniff_delimiter("a;b;c\n1,5;2;3\n1,7;2;3\n") == ";"
    assert sniff_delimiter("just one column\nx\n") == ","
