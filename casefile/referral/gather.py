"""Reading a case for its referral, and refusing one that is not ready."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from casefile.assessments import read_assessment
from casefile.cases import Case, CaseListing, get_case, standing_decisions
from casefile.listings import get_listing, load_site, observations
from casefile.permissions import allowed
from casefile.person import Person, load_person
from casefile.policy import Policy
from casefile.records import Site
from casefile.referral.errors import ReferralError
from casefile.referral.evidence_files import EvidenceDesk
from casefile.referral.facts import CaseFacts, ListingFacts
from casefile.referral.request import ReferralType
from casefile.store import Casefile, Reads


def referring_person(reads: Reads, person_id: str) -> Person:
    """Return the person, as long as they may refer; raises ``ReferralError`` otherwise."""
    person = load_person(reads, person_id)
    if person is None:
        raise ReferralError(f"there is no person {person_id!r}: see pharmakon user list")
    if not allowed(person, "refer"):
        raise ReferralError(
            f"{person.name} may not make referrals (roles: {', '.join(sorted(person.roles)) or 'none'}"
            f"{'' if person.active else ', disabled'}): ask a reviewer"
        )
    return person


def ready_case(casefile: Casefile, case_id: str, policy: Policy, *, kind: ReferralType) -> Case:
    """Return the case, as long as it may be referred now; raises ``ReferralError`` that says what is missing."""
    case = get_case(casefile, case_id)
    if case is None:
        raise ReferralError(f"case {case_id!r} is unknown: see pharmakon refer list --cases")
    if case.referrals and kind == "initial":
        raise ReferralError(
            f"case {case_id} was referred already as {', '.join(case.referrals)}: use --again (follow-up) or"
            " --correction, with a --reason"
        )
    if not case.referrals and kind != "initial":
        raise ReferralError(f"case {case_id} was never referred: leave --again and --correction out")
    if not case.listings:
        raise ReferralError(f"case {case_id} holds no confirmed listing: confirm its listings at the desk first")
    waiting = [one for one in case.listings if not _confirmed(one, policy)]
    if waiting:
        raise ReferralError(_waiting(case_id, waiting, policy))
    return case


def _confirmed(one: CaseListing, policy: Policy) -> bool:
    # The count is made here as well: two pairs of eyes are the rule that must not hang on one other module.
    return one.state == "confirmed" and len(set(one.confirmed_by)) >= policy.confirmations_needed


def _waiting(case_id: str, waiting: list[CaseListing], policy: Policy) -> str:
    lines = [
        f"  listing {one.listing_id} version {one.version}: {one.state},"
        f" confirmed so far by {', '.join(one.confirmed_by) or 'nobody'}"
        for one in waiting
    ]
    what = "a second person has not confirmed" if policy.second_confirmation else "nobody has confirmed"
    return (
        f"case {case_id} cannot be referred: {what} {len(waiting)} of its listings.\n" + "\n".join(lines) + "\n"
        "Have them decided at the desk (reject takes a listing out of the case)."
    )


def gather(
    casefile: Casefile,
    case: Case,
    *,
    person: Person,
    policy: Policy,
    draft: Path,
    referral_id: str,
    packed_at: datetime,
) -> CaseFacts:
    """Read all that the referral of ``case`` is built from, and lay its evidence, checked, into ``draft``.

    Raises ``ReferralError`` when evidence is missing or damaged, or a listing cannot be read.
    """
    desk = EvidenceDesk(casefile, draft)
    with casefile.read() as reads:
        listings = tuple(_listing(casefile, reads, one, desk) for one in case.listings)
        sites = _sites(reads, listings)
        site_evidence = {
            page.capture: desk.page(page.capture, bundle)
            for site, bundle in sites
            for page in site.pages
            if page.capture
        }
        entries, head = reads.execute("SELECT entries, hash FROM audit_head").fetchone()
    return CaseFacts(
        case=case,
        policy=policy,
        prepared_by=person.pseudonym,
        listings=listings,
        sites=tuple(site for site, _ in sites),
        site_evidence=site_evidence,
        evidence=desk.files(),
        custody=desk.custody(actor=person.pseudonym, referral_id=referral_id, case_id=case.id, at=packed_at),
        audit_entries=entries,
        audit_hash=head,
        previous_referral=case.referrals[-1] if case.referrals else None,
    )


def _listing(casefile: Casefile, reads: Reads, one: CaseListing, desk: EvidenceDesk) -> ListingFacts:
    listing = get_listing(casefile, one.listing_id, one.version)
    newest = get_listing(casefile, one.listing_id)
    if listing is None or newest is None:
        raise ReferralError(f"listing {one.listing_id} version {one.version} is not in the casefile: restore a backup")
    seen = observations(casefile, one.listing_id)
    shown = [item for item in seen if item.version == one.version]
    for item in shown:
        desk.bundle(item.bundle_hash)
    captured = [item for item in shown if item.capture_id]
    # The first capture is what was decided on, the last shows how long it stood.
    paths = [path for item in captured[:1] + captured[-1:] for path in desk.capture(item.capture_id, item.bundle_hash)]
    times = [datetime.fromisoformat(item.seen_at) for item in seen if item.seen_at]
    return ListingFacts(
        listing=listing,
        assessment=read_assessment(reads, one.listing_id, one.version),
        decisions=tuple(standing_decisions(casefile, one.listing_id, one.version)),
        confirmed_by=one.confirmed_by,
        last_seen_at=max(times) if times else _ingested(reads, (item.bundle_hash for item in seen)),
        newest=newest,
        evidence=tuple(dict.fromkeys(paths)),
    )


def _ingested(reads: Reads, bundles: Iterable[str]) -> datetime:
    """Return when the last of the bundles was taken in: all that is known of a row without a time of its own."""
    rows = [reads.execute("SELECT ingested_at FROM bundles WHERE hash = ?", (one,)).fetchone() for one in bundles]
    return max(datetime.fromisoformat(row[0]) for row in rows)


def _sites(reads: Reads, listings: tuple[ListingFacts, ...]) -> list[tuple[Site, str]]:
    """Return what the sites said when the listings were assessed (else: say now), each with its bundle's hash."""
    wanted = set()
    for item in listings:
        row = reads.execute(
            """SELECT coalesce(
                   (SELECT nullif(site_version, 0) FROM assessments WHERE listing_id = ? AND version = ?
                    ORDER BY id DESC LIMIT 1), latest_version)
               FROM sites WHERE host = ?""",
            (item.listing.id, item.listing.version, item.listing.site),
        ).fetchone()
        if row is not None:
            wanted.add((item.listing.site, row[0]))
    found = []
    for host, version in sorted(wanted):
        site = load_site(reads, host, version)
        bundle = reads.execute(
            "SELECT bundle_hash FROM site_versions WHERE host = ? AND version = ?", (host, version)
        ).fetchone()
        if site is not None:
            found.append((site, str(bundle[0])))
    return found
