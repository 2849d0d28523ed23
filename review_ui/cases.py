"""The cases: what is confirmed, whether it can be referred, and the referral itself."""

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse, Response

from casefile.audit import log_read
from casefile.cases import Case, get_case, list_cases
from casefile.listings import get_listing
from casefile.policy import Policy, PolicyError, load_policy
from casefile.referral.keys import load_key
from casefile.referral.make import ReferralError, ReferralRequest, make_referral
from casefile.referral.outbox import ReferralRow, list_referrals
from casefile.referral.verify import verify_referral
from casefile.referral.verify_package import PackageFault, spell_fingerprint
from casefile.referral.wording import wording
from review_ui.access import Desk, Visit
from review_ui.shell import shell

STATES: Final = {"open": "waits for confirmation", "ready": "ready to refer", "referred": "referred"}
FIELDS: Final = ("agency", "recipients", "legal_basis", "purpose", "handling", "kind", "reason")
FIELD_CHARACTERS: Final = 4000
CASES_SHOWN: Final = 500
LISTINGS_SHOWN: Final = 500


def show(desk: Desk, visit: Visit) -> Response:
    """Show the cases, newest first."""
    found = list_cases(desk.casefile)
    return desk.pages.page(
        "cases.html", **shell(desk, visit), cases=found[:CASES_SHOWN], total=len(found), case_states=STATES
    )


def _asked_case(desk: Desk, case_id: str | None) -> Case:
    case = get_case(desk.casefile, case_id or "")
    if case is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "The casefile holds no case with this id.")
    return case


def show_case(desk: Desk, visit: Visit) -> Response:
    """Show one case: its listings, its referrals (one verified anew, where asked), the form that makes one."""
    return _case_page(desk, visit, _asked_case(desk, visit.query("id", 100)))


def _missing(case: Case) -> str | None:
    """Return why a case cannot be referred yet, in words."""
    waiting = sum(one.state != "confirmed" for one in case.listings)
    if not case.listings:
        return "No listing is in this case any more."
    if waiting:
        return f"{waiting} of {len(case.listings)} listings still wait for a confirmation by another person."
    return None


def _policy(desk: Desk) -> Policy:
    try:
        return load_policy(desk.casefile.workspace)
    except PolicyError:
        # The banner of every page says what is wrong with the file; the form then starts empty.
        return Policy()


def _verified(row: ReferralRow, fingerprint: str | None) -> tuple[bool, str]:
    """Check a package on disk as its recipient will, against this machine's key, and say what was found."""
    try:
        verdict = verify_referral(row.path, key=fingerprint)
    except PackageFault as fault:
        return False, f"FAULT: {fault}. Do not pass this package on."
    except OSError as error:
        return False, f"The package cannot be read ({error.strerror}): restore it from a backup."
    return True, f"{row.id} is made and signed. Verified: {verdict.files} files, their digests and the signatures hold."


def _case_page(
    desk: Desk, visit: Visit, case: Case, *, problem: str | None = None, status: int = HTTPStatus.OK
) -> Response:
    log_read(desk.casefile, f"person:{visit.reader.id}", f"case:{case.id}")
    policy = _policy(desk)
    filled: dict[str, str | None] = {"agency": policy.agency, "legal_basis": policy.legal_basis}
    filled |= {"purpose": policy.purpose, "handling": policy.handling}
    if visit.form:
        filled = {name: visit.field(name, FIELD_CHARACTERS) for name in FIELDS}
    key = load_key(desk.casefile.workspace)
    fingerprint = key.fingerprint if key else None
    referrals = [row for row in list_referrals(desk.casefile) if row.case_id == case.id]
    asked = visit.query("check", 100)
    listings = []
    for held in case.listings[:LISTINGS_SHOWN]:
        listing = get_listing(desk.casefile, held.listing_id, held.version)
        listings.append((held, (listing.title or listing.description if listing else None) or held.listing_id))
    return desk.pages.page(
        "case.html",
        status=status,
        **shell(desk, visit),
        case=case,
        case_states=STATES,
        listings=listings,
        confirmations_needed=policy.confirmations_needed,
        missing=_missing(case),
        referrals=referrals,
        checks={row.id: _verified(row, fingerprint) for row in referrals if row.id == asked},
        fingerprint=spell_fingerprint(fingerprint) if fingerprint else None,
        filled={name: filled.get(name) or "" for name in FIELDS},
        handlings=wording()["tlp"],
        problem=problem,
    )


def refer(desk: Desk, visit: Visit) -> Response:
    """Make the signed package of a case; a refusal says what is missing and keeps what was filled in."""
    case = _asked_case(desk, visit.field("case", 100))
    stated = {name: visit.field(name, FIELD_CHARACTERS) for name in FIELDS}
    request = ReferralRequest(
        recipients=tuple((stated["recipients"] or "").splitlines()),
        legal_basis=stated["legal_basis"],
        purpose=stated["purpose"],
        handling=stated["handling"],
        agency=stated["agency"],
        again=stated["kind"] == "follow_up",
        correction=stated["kind"] == "correction",
        reason=stated["reason"],
    )
    try:
        made = make_referral(desk.casefile, case.id, person_id=visit.reader.id, request=request)
    except ReferralError as error:
        return _case_page(desk, visit, case, problem=str(error), status=HTTPStatus.CONFLICT)
    return RedirectResponse(f"/case?id={case.id}&check={made.referral_id}", HTTPStatus.SEE_OTHER)


def download(desk: Desk, visit: Visit) -> Response:
    """Send a package that was made; always as a file to keep, never as something to show."""
    wanted = visit.query("id", 100)
    row = next((one for one in list_referrals(desk.casefile) if one.id == wanted), None)
    if row is None or not row.path.is_file():
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no package of this referral in the workspace.")
    with desk.casefile.write(f"person:{visit.reader.id}") as tx:
        tx.audit("package_downloaded", f"referral:{row.id}", sha256=row.sha256)
    return FileResponse(row.path, media_type="application/octet-stream", filename=row.path.name)
