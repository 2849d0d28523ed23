"""A casefile to review: ingested bundle, assessments, people; and a client that behaves like a browser on the desk."""

import io
from collections.abc import Sequence
from pathlib import Path

from httpx2 import Response
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from starlette.testclient import TestClient

from casefile.assessments import save_assessments
from casefile.ingest import ingest_bundle
from casefile.listings import get_listing
from casefile.people import Person, add_person, make_login_link
from casefile.records import Assessment, Cue, Listing, Site
from casefile.store import Casefile
from review_ui.app import create_app
from review_ui.explanation import Explain
from review_ui.registers import AskRegisters
from review_ui.settings import DeskSettings
from tests.casefile.making import assessment, listing, make_bundle, seal_bundle, site

NO_PRESCRIPTION = "no prescription needed"
PAGE = (
    b"<html><head><title>shop</title><script>document.title='owned'</script></head><body><h1>Oxycodone 30 mg</h1>"
    b"<p>Pay with bitcoin</p><img src=x onerror=alert(1)></body></html>"
)


def quoted(one: Listing, field: str, quote: str, cue: str) -> Cue:
    """Return the cue whose quote stands in a raw field."""
    text = one.price.raw if field == "price" and one.price else getattr(one, field)
    at = text.index(quote)
    return Cue.model_validate({"cue": cue, "quote": quote, "field": field, "start": at, "end": at + len(quote)})


def shop_listing(number: int, **fields: object) -> Listing:
    """Return a listing of an unlicensed shop, with everything an item page can show."""
    data: dict[str, object] = {
        "title": f"Oxycodone 30 mg tablets, lot {number}",
        "description": f"Original M30. {NO_PRESCRIPTION.capitalize()}, vacuum sealed, pay with bitcoin.",
        "language": "en",
        "price": {"raw": "from $89.00", "amount": "89.00", "currency": "USD"},
        "offers": ({"raw": "30mg x 60 pills | $89.00", "strength": "30 mg", "count": 60, "amount": "89.00",
                    "currency": "USD", "unit_amount": "1.48"},),
        "contacts": ({"kind": "telegram", "raw": "t.me/quickmeds", "value": "quickmeds"},),
        "payments": ("bitcoin",),
        "ships_from": "IN",
        "ships_to": ("*",),
        "product": {"substances": ("oxycodone",), "strength": "30 mg", "form": "tablet"},
        "prescription": {"required": False, "quote": "No prescription needed"},
    }  # fmt: skip
    return Listing.model_validate(listing(number).model_dump() | data | fields)


def shop_assessment(one: Listing, *, risk: float = 0.9, **fields: object) -> Assessment:
    """Return an assessment with a cue in the text and one on the shop's own pages."""
    cues = [
        quoted(one, "description", quote, cue)
        for quote, cue in (
            ("No prescription needed", "no_prescription"),
            ("vacuum sealed", "stealth_shipping"),
            ("bitcoin", "anonymous_payment"),
        )
        if quote in (one.description or "")
    ]
    if one.site_text and NO_PRESCRIPTION in one.site_text:
        cues.append(quoted(one, "site_text", NO_PRESCRIPTION, "no_prescription"))
    plain = assessment(one, risk=risk).model_dump()
    return Assessment.model_validate(plain | {"cues": tuple(cues), "substances": ("oxycodone",)} | fields)


def screenshot_png() -> bytes:
    """Return a real picture with a text chunk that must not reach a browser."""
    hidden = PngInfo()
    hidden.add_text("comment", "<script>alert(1)</script>")
    written = io.BytesIO()
    Image.new("RGB", (640, 400), (200, 220, 235)).save(written, "PNG", pnginfo=hidden)
    return written.getvalue()


def fill(
    casefile: Casefile, folder: Path, listings: Sequence[Listing], *, sites: Sequence[Site] = (), run: str = "run-1"
) -> None:
    """Take listings in as a crawl would have brought them, each with the evidence of one page."""
    make_bundle(folder, listings, sites=sites, run_id=run, body=PAGE, seal=False)
    (folder / "screenshots" / "one.png").write_bytes(screenshot_png())
    seal_bundle(folder, run_id=run)
    ingest_bundle(casefile, folder, actor="test")


def stock(casefile: Casefile, folder: Path, count: int = 3) -> list[Listing]:
    """Fill a casefile with assessed listings of falling priority; returns them in queue order."""
    policy = f"We are a trusted shop, {NO_PRESCRIPTION}, worldwide."
    fill(casefile, folder, [shop_listing(number) for number in range(count)], sites=[site(policy=policy)])
    stored = [one for number in range(count) if (one := get_listing(casefile, f"listing-{number:06d}")) is not None]
    save_assessments(
        casefile,
        [shop_assessment(one, risk=round(0.95 - 0.9 * place / count, 4)) for place, one in enumerate(stored)],
        actor="test",
    )
    return stored


def person(casefile: Casefile, name: str, *roles: str) -> Person:
    """Add a person."""
    return add_person(casefile, name, roles=roles or ("investigator",), actor="test")


class Reader(TestClient):
    """A signed-in person's browser: sends what a browser sends with a form of the desk's own page."""

    def submit(self, path: str, **fields: str | list[str]) -> Response:
        """Post a form from one of the desk's own pages, without following the redirect."""
        return self.post(path, data=fields, headers={"sec-fetch-site": "same-origin"}, follow_redirects=False)


def visitor(
    casefile: Casefile,
    settings: DeskSettings | None = None,
    explain: Explain | None = None,
    registers: AskRegisters | None = None,
) -> Reader:
    """Return a browser of nobody in particular."""
    base = "https://localhost" if settings and settings.tls else "http://localhost"
    app = create_app(casefile, settings=settings, explain=explain, registers=registers)
    return Reader(app, base_url=base, raise_server_exceptions=True)


def signed_in(
    casefile: Casefile,
    one: Person,
    settings: DeskSettings | None = None,
    explain: Explain | None = None,
    registers: AskRegisters | None = None,
) -> Reader:
    """Return the browser of a person who used a one-time link."""
    reader = visitor(casefile, settings, explain, registers)
    token = make_login_link(casefile, one.id, actor="test")
    answer = reader.submit("/login/link", token=token)
    assert answer.status_code == 303, answer.text
    return reader
