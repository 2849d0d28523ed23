import gzip
import json
import sqlite3
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from openpyxl import Workbook

from casefile import register_files
from casefile.audit import verify
from casefile.records.register import RegisterEntry, RegisterKind
from casefile.register_files import RegisterFileError
from casefile.register_mapping import FOLDER, MappingError, RegisterMapping, load_mapping
from casefile.registers import editions, find_entries, import_register
from casefile.store import Casefile


def keys(entry: RegisterEntry, kind: RegisterKind) -> Iterable[str]:
    return [f"name:{entry.name.split()[0].lower()}"] if entry.name else [f"{kind}:{entry.host or entry.batch}"]


def mapping(**changes: object) -> RegisterMapping:
    fields = {
        "name": "test", "kind": "products", "country": "FR", "source": "agency", "format": "csv",
        "columns": {"name": "Name", "status": "Status", "substances": ["INN", "Substance"]},
        "statuses": {"authorised": ["Active"], "withdrawn": ["Withdrawn"]}, "digest": "0" * 64,
    }  # fmt: skip
    return RegisterMapping.model_validate({**fields, **changes})


def take(casefile: Casefile, path: Path, read: RegisterMapping, edition: str | None = None) -> tuple[int, int]:
    done = import_register(casefile, path, read, keys=keys, actor="test", edition=edition)
    return done.edition.entries, done.edition.set_aside


CSV = "Notes of the agency,,\nName,Status,Substance\nALPHA 5 mg,Active,alpha;beta\nBETA,Withdrawn,\nGAMMA,Refused,\n"


