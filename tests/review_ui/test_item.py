"""The item screen: all that is known of one listing, exact, and nothing that runs."""

import html
import io
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from casefile.assessments import save_assessments
from casefile.audit import entries
from casefile.listings import get_capture, get_listing
from casefile.people import Person
from casefile.records import Listing, Offer
from casefile.store import Casefile
from review_ui.capture import SCREENSHOT_SIZE, decode_page, readable_text, reencode
from review_ui.item_address import item_path
from tests.review_ui import scene


@pytest.fixture
def page(reader: scene.Reader) -> str:
    return reader.get("/item/listing-000000").text


def test_quotes_are_marked_where_they_stand_and_listed_with_a_jump(page: str) -> None:
    assert 'title="stealth shipping" data-n="2"' in page
    assert '<a class="anchor" id="cue-2"></a>vacuum sealed</mark>' in page
    assert '<a href="#cue-2">stealth shipping</a>' in page


def test_the_raw_text_stands_on_the_page_unchanged(page: str, listings: list[Listing]) -> None:
    shown = page.split('<div class="raw text" dir="auto">')[1].split("</div>")[0]
    assert html.unescape(re.sub(r"<[^>]*>", "", shown)) == listings[0].description


def test_a_cue_of_the_shops_pages_is_marked_in_what_the_shop_says(page: str) -> None:
    says = page.split('id="site-title"')[1].split("</section>")[0]
    assert "no prescription needed</mark>" in says
    assert "policy page" in says
    assert "hxxps://shop[.]example/policy" in says


def test_everything_known_is_there(page: str) -> None:
    for words in (
        "from $89.00", "read as 89.00 USD", "30mg x 60 pills | $89.00", "1.48", "Quick Meds",
        "telegram: t.me/quickmeds",
        "bitcoin", "worldwide", "oxycodone", "not required", "hxxps://shop[.]example/p/0", "2026-11-21 12:00:00 UTC",
        "not signed", "not time-stamped", "Suspected, not established", "95 %",
    ):  # fmt: skip
        assert words in page


def test_no_address_of_a_shop_is_ever_a_link(page: str) -> None:
    for target in [part.split('"')[0] for part in page.split('href="')[1:]]:
        assert target.startswith(("/", "#")), target
        assert not target.startswith("//")


def test_the_digest_and_the_bundle_are_those_of_the_evidence(
    page: str, casefile: Casefile, listings: list[Listing]
) -> None:

    stored = get_capture(casefile, listings[0].capture or "")
    assert stored is not None
    assert stored.capture.payload_sha256 in page
    assert stored.bundle_hash in page


def test_reading_an_item_is_logged(reader: scene.Reader, casefile: Casefile, ada: Person) -> None:
    reader.get("/item/listing-000000")
    newest = entries(casefile, subject="listing:listing-000000")[0]
    assert (newest.action, newest.actor) == ("read", f"person:{ada.id}")


def test_a_changed_listing_shows_what_changed_and_only_its_latest_version_is_decided(
    reader: scene.Reader, casefile: Casefile, tmp_path: Path
) -> None:
    changed = scene.shop_listing(0, price={"raw": "$59.00", "amount": "59.00", "currency": "USD"}, offers=())
    scene.fill(casefile, tmp_path / "later", [changed], run="run-2")
    latest = get_listing(casefile, "listing-000000")
    assert latest is not None
    assert latest.version == 2
    save_assessments(casefile, [scene.shop_assessment(latest)], actor="test")
    page = reader.get("/item/listing-000000").text
    assert '<del dir="auto">from $89.00</del> → <ins dir="auto">$59.00</ins>' in page
    old = reader.get("/item/listing-000000?version=1").text
    assert "version 1; the page has changed since" in old
    assert 'action="/decide"' not in old


def test_offers_beyond_what_fits_are_counted(reader: scene.Reader, casefile: Casefile, tmp_path: Path) -> None:
    many = tuple(Offer(raw=f"row {number}").model_dump() for number in range(300))
    scene.fill(casefile, tmp_path / "offers", [scene.shop_listing(9, offers=many)], run="run-2")
    page = reader.get("/item/listing-000009").text
    assert "The first 60 of 300 offers" in page


def test_a_quote_that_is_not_at_its_place_is_said_so_and_not_marked(reader: scene.Reader, casefile: Casefile) -> None:
    stored = get_listing(casefile, "listing-000001")
    assert stored is not None
    wrong = scene.quoted(stored, "description", "bitcoin", "anonymous_payment").model_copy(
        update={"start": 0, "end": 7}
    )
    save_assessments(casefile, [scene.shop_assessment(stored, cues=(wrong,))], actor="test")
    page = reader.get("/item/listing-000001").text
    assert "the quote does not stand there" in page
    assert "<mark" not in page


def test_a_long_text_is_cut_and_read_whole_in_parts(reader: scene.Reader, casefile: Casefile, tmp_path: Path) -> None:
    text = "x" * 100_000 + " pay with bitcoin"
    scene.fill(casefile, tmp_path / "long", [scene.shop_listing(7, description=text)], run="run-2")
    stored = get_listing(casefile, "listing-000007")
    assert stored is not None
    save_assessments(casefile, [scene.shop_assessment(stored)], actor="test")
    page = reader.get("/item/listing-000007").text
    assert len(page) < 40_000
    where = page.split('<a href="/text')[1].split('"')[0].replace("&amp;", "&")
    link = page.split('<ol class="cues">')[1].split('<a href="')[1].split('"')[0].replace("&amp;", "&")
    assert "part=3" in link
    assert "Whole text" in page
    assert reader.get("/text" + where).status_code == 200
    assert 'id="cue-1"' in reader.get(link).text


