"""Captured evidence on screen: the screenshot as a fresh image, the page as plain text. Never as it was captured."""

import io
import re
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Final

from PIL import Image, UnidentifiedImageError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casefile.audit import log_read
from casefile.evidence import EvidenceError, custody, payload, screenshot
from casefile.listings import StoredCapture, get_capture
from review_ui.access import Desk, Visit
from review_ui.shell import shell
from review_ui.text import pieces

SCREENSHOT_BYTES: Final = 20 * 1024 * 1024
SCREENSHOT_PIXELS: Final = 60_000_000
"""Decoded size before it is decoded: about 240 MB; a full-page capture 1280 wide and 40,000 high is 51 million."""
SCREENSHOT_SIZE: Final = (1600, 12_000)
"""Largest width and height sent."""
PAYLOAD_BYTES: Final = 2 * 1024 * 1024
TEXT_CHARACTERS: Final = 60_000


def _stored(desk: Desk, visit: Visit) -> StoredCapture:
    capture_id = visit.query("id", 1000)
    stored = get_capture(desk.casefile, capture_id) if capture_id else None
    if stored is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "The casefile holds no capture with this id.")
    return stored


def reencode(image_bytes: bytes) -> bytes:
    """Return a PNG made anew from the pixels of a captured image, so that nothing else of it reaches the browser.

    Raises ``ValueError`` for what is not a PNG or JPEG, or is larger than can be shown safely.
    """
    if len(image_bytes) > SCREENSHOT_BYTES:
        raise ValueError(f"the image is larger than {SCREENSHOT_BYTES} bytes")
    try:
        with Image.open(io.BytesIO(image_bytes), formats=("PNG", "JPEG")) as image:
            if image.width * image.height > SCREENSHOT_PIXELS:
                raise ValueError(f"the image has more than {SCREENSHOT_PIXELS} pixels")
            image.load()
            fresh = image.convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"the image cannot be read ({error})") from None
    fresh = fresh.crop((0, 0, fresh.width, min(fresh.height, fresh.width * 12)))
    fresh.thumbnail(SCREENSHOT_SIZE)
    written = io.BytesIO()
    fresh.save(written, "PNG", compress_level=3)
    return written.getvalue()


def show_screenshot(desk: Desk, visit: Visit) -> Response:
    """Send the screenshot of a capture."""
    stored = _stored(desk, visit)
    try:
        taken = screenshot(desk.casefile, stored.capture.id)
        if taken is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "No screenshot was taken of this page.")
        image = reencode(taken)
    except (EvidenceError, ValueError) as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"The screenshot cannot be shown: {error}.") from None
    log_read(desk.casefile, f"person:{visit.reader.id}", f"screenshot:{stored.capture.id}")
    return Response(image, media_type="image/png", headers={"content-disposition": "inline; filename=screenshot.png"})


_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([a-z0-9_-]{1,40})", re.IGNORECASE)


def decode_page(page: bytes, media_type: str | None) -> str:
    """Return a page as text in the encoding it names, else UTF-8; bytes that do not fit become U+FFFD."""
    named = re.search(r"charset=\"?([A-Za-z0-9_-]{1,40})", media_type or "")
    found = _CHARSET.search(page[:4096])
    for encoding in (named.group(1) if named else None, found.group(1).decode() if found else None):
        try:
            if encoding:
                return page.decode(encoding, "replace")
        except (LookupError, UnicodeError):
            continue
    return page.decode("utf-8", "replace")


class _ReadableText(HTMLParser):
    """Collects the text a reader of the page would see, one block a line."""

    _SILENT = frozenset({"script", "style", "template", "noscript", "svg", "head"})
    _BLOCKS = frozenset({"p", "div", "li", "tr", "br", "h1", "h2", "h3", "h4", "h5", "h6", "table", "section",
                         "article", "header", "footer", "ul", "ol", "dt", "dd", "form", "option"})  # fmt: skip

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._SILENT:
            self._silent += 1
        elif tag in self._BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in self._BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def readable_text(html: str) -> str:
    """Return the visible text of a page; broken markup is read as far as it goes."""
    reader = _ReadableText()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).splitlines())
    return "\n".join(line for line in lines if line)


def show(desk: Desk, visit: Visit) -> Response:
    """Show a captured page as text, with how and when it was captured."""
    stored = _stored(desk, visit)
    as_source = visit.query("as", 10) == "source"
    problem, text = None, ""
    try:
        body = payload(desk.casefile, stored.capture.id, max_bytes=PAYLOAD_BYTES)
        html = decode_page(body, stored.capture.media_type)
        text = html if as_source or "html" not in (stored.capture.media_type or "html") else readable_text(html)
    except EvidenceError as error:
        problem = str(error)
    try:
        links = custody(desk.casefile, stored.bundle_hash)
    except EvidenceError as error:
        links, problem = [], problem or str(error)
    log_read(desk.casefile, f"person:{visit.reader.id}", f"capture:{stored.capture.id}")
    return desk.pages.page(
        "capture.html",
        **shell(desk, visit),
        capture=stored.capture,
        bundle_hash=stored.bundle_hash,
        custody=links,
        as_source=as_source,
        pieces=pieces(text, limit=TEXT_CHARACTERS),
        shown=min(len(text), TEXT_CHARACTERS),
        length=len(text),
        problem=problem,
    )
