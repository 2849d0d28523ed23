"""Sets a casefile up with people and confirmed cases, for the tests of referrals."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from casefile.assessments import save_assessments
from casefile.cases import list_cases
from casefile.decisions import decide
from casefile.ingest import ingest_bundle
from casefile.people import Person, add_person
from casefile.records import Assessment, Cue, Listing, Site
from casefile.referral.make import MadeReferral, ReferralRequest, make_referral
from casefile.store import Casefile
from tests.casefile.making import Clock, assessment, listing, make_bundle, site

REQUEST = ReferralRequest(
    recipients=("Customs of Examplia",),
    legal_basis="Medicines Act 2020, section 12",
    purpose="Decide on opening an investigation",
    agency="Medicines Agency of Examplia",
)


class Desk:
    """A casefile with two reviewers, an investigator and a clock that stands still."""

    def __init__(self, workspace: Path) -> None:
        self.clock = Clock()
        self.workspace = workspace
        self.casefile = Casefile.open(workspace, clock=self.clock)
        self.ada = self.person("Ada", "reviewer")
        self.bob = self.person("Bob", "reviewer")
        self.eve = self.person("Eve", "investigator")
        self._ids = ids()

    def person(self, name: str, role: str) -> Person:
        return add_person(self.casefile, name, roles=[role], actor="test")

    def bring(
        self,
        listings: Sequence[Listing],
        *,
        sites: Sequence[Site] = (),
        run_id: str = "run-1",
        assessments: Sequence[Assessment] | None = None,
        body: bytes = b"<html>the page</html>",
    ) -> str:
        """Ingest and assess listings; return the hash of their bundle."""
        folder = make_bundle(
            self.workspace.parent / f"bundle-{run_id}", listings, sites=sites, run_id=run_id, body=body
        )
        result = ingest_bundle(self.casefile, folder, actor="test")
        found = [cued(one) for one in listings] if assessments is None else assessments
        save_assessments(self.casefile, found, actor="test")
        return result.bundle_hash

    def confirm(self, listing_id: str, *people: Person, version: int = 1) -> None:
        for person in people or (self.ada, self.bob):
            decide(self.casefile, listing_id, "confirm", person_id=person.id, version=version, reasons=("price",))

    def confirmed_case(self, listings: Sequence[Listing], *, sites: Sequence[Site] = ()) -> str:
        """Bring listings of one seller, have two people confirm all, and return the case."""
        self.bring(listings, sites=sites)
        for one in listings:
            self.confirm(one.id)
        return list_cases(self.casefile)[0].id

    def refer(self, case_id: str, request: ReferralRequest = REQUEST, *, out: Path | None = None) -> MadeReferral:
        return make_referral(
            self.casefile, case_id, person_id=self.ada.id, request=request, out=out, new_id=lambda: next(self._ids)
        )


def ids() -> Iterator[str]:
    """Yield 000000000001, 000000000002..."""
    return (f"{number:012X}" for number in count(1))


def cued(one: Listing) -> Assessment:
    """Return an assessment whose one cue quotes the beginning of the description."""
    quote = (one.description or "")[:5]
    cues = (Cue(cue="price_bait", quote=quote, field="description", start=0, end=len(quote)),) if quote else ()
    return assessment(one, risk=0.9, cues=cues)


def small_case(desk: Desk) -> str:
    """Return a case of two confirmed listings with what the shop says."""
    return desk.confirmed_case([listing(1), listing(2)], sites=[site()])
