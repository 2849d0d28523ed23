import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from casefile.audit import entries, verify
from casefile.cases import get_case, list_cases
from casefile.decisions import DecisionError, decide, undo_last
from casefile.evidence import bundle_path, custody
from casefile.ingest import ingest_bundle
from casefile.people import disable_person
from casefile.records import CustodyEntry, Listing, ReviewState, SitePage
from casefile.referral import gather
from casefile.referral import verify_package as layout
from casefile.referral.errors import ReferralError
from casefile.referral.keys import ensure_key
from casefile.referral.make import make_referral
from casefile.referral.outbox import list_referrals
from casefile.referral.verify import verify_referral
from casefile.store import Casefile
from tests.casefile.making import listing, make_bundle, seal_bundle, site, write_lines
from tests.casefile.referral.desk import REQUEST, Desk, small_case
from tests.casefile.referral.forging import unpack


def refused(desk: Desk, case_id: str, **changes: object) -> str:
    """Ask for a referral, which must be refused and leave nothing; return the message."""
    arguments = {"person_id": desk.ada.id, "request": REQUEST} | changes
    with pytest.raises(ReferralError) as caught:
        make_referral(desk.casefile, case_id, **arguments)  # type: ignore[arg-type] # named by the tests below
    logged = {entry.action for entry in entries(desk.casefile, limit=1000)}
    assert logged.isdisjoint({"referral_made", "case_referred"})
    assert leftovers(desk) == []
    assert list_referrals(desk.casefile) == []
    return str(caught.value)


def leftovers(desk: Desk) -> list[str]:
    folder = desk.workspace / "referrals"
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock") if folder.exists() else []


def bundle_of(desk: Desk, case_id: str) -> Path:
    case = get_case(desk.casefile, case_id)
    assert case is not None
    with desk.casefile.read() as db:
        found = db.execute("SELECT bundle_hash FROM observations WHERE listing_id = ?", (case.listings[0].listing_id,))
        return bundle_path(desk.casefile, found.fetchone()[0])


def test_a_confirmed_case_becomes_a_package_that_verifies(desk: Desk) -> None:
    made = desk.refer(small_case(desk))
    verdict = verify_referral(made.path, key=made.key_fingerprint)
    referral = verdict.referral
    assert verdict.key_given
    assert referral["id"] == made.referral_id == "PHK-2026-000000000001"
    assert referral["type"] == "initial"
    assert [one["id"] for one in referral["listings"]] == ["listing-000001", "listing-000002"]
    assert {entry["kind"] for entry in referral["evidence"]} == {"warc_record", "screenshot"}
    assert referral["listings"][0]["evidence"] == ["evidence/0001-page.warc.gz", "evidence/0001-screenshot.png"]
    assert referral["listings"][0]["confirmed_by"] == [desk.ada.pseudonym, desk.bob.pseudonym]
    assert leftovers(desk) == [made.path.name]