def test_rows_are_taken_in_as_the_mapping_says(casefile: Casefile, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(CSV, encoding="utf-8")
    assert take(casefile, path, mapping()) == (2, 1)
    (edition,) = editions(casefile)
    (alpha,) = find_entries(casefile, [edition], ["name:alpha"])
    assert (alpha.substances, alpha.status, alpha.line) == (("alpha", "beta"), "authorised", 3)
    assert find_entries(casefile, [edition], ["name:beta"])[0].status == "withdrawn"
    assert find_entries(casefile, [edition], ["name:gamma"]) == []
    assert (edition.file_name, edition.edition) == ("list.csv", casefile.clock().date().isoformat())


def test_an_import_is_in_the_audit_log_with_the_digest_of_the_file(casefile: Casefile, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(CSV, encoding="utf-8")
    take(casefile, path, mapping())
    with casefile.read() as db:
        action, detail = db.execute("SELECT action, detail FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    assert action == "register_imported"
    assert json.loads(detail)["file_sha256"] == editions(casefile)[0].file_sha256
    assert verify(casefile).ok


def test_the_same_file_again_changes_nothing(casefile: Casefile, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(CSV, encoding="utf-8")
    take(casefile, path, mapping())
    entries = verify(casefile).entries
    again = import_register(casefile, path, mapping(), keys=keys, actor="test")
    assert not again.new
    assert len(editions(casefile)) == 1
    assert verify(casefile).entries == entries


def test_a_newer_edition_supersedes_and_the_older_one_stays(casefile: Casefile, tmp_path: Path) -> None:
    for name, day in (("ALPHA", "2026-02-01"), ("BETA", "2026-03-01"), ("GAMMA", "2026-01-01")):
        path = tmp_path / f"{name}.csv"
        path.write_text(f"Name,Status\n{name},Active\n", encoding="utf-8")
        take(casefile, path, mapping(), day)
    found = editions(casefile)
    assert [(one.edition, one.current) for one in found] == [
        ("2026-03-01", True), ("2026-02-01", False), ("2026-01-01", False),
    ]  # fmt: skip
    current = [one for one in found if one.current]
    assert find_entries(casefile, current, ["name:alpha"]) == []
    assert len(find_entries(casefile, found, ["name:alpha", "name:beta", "name:gamma"])) == 3


@pytest.mark.parametrize("statement", ["DELETE FROM registers", "UPDATE register_entries SET status = 'withdrawn'"])
def test_an_edition_is_never_changed_behind_the_log(casefile: Casefile, tmp_path: Path, statement: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(CSV, encoding="utf-8")
    take(casefile, path, mapping())
    with pytest.raises(sqlite3.IntegrityError, match="never"), casefile.write("test") as tx:
        tx.audit("test", "test")
        tx.execute(statement)


def test_a_file_without_one_usable_row_is_refused_and_leaves_nothing(casefile: Casefile, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Name,Status\nALPHA,Pending\n", encoding="utf-8")
    with pytest.raises(RegisterFileError, match=r"not one of 1 rows.*Pending"):
        take(casefile, path, mapping())
    assert editions(casefile) == []


def test_the_layout_of_the_french_register_is_read_in_latin_1(casefile: Casefile, tmp_path: Path) -> None:
    name = 'ALPHA "FORT" 500 mg, comprimé'
    cells = ["61266250", name, "comprimé", "orale", "Autorisation active", "", "", "01/01/2000", "", "", " LABO", "Non"]
    gone = [*cells[:4], "Autorisation abrogée", *cells[5:]]
    path = tmp_path / "CIS_bdpm.txt"
    path.write_bytes("".join("\t".join(row) + "\r\n" for row in (cells, gone)).encode("latin-1"))
    assert take(casefile, path, load_mapping("bdpm")) == (2, 0)
    found = find_entries(casefile, editions(casefile), ["name:alpha"])
    assert [(e.name, e.form, e.holder, e.number, e.status) for e in found] == [
        ('ALPHA "FORT" 500 mg, comprimé', "comprimé", "LABO", "61266250", "authorised"),
        ('ALPHA "FORT" 500 mg, comprimé', "comprimé", "LABO", "61266250", "withdrawn"),
    ]


def workbook(path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["EMA, table of medicines"])
    sheet.append([])
    sheet.append(["Category", "Name of medicine", "Medicine status", "Active substance"])
    sheet.append(["Human", "Alpha", "Authorised", "alphamab"])
    sheet.append(["Human", "Beta", "Withdrawn", "betamab"])
    sheet.append(["Human", "Gamma", "Refused", "gammamab"])
    book.save(path)


def test_a_workbook_is_read_under_its_row_of_names(casefile: Casefile, tmp_path: Path) -> None:
    path = tmp_path / "medicines.xlsx"
    workbook(path)
    assert take(casefile, path, load_mapping("ema")) == (2, 1)
    assert find_entries(casefile, editions(casefile), ["name:alpha"])[0].substances == ("alphamab",)


def test_a_workbook_made_to_fill_memory_is_refused(casefile: Casefile, tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 8_000_000)
    with pytest.raises(RegisterFileError, match="made to fill memory"):
        take(casefile, path, load_mapping("ema"))


def test_a_workbook_whose_xml_multiplies_itself_is_refused(casefile: Casefile, tmp_path: Path) -> None:
    plain, path = tmp_path / "medicines.xlsx", tmp_path / "entities.xlsx"
    workbook(plain)
    bomb = b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 1000 + b'">' + b"".join(
        b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 20) for letter in range(ord("b"), ord("k"))
    ) + b"]>"  # fmt: skip
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.namelist():
            content = source.read(member)
            if member == "xl/worksheets/sheet1.xml":
                content = bomb + content.replace(b"</sheetData>", b"<row><c t='str'><v>&j;</v></c></row></sheetData>")
            target.writestr(member, content)
    with pytest.raises(RegisterFileError, match="damaged"):
        take(casefile, path, load_mapping("ema"))


def test_a_packed_table_that_unpacks_without_end_is_refused(
    casefile: Casefile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_files, "MAX_FILE", 100_000)
    path = tmp_path / "list.csv.gz"
    path.write_bytes(gzip.compress(b"Name,Status\n" + b"ALPHA,Active\n" * 100_000))
    with pytest.raises(RegisterFileError, match="unpacks to more than"):
        take(casefile, path, mapping())
    assert editions(casefile) == []


def test_more_rows_than_any_register_has_are_refused(
    casefile: Casefile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_files, "MAX_ROWS", 10)
    path = tmp_path / "list.csv"
    path.write_text("Name,Status\n" + "ALPHA,Active\n" * 20, encoding="utf-8")
    with pytest.raises(RegisterFileError, match="more than 10 rows"):
        take(casefile, path, mapping())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("list.csv", b"Wrong,Columns\n1,2\n", "names the mapped columns"),
        ("list.csv", b"Name,Status\n\xff\xfe\x00,Active\n", "not utf-8"),
        ("list.csv.gz", b"\x1f\x8b\x08\x00broken", "damaged"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_name(
    casefile: Casefile, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RegisterFileError, match=said):
        take(casefile, path, mapping())


def test_a_file_that_is_no_workbook_is_refused(casefile: Casefile, tmp_path: Path) -> None:
    path = tmp_path / "medicines.xlsx"
    path.write_bytes(b"not a zip file")
    with pytest.raises(RegisterFileError, match="not a xlsx file"):
        take(casefile, path, load_mapping("ema"))


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.yaml")))
def test_every_shipped_mapping_can_be_loaded(name: str) -> None:
    assert load_mapping(name).licence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nkind: products\ncountry: FR\nsource: a\nformat: csv\ncolumns: {form: Form}\n", "needs one of"),
        ("name: x\nkind: pills\n", "kind"),
        ("- a list\n", "must hold fields"),
        ("name: [", "not valid YAML"),
    ],
)
def test_a_faulty_mapping_is_refused_with_its_field(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match=said):
        load_mapping(str(path))


def test_an_unknown_mapping_is_refused_with_those_there_are() -> None:
    with pytest.raises(MappingError, match=r"shipped are .*bdpm"):
        load_mapping("nowhere")
