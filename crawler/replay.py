"""Reading the pages of a killed run once more, from its archive, with the functions that the run itself reads with.

A run writes some things only at its end: what a shop says on all its pages together, and entries of lists whose own
page never came. A kill loses them; the archive does not.
"""

import re
import zlib
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from casefile.records import Capture, UrlOutcome
from crawler.harvest import HTML_TYPES, Harvest, verdict_on
from crawler.imports.warc_reader import WarcCut, parse_response, read_records
from crawler.net.bodies import MAX_BYTES, BodyRefused, decode_body
from crawler.pages import extract_page

_MAX_RECORD: Final = 2 * MAX_BYTES
_NO_PAGE: Final = re.compile(r"(?:^/robots\.txt|\.xml|\.txt|\.gz)$", re.IGNORECASE)
"""Robots files and sitemaps, which a run fetches and does not read as pages, whatever type they are sent with."""


def read_again(
    folder: Path, captures: Iterable[Capture], harvest: Harvest, progress: Callable[[int], None]
) -> dict[str, UrlOutcome]:
    """Put every page among ``captures`` into ``harvest``; return what became of each, by the address asked for.

    Calls ``progress`` with the number of captures looked at.
    """
    outcomes: dict[str, UrlOutcome] = {}
    for number, capture in enumerate(captures, start=1):
        if _is_page(capture):
            outcomes[capture.url] = _read(folder, capture, harvest)
        progress(number)
    return outcomes


def _is_page(capture: Capture) -> bool:
    if capture.outcome != "ok" or capture.media_type not in HTML_TYPES:
        return False
    return not 300 <= (capture.status or 200) < 400 and _NO_PAGE.search(urlsplit(capture.final_url).path) is None


def _read(folder: Path, capture: Capture, harvest: Harvest) -> UrlOutcome:
    outcome = UrlOutcome(url=capture.url, outcome=capture.outcome, status=capture.status, reason=capture.reason)
    try:
        body, content_type = archived_page(folder, capture)
        extract = extract_page(body, capture.final_url, content_type=content_type)
        verdict = verdict_on(extract)
        if verdict is None:
            return outcome.model_copy(update={"listings": harvest.take(capture, extract)})
        fault, reason = verdict
    except OSError:
        raise  # the disk, not the page: the recovery can be begun again
    except Exception as error:  # the page is hostile input: whatever it triggers must not stop the recovery
        fault, reason = "error", f"not readable: {type(error).__name__}: {error}"[:300]
    return outcome.model_copy(update={"outcome": fault, "reason": reason})


def archived_page(folder: Path, capture: Capture) -> tuple[bytes, str | None]:
    """Return the decoded body of a capture and its ``Content-Type``, from the archive of the bundle in ``folder``.

    Raises :class:`WarcCut` or :class:`BodyRefused` for a record that does not hold what the capture says, and
    ``OSError`` for an archive that cannot be read.
    """
    with (folder / capture.warc_file).open("rb") as stream:
        stream.seek(capture.warc_offset)
        member = stream.read(capture.warc_length)
    try:
        plain = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(member, _MAX_RECORD)
    except zlib.error as error:
        raise WarcCut(f"the record of {capture.final_url} in {capture.warc_file} is damaged ({error})") from error
    record = next(read_records(BytesIO(plain)), None)
    if record is None:
        raise WarcCut(f"there is no record at byte {capture.warc_offset} of {capture.warc_file}")
    if record.kind == "conversion":
        return record.block, record.headers.get("content-type")
    response = parse_response(record.block)
    if response is None:
        raise BodyRefused(f"the record of {capture.final_url} holds no HTTP response")
    encodings = [value for name, value in response.headers if name.lower() == b"content-encoding"]
    return decode_body(response.body, encodings), response.header("content-type")