def test_evidence_is_the_very_bytes_of_the_bundle(desk: Desk) -> None:
    case = small_case(desk)
    held = unpack(desk.refer(case).path)
    archive = (bundle_of(desk, case) / "archive/pages.warc.gz").read_bytes()
    assert held["evidence/0001-page.warc.gz"] == archive[len(archive) // 2 :]
    assert held["evidence/0001-screenshot.png"] == (bundle_of(desk, case) / "screenshots/one.png").read_bytes()


def test_names_of_staff_stay_in_the_house(desk: Desk) -> None:
    for name, content in unpack(desk.refer(small_case(desk)).path).items():
        assert b"Ada" not in content, name
        assert b"Bob" not in content, name


def test_the_case_is_closed_and_logged_in_one_transaction(desk: Desk) -> None:
    case_id = small_case(desk)
    made = desk.refer(case_id)
    case = get_case(desk.casefile, case_id)
    assert case is not None
    assert (case.state, case.referrals) == ("referred", (made.referral_id,))
    logged = {entry.action: entry for entry in entries(desk.casefile)}
    assert logged["referral_made"].detail["package_sha256"] == made.sha256
    assert logged["referral_made"].actor == f"person:{desk.ada.id}"
    assert logged["referral_made"].seq == logged["case_referred"].seq + 1
    assert verify(desk.casefile).ok
    (row,) = list_referrals(desk.casefile)
    assert (row.id, row.sha256, row.path) == (made.referral_id, made.sha256, made.path)


def test_custody_goes_on_in_the_casefile_and_in_the_package(desk: Desk) -> None:
    case_id = small_case(desk)
    made = desk.refer(case_id)
    (chain,) = verify_referral(made.path).referral["custody"]
    kept = custody(desk.casefile, chain["bundle"])
    assert [entry.action for entry in kept][-1] == "packed"
    assert kept[-1].hash == chain["head"]
    assert len(kept) == chain["entries"]
    assert kept[-1].actor == desk.ada.pseudonym


def test_the_checkpoint_is_an_entry_of_the_audit_log(desk: Desk) -> None:
    made = desk.refer(small_case(desk))
    checkpoint = verify_referral(made.path).referral["provenance"]["audit_checkpoint"]
    hashes = {entry.seq: entry.hash for entry in entries(desk.casefile, limit=1000)}
    assert hashes[checkpoint["entries"]] == checkpoint["hash"]


def test_the_same_casefile_clock_and_id_give_the_same_bytes(desk: Desk, tmp_path: Path) -> None:
    case = small_case(desk)
    ensure_key(desk.casefile, actor="test")
    shutil.copytree(desk.workspace, tmp_path / "copy")
    with Casefile.open(tmp_path / "copy", clock=desk.clock) as copy:
        second = make_referral(copy, case, person_id=desk.ada.id, request=REQUEST, new_id=lambda: "000000000001")
    assert desk.refer(case).path.read_bytes() == second.path.read_bytes()


def test_a_case_that_nobody_knows_is_refused(desk: Desk) -> None:
    assert "case 'C2026-99999' is unknown" in refused(desk, "C2026-99999")


def test_without_legal_basis_nothing_is_made(desk: Desk) -> None:
    message = refused(desk, small_case(desk), request=replace(REQUEST, legal_basis=None))
    assert "the legal basis is missing" in message


def test_without_the_second_confirmation_the_listing_and_who_confirmed_are_named(desk: Desk) -> None:
    desk.bring([listing(1), listing(2)])
    desk.confirm("listing-000001")
    desk.confirm("listing-000002", desk.bob)
    case = list_cases(desk.casefile)[0].id
    message = refused(desk, case)
    assert "a second person has not confirmed 1 of its listings" in message
    assert f"listing listing-000002 version 1: needs_second, confirmed so far by {desk.bob.pseudonym}" in message
    assert "listing-000001" not in message


def test_the_same_person_twice_is_not_two(desk: Desk) -> None:
    desk.bring([listing(1)])
    desk.confirm("listing-000001", desk.ada, desk.ada)
    assert "a second person has not confirmed" in refused(desk, list_cases(desk.casefile)[0].id)


@pytest.mark.parametrize("confirmed_by", [(), ("reviewer-1",), ("reviewer-1", "reviewer-1")])
def test_a_state_that_claims_more_than_its_confirmations_is_not_believed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, confirmed_by: tuple[str, ...]
) -> None:
    case = get_case(desk.casefile, small_case(desk))
    assert case is not None
    wrong = replace(case, listings=tuple(replace(one, confirmed_by=confirmed_by) for one in case.listings))
    monkeypatch.setattr(gather, "get_case", lambda *_: wrong)
    assert "a second person has not confirmed 2 of its listings" in refused(desk, case.id)


@pytest.mark.parametrize("state", ["disputed", "escalated", "rejected"])
def test_two_confirmations_do_not_outweigh_another_state(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, state: ReviewState
) -> None:
    case = get_case(desk.casefile, small_case(desk))
    assert case is not None
    other = replace(case, listings=(replace(case.listings[0], state=state), *case.listings[1:]))
    monkeypatch.setattr(gather, "get_case", lambda *_: other)
    assert f"listing listing-000001 version 1: {state}" in refused(desk, case.id)


def test_an_agency_of_one_may_refer_and_the_referral_says_why(desk: Desk) -> None:
    text = "second_confirmation: false\nsecond_confirmation_reason: We are one person\n"
    (desk.workspace / "policy.yaml").write_text(text)
    desk.bring([listing(1)])
    desk.confirm("listing-000001", desk.ada)
    review = verify_referral(desk.refer(list_cases(desk.casefile)[0].id).path).referral["review"]
    assert (review["second_confirmation"], review["reason_if_off"]) == (False, "We are one person")


def test_a_broken_policy_file_stops_the_referral(desk: Desk) -> None:
    case = small_case(desk)
    (desk.workspace / "policy.yaml").write_text("second_confirmation: false\n")
    assert "policy.yaml" in refused(desk, case)