@pytest.mark.parametrize("path", ["/item/none", "/item/listing-000000?version=9", "/item/listing-000000?version=x",
                                  "/text?id=listing-000000&field=sku", "/text?id=none&field=title", "/capture?id=none",
                                  "/screenshot?id=none", "/case?id=none", "/case/package?id=none"])  # fmt: skip
def test_what_does_not_exist_says_so_plainly(second_reader: scene.Reader, path: str) -> None:
    answer = second_reader.get(path)
    assert answer.status_code == 404
    assert "Back to the queue" in answer.text


@pytest.mark.parametrize("listing_id", ["a/b?c#d", "..", "%2e", "ünïcode id", "<script>", "\u202eid"])
def test_an_id_of_any_shape_has_an_address(
    reader: scene.Reader, casefile: Casefile, tmp_path: Path, listing_id: str
) -> None:
    scene.fill(casefile, tmp_path / "odd", [scene.shop_listing(5, id=listing_id)], run="run-2")
    assert reader.get(item_path(listing_id)).status_code == 200


def test_the_screenshot_is_a_fresh_image_without_what_came_along(reader: scene.Reader) -> None:
    answer = reader.get("/screenshot?id=capture-run-1")
    assert answer.headers["content-type"] == "image/png"
    assert b"<script>" in scene.screenshot_png()
    assert b"<script>" not in answer.content
    assert Image.open(io.BytesIO(answer.content)).size == (640, 400)


@pytest.mark.parametrize("broken", [b"", b"<svg onload=alert(1)>", b"\x89PNG\r\n\x1a\n garbage", b"GIF89a"])
def test_a_screenshot_that_is_no_picture_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        reencode(broken)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    written = io.BytesIO()
    Image.new("1", (8_000, 8_000)).save(written, "PNG")
    with pytest.raises(ValueError, match="pixels"):
        reencode(written.getvalue())


def test_a_very_tall_screenshot_is_made_to_fit() -> None:
    written = io.BytesIO()
    Image.new("1", (800, 30_000)).save(written, "PNG")
    size = Image.open(io.BytesIO(reencode(written.getvalue()))).size
    assert size[0] <= SCREENSHOT_SIZE[0]
    assert size[1] <= SCREENSHOT_SIZE[1]


def test_a_captured_page_is_shown_as_text_and_as_escaped_source(reader: scene.Reader) -> None:
    text = reader.get("/capture?id=capture-run-1").text
    assert "Pay with bitcoin" in text
    assert "owned" not in text
    source = reader.get("/capture?id=capture-run-1&as=source").text
    assert "&lt;script&gt;document.title=" in source
    assert "onerror=alert(1)&gt;" in source
    assert "<img src=x" not in source


def test_evidence_that_was_changed_is_not_shown(reader: scene.Reader, casefile: Casefile) -> None:
    for archive in (casefile.workspace / "bundles").rglob("*.warc.gz"):
        archive.write_bytes(archive.read_bytes().replace(b"\x1f\x8b", b"\x1f\x8c"))
    answer = reader.get("/capture?id=capture-run-1")
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text


def test_missing_evidence_does_not_hide_the_listing(reader: scene.Reader, casefile: Casefile) -> None:
    shutil.rmtree(casefile.workspace / "bundles")
    page = reader.get("/item/listing-000000")
    assert page.status_code == 200
    assert "restore it from a backup" in page.text


@pytest.mark.parametrize(
    ("page", "media_type", "text"),
    [
        ("naïve".encode("latin-1"), "text/html; charset=iso-8859-1", "naïve"),
        (b"<meta charset=windows-1251>" + "цена".encode("cp1251"), "text/html", "<meta charset=windows-1251>цена"),
        (b"\xff\xfe", "text/html; charset=no-such-code", "\ufffd\ufffd"),
        (b"abc", None, "abc"),
        (b"cafe", "text/html; charset=rot13", "cafe"),
    ],
)
def test_a_page_is_read_in_the_encoding_it_names(page: bytes, media_type: str | None, text: str) -> None:
    assert decode_page(page, media_type) == text


def test_scripts_and_styles_are_not_part_of_the_readable_text() -> None:
    html = "<body><style>p{}</style><p>One<p>Two<script>x()</script><!-- no --><div>Three</div>"
    assert readable_text(html) == "One\nTwo\nThree"
    assert readable_text("<" * 50_000) is not None


def test_the_language_is_the_one_the_assessment_found_and_not_the_one_the_page_claims(
    reader: scene.Reader, casefile: Casefile
) -> None:
    stored = get_listing(casefile, "listing-000001")
    assert stored is not None
    found = scene.shop_assessment(stored).model_copy(update={"language": "sw"})
    save_assessments(casefile, [found], actor="test")
    assert " · <bdi>sw</bdi>" in reader.get("/item/listing-000001").text
