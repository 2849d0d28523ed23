import ast
import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from casefile.referral import verify_package as layout
from casefile.referral.verify import verify_referral
from casefile.referral.verify_package import PackageFault, WrongUse, check_package, main
from tests.casefile.referral.forging import forge, unpack

SCRIPT = Path(layout.__file__)
BULKY = ("schema/referral-1.json", "verify_package.py", "cover.html", "README.txt")
"""Files covered by the same digest check as all others; the test that flips every byte does without them."""


def flipped_is_found(path: Path, place: int, bit: int) -> str:
    """Flip one bit of the file, check, and put it back; return the fault."""
    with path.open("r+b", buffering=0) as stream:
        byte = os.pread(stream.fileno(), 1, place)[0]
        os.pwrite(stream.fileno(), bytes([byte ^ (1 << bit)]), place)
        try:
            check_package(path)
        except PackageFault as fault:
            return str(fault)
        finally:
            os.pwrite(stream.fileno(), bytes([byte]), place)
    raise AssertionError(f"flip of bit {bit} at byte {place} was not found")


def spans(path: Path) -> list[tuple[int, int, str]]:
    """Return start, end and name of every member's content."""
    with ZipFile(path) as zipped:
        return [
            (start := info.header_offset + 30 + len(info.filename), start + info.file_size, info.filename)
            for info in zipped.infolist()
        ]


@pytest.fixture
def copy(package: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(package, tmp_path / "copy.zip"))


@pytest.fixture
def folder(package: Path, tmp_path: Path) -> Path:
    with ZipFile(package) as zipped:
        zipped.extractall(tmp_path / "folder")
    return tmp_path / "folder"


def test_a_package_as_made_is_whole(package: Path) -> None:
    verdict = verify_referral(package)
    assert not verdict.key_given
    assert "WHOSE key that is was NOT checked" in "\n".join(verdict.lines())


def test_every_byte_of_a_small_package_counts(package: Path, tmp_path: Path) -> None:
    def leave_bulk_out(held: dict[str, bytes]) -> None:
        for name in BULKY:
            del held[name]

    small = forge(package, tmp_path / "small.zip", files=leave_bulk_out)
    for place in range(small.stat().st_size):
        flipped_is_found(small, place, place % 8)


@pytest.mark.slow
def test_ten_thousand_flips_all_over_a_large_package_are_found(package: Path, tmp_path: Path) -> None:
    def add_file(held: dict[str, bytes]) -> None:
        held["notes/large.bin"] = bytes(range(256)) * 4000

    large = forge(package, tmp_path / "large.zip", files=add_file)
    size = large.stat().st_size
    for number in range(10_000):
        # A prime stride comes by every part of the file and never at the same place twice.
        flipped_is_found(large, number * 7_368_787 % size, number % 8)