def test_a_case_whose_confirmation_was_taken_back_is_refused(desk: Desk) -> None:
    case = small_case(desk)
    for person in (desk.ada, desk.bob):
        undo_last(desk.casefile, person_id=person.id)
        undo_last(desk.casefile, person_id=person.id)
    assert "holds no confirmed listing" in refused(desk, case)


def test_a_disputed_listing_stops_the_referral(desk: Desk) -> None:
    case = small_case(desk)
    judge = desk.person("Judge", "reviewer")
    decide(desk.casefile, "listing-000002", "reject", person_id=judge.id, version=1)
    with desk.casefile.read() as db:
        held = db.execute("SELECT listing_id FROM case_listings WHERE case_id = ?", (case,)).fetchall()
    assert [row[0] for row in held] == ["listing-000001"]


@pytest.mark.parametrize("role", ["investigator", "auditor", "admin"])
def test_a_person_without_the_right_role_may_not_refer(desk: Desk, role: str) -> None:
    case = small_case(desk)
    person = desk.person("Someone", role)
    assert "Someone may not make referrals" in refused(desk, case, person_id=person.id)


def test_a_disabled_person_may_not_refer(desk: Desk) -> None:
    case = small_case(desk)
    disable_person(desk.casefile, "Ada", actor="test")
    assert "Ada may not make referrals" in refused(desk, case)


def test_an_unknown_person_may_not_refer(desk: Desk) -> None:
    assert "there is no person 'nobody'" in refused(desk, small_case(desk), person_id="nobody")


@pytest.mark.parametrize("name", ["archive/pages.warc.gz", "screenshots/one.png", "bundle.json", "custody.jsonl"])
@pytest.mark.parametrize("damage", ["gone", "changed", "cut"])
def test_damaged_evidence_stops_the_referral_and_is_named(desk: Desk, name: str, damage: str) -> None:
    case = small_case(desk)
    path = bundle_of(desk, case) / name
    path.chmod(0o600)
    data = path.read_bytes()
    path.unlink()
    if damage == "changed":
        path.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
    elif damage == "cut":
        path.write_bytes(data[:-1])
    message = refused(desk, case)
    assert name.rpartition("/")[2] in message or "manifest" in message


def test_a_manifest_that_was_written_anew_stops_the_referral(desk: Desk) -> None:
    case = small_case(desk)
    path = bundle_of(desk, case) / "bundle.json"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"2026-11-21", b"2025-11-21"))
    assert "the manifest of bundle" in refused(desk, case)


def test_a_custody_log_with_a_foreign_entry_stops_the_referral(desk: Desk) -> None:
    case = small_case(desk)
    with desk.casefile.write("test") as tx:
        (bundle,) = tx.execute("SELECT hash FROM bundles").fetchone()
        entry = CustodyEntry.link("0" * 64, at=desk.clock(), actor="x", action="slipped in")
        tx.execute("INSERT INTO custody (bundle_hash, record) VALUES (?, ?)", (bundle, entry.model_dump_json()))
        tx.audit("test", bundle)
    assert "is broken at entry 3" in refused(desk, case)


