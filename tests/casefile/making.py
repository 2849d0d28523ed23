"""Makes sealed bundles, listings and assessments for the tests of the casefile, with fixed clocks."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from casefile.records import (
    FIRST_LINK,
    Assessment,
    BundleFile,
    BundleManifest,
    Capture,
    Cue,
    CustodyEntry,
    Listing,
    Record,
    RunReport,
    Site,
    SitePage,
)

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n not really a picture, but bytes that must come back"


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


def listing(number: int, *, text: str = "", minutes: int = 0, site: str = "shop.example", **fields: object) -> Listing:
    data = {
        "id": f"listing-{number:06d}",
        "url": f"https://{site}/p/{number}",
        "site": site,
        "title": f"Tablets {number}",
        "description": f"Offer number {number}. {text}".strip(),
        "captured_at": NOON + timedelta(minutes=minutes),
        "seller": {"name": "Quick Meds"},
    }
    return Listing.model_validate(data | fields)


def site(host: str = "shop.example", *, policy: str = "No prescription needed.", minutes: int = 0) -> Site:
    return Site(
        host=host,
        country="IN",
        captured_at=NOON + timedelta(minutes=minutes),
        pages=(
            SitePage(url=f"https://{host}/", capture="home", role="home", text="Welcome"),
            SitePage(url=f"https://{host}/policy", capture="policy", role="policy", text=policy),
        ),
    )


def assessment(of: Listing, *, risk: float = 0.5, version: int | None = None, **fields: object) -> Assessment:
    data = {
        "id": of.id,
        "version": version or of.version,
        "kind": "medicine",
        "kind_probabilities": {"medicine": 1.0},
        "risk": risk,
        "suspected": {"illegal_supply": risk, "falsified": 0.1},
        "cues": (Cue(cue="price_bait", quote="Offer", field="description", start=0, end=5),),
        "harm": 1.0,
        "priority": risk,
        "language": "en",
        "substances": ("sildenafil",),
        "model": "model-1",
        "lexicon": "lexicon-1",
    }
    return Assessment.model_validate(data | fields)


def make_bundle(
    folder: Path,
    listings: Sequence[Listing],
    *,
    sites: Sequence[Site] = (),
    run_id: str = "run-1",
    body: bytes = b"<html>the page</html>",
    encoded: bytes | None = None,
    seal: bool = True,
) -> Path:
    """Write a whole bundle with one capture that all listings were read from."""
    (folder / "archive").mkdir(parents=True)
    (folder / "screenshots").mkdir()
    received = encoded if encoded is not None else body
    member = warc_member("https://shop.example/p/1", received, gzipped=encoded is not None)
    (folder / "archive" / "pages.warc.gz").write_bytes(b"".join([member, member]))
    (folder / "screenshots" / "one.png").write_bytes(PNG)
    capture = Capture(
        id=f"capture-{run_id}", url="https://shop.example/p/1", final_url="https://shop.example/p/1", fetched_at=NOON,
        status=200, payload_sha256=hashlib.sha256(received).hexdigest(), payload_bytes=len(received),
        media_type="text/html", warc_file="archive/pages.warc.gz", warc_offset=len(member), warc_length=len(member),
        screenshot="screenshots/one.png", tool_version="test/1", robots="allowed", outcome="ok",
    )  # fmt: skip
    seen = [one if one.capture else one.model_copy(update={"capture": capture.id}) for one in listings]
    report = RunReport(
        run_id=run_id, kind="crawl", started_at=NOON, finished_at=NOON, finish_reason="finished",
        counts={"listings": len(listings)}, versions={"pharmakon": "0"},
    )  # fmt: skip
    entry = CustodyEntry.link(FIRST_LINK, at=NOON, actor="test/1", action="run_finished", detail={"run": run_id})
    write_lines(folder / "listings.jsonl", seen)
    write_lines(folder / "captures.jsonl", [capture])
    write_lines(folder / "sites.jsonl", sites)
    write_lines(folder / "custody.jsonl", [entry])
    (folder / "run.json").write_text(json.dumps(report.to_json()))
    if seal:
        seal_bundle(folder, run_id=run_id)
    return folder


def seal_bundle(folder: Path, *, run_id: str = "run-1", extra: Iterable[BundleFile] = ()) -> None:
    """Write the manifest over what lies in the folder (and over files that are only claimed)."""
    files = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "bundle.json"):
        data = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        files.append(BundleFile(path=name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)))
    manifest = BundleManifest(run_id=run_id, created_at=NOON, files=(*files, *extra))
    (folder / "bundle.json").write_text(manifest.model_dump_json())


def write_lines(path: Path, records: Iterable[Record]) -> None:
    path.write_text("".join(json.dumps(one.to_json(), ensure_ascii=False) + "\n" for one in records), encoding="utf-8")


def warc_member(url: str, body: bytes, *, gzipped: bool = False) -> bytes:
    """Return one gzip member with a WARC response record, written by hand so that its bytes never change."""
    coding = b"Content-Encoding: gzip\r\n" if gzipped else b""
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + coding + b"\r\n" + body
    head = (
        "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:12345678-feed-b000-fade-000000000000>\r\n"
        f"WARC-Target-URI: {url}\r\nWARC-Date: 2026-11-21T12:00:00Z\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + http + b"\r\n\r\n", mtime=0)