def test_a_flip_names_the_file_it_hit(copy: Path) -> None:
    for start, end, name in spans(copy):
        if name not in (layout.MANIFEST, layout.MANIFEST_JWS):
            assert name in flipped_is_found(copy, (start + end) // 2, 0)


def test_a_flip_in_a_header_names_the_file_or_the_place(copy: Path) -> None:
    for start, _, name in spans(copy):
        fault = flipped_is_found(copy, start - len(name) - 30 + 14, 3)
        assert name in fault
        assert "checksum" in fault


@pytest.mark.parametrize("cut", [1, 22, 1000])
def test_a_package_that_lost_its_end_is_refused(copy: Path, cut: int) -> None:
    os.truncate(copy, copy.stat().st_size - cut)
    with pytest.raises(PackageFault):
        check_package(copy)


@pytest.mark.parametrize("where", ["before", "after"])
def test_bytes_outside_the_zip_are_refused(copy: Path, where: str) -> None:
    data = copy.read_bytes()
    copy.write_bytes(b"x" + data if where == "before" else data + b"x")
    with pytest.raises(PackageFault, match=r"package|directory"):
        check_package(copy)


def test_a_package_packed_again_by_another_tool_is_refused_with_advice(package: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    with ZipFile(again, "w", ZIP_DEFLATED) as zipped:
        for name, content in unpack(package).items():
            zipped.writestr(name, content)
    with pytest.raises(PackageFault, match="unpack it and check the folder"):
        check_package(again)


def test_other_tools_can_open_a_package(package: Path) -> None:
    with ZipFile(package) as zipped:
        assert zipped.testzip() is None
        assert zipped.namelist() == sorted(zipped.namelist())


def test_an_unpacked_package_is_checked_as_a_folder(folder: Path) -> None:
    assert check_package(folder).fingerprint


@pytest.mark.parametrize("name", ["added.txt", "evidence/added.bin", "deep/er/file"])
def test_a_file_added_to_a_folder_is_named(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("x")
    with pytest.raises(PackageFault, match=f"{name}: in the package, but not in the signed list"):
        check_package(folder)


@pytest.mark.parametrize("name", [".hidden", "-option", "sp ace", "ünï", "a\\b", "new\nline", "..."])
def test_hostile_file_names_in_a_folder_are_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("x")
    with pytest.raises(PackageFault, match="not a file name that a package may use"):
        check_package(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "listings.csv").unlink()
    with pytest.raises(PackageFault, match=r"listings\.csv: .* missing from the package"):
        check_package(folder)


@pytest.mark.parametrize("name", sorted(layout.READ_LIMITS))
def test_each_file_the_check_rests_on_must_be_there(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(PackageFault, match=f"{name}: missing"):
        check_package(folder)


@pytest.mark.parametrize("target", ["/etc/hostname", "README.txt"])
def test_a_link_in_a_folder_is_refused(folder: Path, target: str) -> None:
    (folder / "listings.csv").unlink()
    (folder / "listings.csv").symlink_to(target)
    with pytest.raises(PackageFault, match=r"listings\.csv: is a link"):
        check_package(folder)


@pytest.mark.parametrize("name", sorted(layout.READ_LIMITS))
def test_a_file_too_large_to_be_read_is_refused_before_it_is_read(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(layout.READ_LIMITS, name, 10)
    with pytest.raises(PackageFault, match=f"{name}: .* more than the 10"):
        check_package(folder)


@pytest.mark.parametrize("name", ["../escape", "/absolute", "a//b", "C:drive", "a/../b", "con\x00", "x" * 121])
def test_hostile_file_names_in_a_zip_are_refused(package: Path, tmp_path: Path, name: str) -> None:
    def add(held: dict[str, bytes]) -> None:
        held[name] = b"x"

    with pytest.raises(PackageFault, match=r"not a file name|header"):
        check_package(forge(package, tmp_path / "forged.zip", files=add))


def test_a_listed_path_outside_the_package_is_refused(package: Path, tmp_path: Path) -> None:
    def escape(listed: dict[str, Any]) -> None:
        listed["files"].append({"path": "../../etc/passwd", "sha256": "0" * 64, "bytes": 1})

    with pytest.raises(PackageFault, match="not a file name"):
        check_package(forge(package, tmp_path / "forged.zip", manifest=escape))


def test_the_same_name_twice_is_refused(copy: Path) -> None:
    data = copy.read_bytes()
    start, end, name = spans(copy)[0]
    member = data[start - 30 - len(name) : end]
    copy.write_bytes(member + data)
    with pytest.raises(PackageFault, match="out of order"):
        check_package(copy)


def test_a_header_that_claims_more_bytes_than_there_are_is_refused(copy: Path) -> None:
    data = bytearray(copy.read_bytes())
    data[18:26] = struct.pack("<II", 0xFFFFFFF0, 0xFFFFFFF0)
    copy.write_bytes(data)
    with pytest.raises(PackageFault, match="header"):
        check_package(copy)


def test_too_many_files_are_refused(package: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MAX_FILES", 5)
    for path in (package, folder):
        with pytest.raises(PackageFault, match="more than 5 files"):
            check_package(path)


def test_endless_empty_folders_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MAX_FILES", len(plain_files(folder)))
    for number in range(2 * layout.MAX_FILES):
        (folder / f"empty{number}").mkdir()
    with pytest.raises(PackageFault, match=r"more than \d+ files"):
        check_package(folder)


def plain_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_too_many_bytes_are_refused(package: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MAX_BYTES", 1000)
    with pytest.raises(PackageFault, match=r"bytes, more than the 1000 a package may have"):
        check_package(package)
    with pytest.raises(PackageFault, match="more than 1000 bytes"):
        check_package(folder)


def test_a_forgery_under_another_key_is_consistent_but_never_passes_the_key_check(
    package: Path, tmp_path: Path
) -> None:
    true_key = check_package(package).fingerprint
    forged = forge(package, tmp_path / "forged.zip")
    assert not check_package(forged).key_given
    with pytest.raises(PackageFault, match="another key than the one you gave"):
        check_package(forged, true_key)


def test_the_key_may_be_given_as_file_or_as_spoken_fingerprint(package: Path, tmp_path: Path) -> None:
    pem = tmp_path / "key.pem"
    pem.write_bytes(unpack(package)[layout.PUBLIC_KEY])
    fingerprint = check_package(package).fingerprint
    for key in (str(pem), fingerprint, layout.spell_fingerprint(fingerprint).upper(), ":".join(fingerprint)):
        verdict = check_package(package, key)
        assert verdict.key_given
        assert "signed by the key you gave" in "\n".join(verdict.lines())


@pytest.mark.parametrize("key", ["abc", "0" * 63, "/nowhere.pem", __file__])
def test_a_key_that_is_none_is_wrong_use(package: Path, key: str) -> None:
    with pytest.raises(WrongUse, match="--key"):
        check_package(package, key)


def without_fingerprint(referral: dict[str, Any]) -> None:
    referral["issuer"]["key_fingerprint"] = "0" * 64


def with_other_id(referral: dict[str, Any]) -> None:
    referral["id"] = "PHK-2026-FFFFFFFFFFFF"


def with_foreign_format(referral: dict[str, Any]) -> None:
    referral["format"] = "pharmakon-referral/2"


def with_established(referral: dict[str, Any]) -> None:
    referral["established"] = [{"class": "falsified"}]


def with_other_evidence(referral: dict[str, Any]) -> None:
    referral["evidence"][0]["sha256"] = "0" * 64


def without_evidence(referral: dict[str, Any]) -> None:
    referral["evidence"] = []


def with_other_custody(referral: dict[str, Any]) -> None:
    referral["custody"][0]["head"] = "0" * 64


def without_type(referral: dict[str, Any]) -> None:
    del referral["type"]


def with_odd_relation(referral: dict[str, Any]) -> None:
    referral["relates_to"] = "supersedes"


def without_issuer(referral: dict[str, Any]) -> None:
    referral["issuer"] = {"agency": "x"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (without_fingerprint, "issuer.key_fingerprint is not the key that signed"),
        (with_other_id, "field id differs"),
        (with_foreign_format, "format is 'pharmakon-referral/2', this program knows 'pharmakon-referral/1'"),
        (with_established, "nothing can be established"),
        (with_other_evidence, "evidence/0001-page.warc.gz: differs from what referral.json states"),
        (without_evidence, "evidence that referral.json does not name"),
        (with_other_custody, "ends otherwise than referral.json states"),
        (without_issuer, "a field is missing or of the wrong kind"),
        (without_type, "a field is missing or of the wrong kind"),
        (with_odd_relation, "a field is missing or of the wrong kind"),
    ],
)
def test_a_signed_package_whose_parts_disagree_is_refused(
    package: Path, tmp_path: Path, change: Any, fault: str
) -> None:  # fmt: skip
    with pytest.raises(PackageFault) as caught:
        check_package(forge(package, tmp_path / "forged.zip", referral=change))
    assert fault in str(caught.value)


def test_a_package_of_a_later_format_asks_for_the_later_verifier(package: Path, tmp_path: Path) -> None:
    with pytest.raises(PackageFault, match="'pharmakon-package/2', this program knows 'pharmakon-package/1'"):
        check_package(
            forge(package, tmp_path / "f.zip", manifest=lambda listed: listed.update(format="pharmakon-package/2"))
        )


@pytest.mark.parametrize("line", [0, 1, 2])
def test_a_custody_entry_that_was_rewritten_is_named(package: Path, tmp_path: Path, line: int) -> None:
    def rewrite(held: dict[str, bytes]) -> None:
        rows = held[layout.CUSTODY].splitlines()
        row = json.loads(rows[line])
        row["entry"] = row["entry"].replace("2026", "2025")
        rows[line] = rfc8785.dumps(row)
        held[layout.CUSTODY] = b"\n".join(rows) + b"\n"

    with pytest.raises(PackageFault, match=f"custody.jsonl line {line + 1}: its hash does not fit"):
        check_package(forge(package, tmp_path / "forged.zip", files=rewrite))


def test_a_custody_entry_that_was_left_out_is_noticed(package: Path, tmp_path: Path) -> None:
    def leave_out(held: dict[str, bytes]) -> None:
        rows = held[layout.CUSTODY].splitlines(keepends=True)
        held[layout.CUSTODY] = b"".join([rows[0], *rows[2:]])

    with pytest.raises(PackageFault, match="line 2: does not follow the entry before it"):
        check_package(forge(package, tmp_path / "forged.zip", files=leave_out))


def test_a_custody_log_that_ends_before_the_packing_is_refused(package: Path, tmp_path: Path) -> None:
    rows = unpack(package)[layout.CUSTODY].splitlines(keepends=True)

    def cut(held: dict[str, bytes]) -> None:
        held[layout.CUSTODY] = b"".join(rows[:-1])

    def agree(referral: dict[str, Any]) -> None:
        referral["custody"][0]["head"] = json.loads(rows[-2])["hash"]

    with pytest.raises(PackageFault, match="does not end with this packing"):
        check_package(forge(package, tmp_path / "forged.zip", files=cut, referral=agree))


def test_a_changed_list_of_files_does_not_carry_its_signature(folder: Path) -> None:
    manifest = folder / layout.MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b"2026-11-21", b"2025-11-21"))
    with pytest.raises(PackageFault, match=r"manifest\.json does not carry the signature in manifest\.jws"):
        check_package(folder)


def test_a_changed_referral_under_a_new_list_of_files_does_not_carry_its_signature(
    package: Path, tmp_path: Path
) -> None:
    def change(held: dict[str, bytes]) -> None:
        held[layout.REFERRAL] = held[layout.REFERRAL].replace(b"Customs", b"Traders")

    with pytest.raises(PackageFault, match=r"referral\.json does not carry the signature in referral\.jws"):
        check_package(forge(package, tmp_path / "forged.zip", files=change))


def test_a_signature_of_one_document_does_not_pass_for_another(package: Path, tmp_path: Path) -> None:
    held = unpack(package)
    held[layout.MANIFEST], held[layout.MANIFEST_JWS] = held[layout.REFERRAL], held[layout.REFERRAL_JWS]
    target = tmp_path / "folder"
    for name, content in held.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
    with pytest.raises(PackageFault, match=r"manifest\.jws: was changed"):
        check_package(target)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b'{"a":1,"a":2}', "the same key twice"),
        (b'{"a":1.5}', "not an integer"),
        (b'{"a":1e5}', "not an integer"),
        (b'{"a":NaN}', "not an integer"),
        (b'{"a":9007199254740993}', "too large"),
        (b'{"a":' + b"9" * 5000 + b"}", "too large"),
        (b'{"b":1,"a":2}', "one byte form"),
        (b'{"a": 1}', "one byte form"),
        (b'{"a":-0}', "one byte form"),
        (b'{"a":"\\u0041"}', "one byte form"),
        (b'{"a":"\\ud800"}', "not readable"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff", "not readable"),
        (b'\xef\xbb\xbf{"a":1}', "not readable"),
        (b"", "not readable"),
    ],
)
def test_json_is_read_in_one_form_only(text: bytes, fault: str) -> None:
    with pytest.raises(PackageFault, match=fault):
        layout.parse(text, "x.json")


def json_values() -> st.SearchStrategy[Any]:
    text = st.text(st.characters(exclude_categories=["Cs"]))
    plain = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | text
    return st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(text, inner), max_leaves=20)


@given(json_values())
def test_the_small_canonicaliser_agrees_with_rfc8785(value: Any) -> None:
    assert layout.canonical(value) == rfc8785.dumps(value)
    assert layout.parse(layout.canonical(value), "x") == value


def test_keys_are_sorted_by_utf_16_units() -> None:
    assert layout.canonical({"\U0001f600": 1, "\ufb33": 2}) == '{"\U0001f600":1,"\ufb33":2}'.encode()


def test_it_needs_nothing_but_python_3_9_and_cryptography() -> None:
    imported = set()
    for node in ast.walk(ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 9))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported - sys.stdlib_module_names == {"cryptography"}


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env={}, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_copy_in_the_package_checks_it_alone(package: Path, folder: Path, tmp_path: Path) -> None:
    for target in (package, folder, folder / "."):
        done = run(folder / "verify_package.py", target, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Proved:" in done.stdout
    assert run("verify_package.py", cwd=folder).returncode == 0
    (folder / "cover.html").write_text("x")
    done = run(folder / "verify_package.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "cover.html: was changed after signing" in done.stderr


@pytest.mark.parametrize("arguments", [["/nowhere.zip"], ["--key", "abc"], ["--unknown"]])
def test_wrong_use_has_its_own_exit_status(folder: Path, arguments: list[str]) -> None:
    assert run(folder / "verify_package.py", *arguments, cwd=folder).returncode == 2


def test_a_fault_is_told_on_stderr_with_what_to_do(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy.write_bytes(b"nonsense")
    assert main([str(copy)]) == 1
    assert "Ask the sender for a fresh copy" in capsys.readouterr().err


def test_text_from_a_package_cannot_steer_the_terminal(package: Path, tmp_path: Path) -> None:
    def colour(referral: dict[str, Any]) -> None:
        referral["issuer"]["agency"] = "\x1b[2Jcleared"
        referral["created_at"] = "\x1b]0;title\x07"

    lines = "\n".join(check_package(forge(package, tmp_path / "forged.zip", referral=colour)).lines())
    assert "\x1b" not in lines
    assert "\x07" not in lines


def test_the_project_s_own_command_also_holds_the_referral_against_its_schema(package: Path, tmp_path: Path) -> None:
    def misspell(referral: dict[str, Any]) -> None:
        referral["purpos"] = referral.pop("purpose")

    with pytest.raises(PackageFault, match="not a referral of this format"):
        verify_referral(forge(package, tmp_path / "forged.zip", referral=misspell))