def test_what_does_not_fit_the_schema_is_never_signed(desk: Desk) -> None:
    case = small_case(desk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("casefile.referral.build.tools", lambda: [{"name": "pharmakon"}])
        assert "tools.0: 'version' is a required property" in refused(desk, case)


def test_no_page_can_write_itself_out_of_a_referral(desk: Desk) -> None:
    long = "x" * 120_000
    texts = ("brand", "sku", "mpn", "gtin", "batch", "expiry", "registration", "ships_from", "language", "url")
    odd = listing(
        1,
        **dict.fromkeys(texts, long),  # type: ignore[arg-type] # text fields
        price={"raw": long},
        seller={"name": long, "url": long, "handle": long},
        contacts=[{"kind": long, "raw": long, "value": long}, {"kind": "email", "raw": ""}],
        offers=[{"raw": long, "form": long, "count": 60}, {"raw": "-5 pills"}, {"raw": ""}],
        payments=[long],
        ships_to=[long],
        category=[long],
        images=[{"url": f"data:image/png;base64,{long}", "pdq": "none", "alt": long}],
        product={"brand": long, "strength": long, "form": long, "atc": long},
        prescription={"quote": long},
    )
    (found,) = verify_referral(desk.refer(desk.confirmed_case([odd])).path).referral["listings"]
    assert found["sku"] == long
    assert found["offers"] == [{"raw": long, "form": long, "count": 60}, {"raw": "-5 pills"}]
    assert len(found["contacts"]) == 1


def test_a_copy_never_takes_the_place_of_another_file(desk: Desk, tmp_path: Path) -> None:
    there = tmp_path / "referral-PHK-2026-000000000001.zip"
    there.write_bytes(b"something else")
    with pytest.raises(ReferralError, match="exists already and was left alone; the package is"):
        desk.refer(small_case(desk), out=tmp_path)
    assert there.read_bytes() == b"something else"


def test_a_bundle_that_is_gone_stops_the_referral(desk: Desk) -> None:
    case = small_case(desk)
    shutil.rmtree(bundle_of(desk, case))
    assert "is gone: restore it from a backup" in refused(desk, case)


def test_a_second_referral_needs_to_be_asked_for(desk: Desk) -> None:
    case = small_case(desk)
    first = desk.refer(case)
    with pytest.raises(
        ReferralError, match=f"referred already as {first.referral_id}: use --again .follow-up. or --corr"
    ):
        desk.refer(case)
    follow_up = replace(REQUEST, again=True, reason="The shop moved")
    second = desk.refer(case, follow_up)
    related = verify_referral(second.path).referral
    assert related["type"] == "follow_up"
    assert related["relates_to"] == {
        "referral": first.referral_id,
        "relation": "follows",
        "reason": "The shop moved",
    }
    assert len(list_referrals(desk.casefile)) == 2
    assert verify(desk.casefile).ok


def test_a_correction_takes_the_place_of_the_latest_referral_and_says_so(desk: Desk) -> None:
    case = small_case(desk)
    desk.refer(case)
    second = desk.refer(case, replace(REQUEST, again=True, reason="The shop moved"))
    third = desk.refer(case, replace(REQUEST, correction=True, reason="Wrong recipient", recipients=("Police",)))
    verdict = verify_referral(third.path)
    assert verdict.referral["type"] == "correction"
    assert verdict.referral["relates_to"] == {
        "referral": second.referral_id,
        "relation": "supersedes",
        "reason": "Wrong recipient",
    }
    assert f"It supersedes referral {second.referral_id}." in verdict.lines()
    assert f"REPLACES {second.referral_id}" in unpack(third.path)["cover.html"].decode()
    assert list_referrals(desk.casefile)[-1].relates_to == second.referral_id


def test_a_correction_of_nothing_is_refused(desk: Desk) -> None:
    request = replace(REQUEST, correction=True, reason="x")
    assert "was never referred" in refused(desk, small_case(desk), request=request)


def test_a_follow_up_of_nothing_is_refused(desk: Desk) -> None:
    request = replace(REQUEST, again=True, reason="x")
    assert "was never referred" in refused(desk, small_case(desk), request=request)


def test_what_was_referred_cannot_be_decided_any_more(desk: Desk) -> None:
    desk.refer(small_case(desk))
    with pytest.raises(DecisionError, match="signed referral PHK-2026-000000000001"):
        undo_last(desk.casefile, person_id=desk.ada.id)


def test_a_newer_version_of_a_listing_is_told(desk: Desk) -> None:
    case = desk.confirmed_case([listing(1, text="old")], sites=[site()])
    desk.bring([listing(1, text="new", minutes=60, availability="out_of_stock")], run_id="run-2")
    referral = verify_referral(desk.refer(case).path).referral
    assert referral["listings"][0]["description"].endswith("old")
    assert referral["listings"][0]["newer_version"] == 2
    (seen,) = referral["summary"]["last_seen"]
    assert (seen["at"], seen["changed_since"]) == ("2026-11-21T13:00:00.000000Z", True)
    assert seen["availability"] == "out_of_stock"


def test_a_listing_seen_again_brings_its_first_and_last_capture(desk: Desk) -> None:
    case = desk.confirmed_case([listing(1)])
    desk.bring([listing(1, minutes=5)], run_id="run-2", body=b"<html>second look</html>")
    desk.bring([listing(1, minutes=9)], run_id="run-3", body=b"<html>third look</html>")
    referral = verify_referral(desk.refer(case).path).referral
    assert [entry["capture"] for entry in referral["evidence"] if entry["kind"] == "warc_record"] == [
        "capture-run-1",
        "capture-run-3",
    ]
    assert len(referral["custody"]) == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "'; DROP TABLE cases; --", "description": '=HYPERLINK("http://x")'},
        {"title": "\u202egnp.exe", "description": "<script>alert(1)</script>"},
        {"title": "حبوب للبيع", "description": "无需处方"},
        {"title": "../../etc/passwd", "description": "\x00\x1b[31m"},
        {"title": "a" * 200_000, "description": "b" * 200_000},
    ],
)
def test_hostile_and_foreign_text_is_carried_unchanged(desk: Desk, fields: dict[str, str]) -> None:
    one: Listing = listing(1, **fields)  # type: ignore[arg-type] # any field of a listing
    referral = verify_referral(desk.refer(desk.confirmed_case([one])).path).referral
    assert referral["listings"][0]["title"] == fields["title"]
    assert referral["listings"][0]["description"] == one.description


