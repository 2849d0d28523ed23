"""From confirmed listings to a package that leaves."""

import io
import re
import zipfile

import pytest

from casefile.audit import entries
from casefile.cases import list_cases
from casefile.people import Person
from casefile.store import Casefile
from tests.review_ui import scene

STATED = {
    "agency": "Medicines Authority of Examplia",
    "recipients": "Customs of Examplia\nPolice of Examplia",
    "legal_basis": "Medicines Act, section 12",
    "purpose": "investigation",
    "handling": "TLP:AMBER",
}


def confirm(reader: scene.Reader, number: int = 0) -> None:
    answer = reader.submit("/decide", listing=f"listing-{number:06d}", version="1", verdict="confirm")
    assert answer.status_code == 303


@pytest.fixture
def case_id(reader: scene.Reader, second_reader: scene.Reader, casefile: Casefile) -> str:
    confirm(reader)
    confirm(second_reader)
    return list_cases(casefile)[0].id


def test_without_confirmations_the_page_says_where_cases_come_from(reader: scene.Reader) -> None:
    assert "Confirming a listing opens a case" in reader.get("/cases").text


def test_a_case_lists_who_confirmed_by_pseudonym(reader: scene.Reader, case_id: str, ada: Person, ben: Person) -> None:
    page = reader.get("/cases").text
    assert "ready to refer" in page
    assert "1 of 1 confirmed" in page
    assert f"{ada.pseudonym}, {ben.pseudonym}" in page


def test_a_case_that_waits_for_a_second_person_offers_no_form(
    reader: scene.Reader, second_reader: scene.Reader, casefile: Casefile
) -> None:
    confirm(second_reader)
    case_id = list_cases(casefile)[0].id
    page = second_reader.get(f"/case?id={case_id}").text
    assert "1 of 1 listings still wait for a confirmation by another person" in page
    assert 'action="/case/refer"' not in page
    answer = second_reader.submit("/case/refer", case=case_id, **STATED)
    assert answer.status_code == 409
    assert "Refused:" in answer.text


@pytest.mark.parametrize("missing", ["legal_basis", "purpose", "recipients", "agency"])
def test_a_referral_without_its_statements_is_refused_and_keeps_the_rest(
    second_reader: scene.Reader, case_id: str, missing: str
) -> None:
    answer = second_reader.submit("/case/refer", case=case_id, **(STATED | {missing: ""}))
    assert answer.status_code == 409
    assert "Refused:" in answer.text
    assert "Police of Examplia" in answer.text or missing == "recipients"


def test_an_unknown_handling_code_is_refused(second_reader: scene.Reader, case_id: str) -> None:
    answer = second_reader.submit("/case/refer", case=case_id, **(STATED | {"handling": "TLP:PINK"}))
    assert answer.status_code == 409


def test_a_case_becomes_a_verified_package_that_can_be_downloaded(
    second_reader: scene.Reader, casefile: Casefile, case_id: str
) -> None:
    answer = second_reader.submit("/case/refer", case=case_id, **STATED)
    assert answer.status_code == 303, answer.text
    page = second_reader.get(answer.headers["location"]).text
    assert "Verified:" in page
    package = second_reader.get(re.search(r'"(/case/package\?id=[^"]+)"', page)[1])  # type: ignore[index] # it is there
    assert package.headers["content-disposition"].startswith("attachment")
    assert "referral.json" in zipfile.ZipFile(io.BytesIO(package.content)).namelist()
    assert any(entry.action == "package_downloaded" for entry in entries(casefile))


def test_a_package_that_was_changed_on_disk_is_called_a_fault(
    second_reader: scene.Reader, casefile: Casefile, case_id: str
) -> None:
    where = second_reader.submit("/case/refer", case=case_id, **STATED).headers["location"]
    package = next((casefile.workspace / "referrals").glob("*.zip"))
    data = bytearray(package.read_bytes())
    data[len(data) // 2] ^= 1
    package.write_bytes(data)
    assert "FAULT:" in second_reader.get(where).text


def test_a_referred_decision_can_no_longer_be_undone(second_reader: scene.Reader, case_id: str) -> None:
    second_reader.submit("/case/refer", case=case_id, **STATED)
    answer = second_reader.submit("/undo")
    assert answer.status_code == 409
    assert "signed referral" in answer.text


def test_a_correction_takes_the_place_of_the_first_referral(second_reader: scene.Reader, case_id: str) -> None:
    second_reader.submit("/case/refer", case=case_id, **STATED)
    without_reason = second_reader.submit("/case/refer", case=case_id, kind="correction", **STATED)
    assert without_reason.status_code == 409
    answer = second_reader.submit("/case/refer", case=case_id, kind="correction", reason="wrong recipient", **STATED)
    assert answer.status_code == 303, answer.text
    assert "correction of PHK-" in second_reader.get(f"/case?id={case_id}").text


def test_an_investigator_may_look_but_not_refer(reader: scene.Reader, case_id: str) -> None:
    page = reader.get(f"/case?id={case_id}").text
    assert "Your role may not make referrals" in page
    assert reader.submit("/case/refer", case=case_id, **STATED).status_code == 403
