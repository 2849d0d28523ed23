"""Make, sign, pack and verify a referral of 50 listings with evidence: ``python -m bench.referral [LISTINGS]``.

Synthetic: each listing has its own capture of a 60 KB page (the size of an ordinary shop page; random text, so that it
hardly compresses) and a 300 KB screenshot, three cues, eight offers and two contacts. Baseline in the same run:
Python's own zipfile and hashlib packing and reading the same evidence, with no referral, signature or check.
"""

import base64
import hashlib
import io
import random
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from casefile.assessments import save_assessments
from casefile.cases import list_cases
from casefile.decisions import decide
from casefile.ingest import ingest_bundle
from casefile.people import add_person
from casefile.records import Assessment, Capture, Cue, Listing, RunReport, listing_id
from casefile.referral.make import ReferralRequest, make_referral
from casefile.referral.verify import verify_referral
from casefile.store import Casefile
from crawler.evidence.bundle import BundleWriter, capture_id
from crawler.evidence.warc import Exchange

PAGE_BYTES, SCREENSHOT_BYTES = 60_000, 300_000
ROUNDS = 5
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TEXT = "Order now, no prescription needed, we ship worldwide. Contact us on WhatsApp. " * 10


def main(count: int) -> None:
    """Print the figures for a case of ``count`` listings."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        with Casefile.open(workspace) as casefile:
            case, person = prepare(casefile, Path(folder) / "bundle", count)
            request = ReferralRequest(recipients=("R",), agency="A", legal_basis="B", purpose="C")
            again = ReferralRequest(recipients=("R",), agency="A", legal_basis="B", purpose="C", again=True, reason="D")
            first = make_referral(casefile, case, person_id=person, request=request)
            making = timed(lambda: make_referral(casefile, case, person_id=person, request=again))
        checking = timed(lambda: verify_referral(first.path, key=first.key_fingerprint))
        baseline = timed(lambda: plain_zip(first.path))
    print(f"{count} listings, {first.evidence_files} files of evidence, package of {first.bytes / 1e6:.1f} MB")
    print(f"make + sign + pack + check of the result: median {making:.2f} s of {ROUNDS}")
    print(f"verify: median {checking:.2f} s of {ROUNDS}")
    print(f"baseline, zipfile + hashlib over the same files, pack and read: median {baseline:.2f} s")


def timed(work: Callable[[], object]) -> float:
    """Return the median seconds of some rounds."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def plain_zip(package: Path) -> None:
    """Pack and read the files of a package without any guarantee."""
    target = io.BytesIO()
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            data = source.read(name)
            hashlib.sha256(data).digest()
            copy.writestr(name, data)
    with zipfile.ZipFile(target) as copy:
        for name in copy.namelist():
            hashlib.sha256(copy.read(name)).digest()


def prepare(casefile: Casefile, folder: Path, count: int) -> tuple[str, str]:
    """Fill a casefile with one case of ``count`` listings, confirmed by two people; return case and person."""
    noise = random.Random(1)  # noqa: S311 - not for secrets
    assessments = []
    with BundleWriter(folder, run_id="bench", clock=lambda: NOW) as writer:
        for number in range(count):
            url = f"https://shop.example/p/{number}"
            page = f"<html>{number} {base64.b64encode(noise.randbytes(PAGE_BYTES * 3 // 4)).decode()}</html>".encode()
            header = ((b"Content-Type", b"text/html"),)
            place = writer.archive.write_exchange(
                Exchange(url=url, fetched_at=NOW, status=200, response_headers=header, body=page)
            )
            digest = hashlib.sha256(page).hexdigest()
            capture = Capture(
                id=capture_id(url, NOW, digest), url=url, final_url=url, fetched_at=NOW, status=200,
                payload_sha256=digest, payload_bytes=len(page), media_type="text/html", warc_file=place.file,
                warc_offset=place.offset, warc_length=place.length, tool_version="bench", robots="allowed",
                screenshot=writer.write_screenshot(f"c{number}", noise.randbytes(SCREENSHOT_BYTES)), outcome="ok",
            )  # fmt: skip
            listing = synthetic(url, capture.id)
            writer.write_capture(capture)
            writer.write_listing(listing)
            assessments.append(assessed(listing))
        writer.seal(
            RunReport(
                run_id="bench", kind="crawl", started_at=NOW, finished_at=NOW, finish_reason="finished",
                counts={"listings": count}, versions={},
            )
        )  # fmt: skip
    ingest_bundle(casefile, folder, actor="bench")
    save_assessments(casefile, assessments, actor="bench")
    people = [add_person(casefile, name, roles=["reviewer"], actor="bench").id for name in ("Ada", "Bob")]
    for one in assessments:
        for person in people:
            decide(casefile, one.id, "confirm", person_id=person, version=1)
    return list_cases(casefile)[0].id, people[0]


def synthetic(url: str, capture: str) -> Listing:
    """Return a listing as a rogue pharmacy shows it."""
    offer = {"raw": "100mg x 60 pills | $89.00 | $1.48", "count": 60, "amount": "89.00", "currency": "USD"}
    return Listing.model_validate(
        {
            "id": listing_id("shop.example", url), "url": url, "site": "shop.example", "captured_at": NOW,
            "capture": capture, "title": f"Tablets {url}", "description": TEXT, "offers": [offer] * 8,
            "seller": {"name": "Quick Meds"}, "payments": ["bitcoin"], "ships_from": "IN", "ships_to": ["*"],
            "contacts": [
                {"kind": "whatsapp", "raw": "+44 7700 900123", "value": "+447700900123"},
                {"kind": "email", "raw": "Sales@shop.example", "value": "sales@shop.example"},
            ],
        }
    )  # fmt: skip


def assessed(listing: Listing) -> Assessment:
    """Return an assessment with three cues in the text."""
    quotes = {"no_prescription": "no prescription needed", "worldwide_shipping": "worldwide", "price_bait": "Order now"}
    cues = [
        Cue.model_validate(
            {"cue": cue, "quote": quote, "field": "description", "start": (start := TEXT.index(quote)),
             "end": start + len(quote)}
        )
        for cue, quote in quotes.items()
    ]  # fmt: skip
    return Assessment(
        id=listing.id, kind="medicine", kind_probabilities={"medicine": 1.0}, risk=0.9,
        suspected={"illegal_supply": 0.9}, cues=tuple(cues), harm=0.7, model="bench", lexicon="bench",
    )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