def test_what_the_shop_says_comes_with_the_capture_of_its_page(desk: Desk) -> None:
    page = SitePage(
        url="https://shop.example/p", capture="capture-run-1", role="policy", text="No prescription needed."
    )
    shop = site().model_copy(update={"pages": (*site().pages, page)})
    referral = verify_referral(desk.refer(desk.confirmed_case([listing(1)], sites=[shop])).path).referral
    found = {entry["url"]: entry.get("evidence", []) for entry in referral["site_statements"]}
    assert found["https://shop.example/p"] == ["evidence/0001-page.warc.gz", "evidence/0001-screenshot.png"]
    assert found["https://shop.example/"] == []


def test_what_the_shop_says_is_there_without_an_assessment_too(desk: Desk) -> None:
    desk.bring([listing(1)], sites=[site()], assessments=[])
    desk.confirm("listing-000001")
    referral = verify_referral(desk.refer(list_cases(desk.casefile)[0].id).path).referral
    assert len(referral["site_statements"]) == 2


def test_the_words_of_the_shop_are_those_that_were_assessed(desk: Desk) -> None:
    case = desk.confirmed_case([listing(1)], sites=[site(policy="We sell all.")])
    desk.bring([], sites=[site(policy="We sell nothing.", minutes=9)], run_id="run-2")
    texts = [entry["text"] for entry in verify_referral(desk.refer(case).path).referral["site_statements"]]
    assert "We sell all." in texts
    assert "We sell nothing." not in texts


def test_an_imported_row_without_a_page_is_referred_and_says_so(desk: Desk, tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "import", [], seal=False)
    write_lines(folder / "listings.jsonl", [Listing.from_row({"id": "row-1", "title": "tablets, no prescription"})])
    seal_bundle(folder)
    ingest_bundle(desk.casefile, folder, actor="test")
    desk.confirm("row-1")
    referral = verify_referral(desk.refer(list_cases(desk.casefile)[0].id).path).referral
    assert referral["evidence"] == []
    assert len(referral["custody"]) == 1
    assert any("no page was captured" in gap for gap in referral["not_known"])


def test_the_package_is_copied_where_it_is_asked_for(desk: Desk, tmp_path: Path) -> None:
    made = desk.refer(small_case(desk), out=tmp_path / "out")
    assert made.path.parent == tmp_path / "out"
    assert [path.name for path in made.path.parent.iterdir()] == [made.path.name]
    assert made.path.read_bytes() == list_referrals(desk.casefile)[0].path.read_bytes()


def test_a_copy_that_fails_says_that_the_referral_stands(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file in the way")
    with pytest.raises(ReferralError, match=r"the referral was made and lies in .*Copy that file by hand"):
        desk.refer(small_case(desk), out=tmp_path / "out")
    (row,) = list_referrals(desk.casefile)
    assert verify_referral(row.path)


def test_the_manifest_lists_every_file(package: Path) -> None:
    held = unpack(package)
    listed = {entry["path"] for entry in json.loads(held[layout.MANIFEST])["files"]}
    assert listed == held.keys() - {layout.MANIFEST, layout.MANIFEST_JWS}
    for name in ("README.txt", "cover.html", "listings.csv", "verify_package.py", "schema/referral-1.json"):
        assert name in listed


def test_the_readme_gives_the_fingerprint_and_asks_not_to_trust_it(package: Path) -> None:
    text = unpack(package)["README.txt"].decode()
    assert layout.spell_fingerprint(verify_referral(package).fingerprint) in text
    assert "by another channel" in text
    assert "{" not in text
