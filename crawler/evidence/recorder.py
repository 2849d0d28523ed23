"""Records every response at the moment it was downloaded, before any middleware touches it.

At the ``response_downloaded`` signal the body is still encoded, each hop of a redirect is seen, duplicate headers are
intact and the peer's address is known. What was made of the bytes (decoding, verdict) is decided here once.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload
from scrapy.http import HtmlResponse, Response, TextResponse, XmlResponse

from casefile.records import Capture, sha256_hex
from crawler.about import tool_version
from crawler.evidence.bundle import capture_id
from crawler.evidence.warc import Exchange, Truncation
from crawler.ledger import Skipped
from crawler.net.addresses import host_and_port
from crawler.net.bodies import MAX_BYTES, BodyRefused, Verdict, decode_body, judge

if TYPE_CHECKING:
    from crawler.market import MarketSpider

_HTML_TYPES: Final = ("text/html", "application/xhtml+xml")


class Recorder:
    """Downloader middleware and signal receiver: WARC record, capture line, decoded body."""

    def __init__(self, crawler: Crawler, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._crawler = crawler
        self._clock = clock

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build and listen."""
        recorder = cls(crawler)
        crawler.signals.connect(recorder.headers_received, signal=signals.headers_received)
        crawler.signals.connect(recorder.bytes_received, signal=signals.bytes_received)
        crawler.signals.connect(recorder.response_downloaded, signal=signals.response_downloaded)
        return recorder

    @property
    def _spider(self) -> "MarketSpider":
        spider: MarketSpider = self._crawler.spider  # type: ignore[assignment] # the only spider there is
        return spider

    def process_request(self, request: Request) -> None:
        """Ask only for content codings that can be undone within bounds."""
        if not request.meta.get("playwright"):
            request.headers[b"Accept-Encoding"] = b"gzip, deflate"
        for name in ("capture", "decoded", "body_refused", "received_bytes"):
            request.meta.pop(name, None)

    def headers_received(self, request: Request, body_length: int) -> None:
        """Stop a body that says it is too large, and keep its headers as evidence."""
        if isinstance(body_length, int) and body_length > MAX_BYTES:
            request.meta["announced_bytes"] = body_length
            raise StopDownload(fail=False)

    def bytes_received(self, data: bytes, request: Request) -> None:
        """Stop a body that has become too large, and keep what has come."""
        received = request.meta.get("received_bytes", 0) + len(data)
        request.meta["received_bytes"] = received
        if received > MAX_BYTES:
            raise StopDownload(fail=False)

    def response_downloaded(self, response: Response, request: Request) -> None:
        """Write the exchange and its capture; a run whose evidence cannot be written is ended."""
        if request.meta.get("playwright"):
            return  # the browser's page is no exchange; the spider keeps its DOM as a conversion
        spider = self._spider
        refusal = self._peer_refusal(response, request)
        if refusal is not None:
            spider.guard_failed(refusal)
            return
        try:
            self._record(response, request)
        except OSError as error:
            spider.evidence_failed(error)

    def _record(self, response: Response, request: Request) -> None:
        spider = self._spider
        fetched_at = self._clock()
        truncated = _truncation(response)
        place = spider.writer.archive.write_exchange(
            Exchange(
                url=request.url,
                fetched_at=fetched_at,
                status=response.status,
                response_headers=_header_lines(response.headers),
                body=response.body,
                method=request.method,
                request_headers=_header_lines(request.headers),
                request_body=request.body,
                protocol=response.protocol or "HTTP/1.1",
                peer_ip=str(response.ip_address) if response.ip_address else None,
                truncated=truncated,
            )
        )
        verdict, decoded = self._read(response, request, truncated)
        digest = sha256_hex(response.body)
        chain = (*request.meta.get("redirect_urls", ()),)
        capture = Capture(
            id=capture_id(request.url, fetched_at, digest),
            url=chain[0] if chain else request.url,
            final_url=request.url,
            redirects=chain,
            fetched_at=fetched_at,
            status=response.status,
            peer_ip=str(response.ip_address) if response.ip_address else None,
            certificate_sha256=certificate_digest(response.certificate),
            payload_sha256=digest,
            payload_bytes=len(response.body),
            media_type=media_type(response),
            warc_file=place.file,
            warc_offset=place.offset,
            warc_length=place.length,
            tool_version=tool_version(),
            robots=request.meta.get("robots", "allowed"),
            outcome=verdict.outcome,
            reason=verdict.reason,
        )
        spider.writer.write_capture(capture)
        spider.ledger.counts["bytes"] += len(response.body)
        request.meta.update(capture=capture, decoded=decoded)

    def process_response(self, request: Request, response: Response) -> Response:
        """Hand on the decoded body, or refuse what could not be decoded."""
        if request.meta.get("playwright"):
            return response
        capture: Capture | None = request.meta.get("capture")
        if capture is None:
            raise Skipped(f"not recorded: {self._spider.stop.reason}")
        decoded: bytes | None = request.meta.pop("decoded", None)
        if decoded is None or decoded is response.body:
            return response
        headers = response.headers.copy()
        headers.pop(b"Content-Encoding", None)
        return response.replace(body=decoded, headers=headers, cls=_response_class(response))

    def _read(self, response: Response, request: Request, truncated: Truncation | None) -> tuple[Verdict, bytes]:
        if truncated == "length":
            size = request.meta.get("announced_bytes") or request.meta.get("received_bytes", 0)
            return Verdict("error", f"the body has {size} bytes or more, the limit is {MAX_BYTES}"), b""
        try:
            decoded = decode_body(response.body, response.headers.getlist(b"Content-Encoding"))
        except BodyRefused as error:
            return Verdict("error", str(error)), b""
        verdict = judge(response.status, decoded, is_html=(media_type(response) or "text/html") in _HTML_TYPES)
        if truncated and verdict.outcome == "ok":
            return Verdict("ok", "the server cut the body short"), decoded
        return verdict, decoded

    def _peer_refusal(self, response: Response, request: Request) -> str | None:
        """Check once more, with the address that was really connected to."""
        pair = host_and_port(request.url)
        if pair is None:
            return f"{request.url} is not an http or https URL"
        if response.ip_address is None:
            # Only a download that was stopped at its headers comes without; nothing of its body was taken.
            return None if "download_stopped" in response.flags else f"the peer of {request.url} is not known"
        return self._spider.addresses.refusal(*pair, str(response.ip_address))


def _truncation(response: Response) -> Truncation | None:
    if "download_stopped" in response.flags:
        return "length"
    return "disconnect" if "dataloss" in response.flags else None


def _header_lines(headers: Any) -> tuple[tuple[bytes, bytes], ...]:  # noqa: ANN401 - scrapy.http.Headers is a dict of lists
    return tuple((name, value) for name in headers for value in headers.getlist(name))


def _response_class(response: Response) -> type[Response]:
    kind = media_type(response)
    if kind is None or kind in _HTML_TYPES:
        return HtmlResponse
    if kind.endswith(("/xml", "+xml")):
        return XmlResponse
    return TextResponse if kind.startswith("text/") else Response


def media_type(response: Response) -> str | None:
    """Return the media type of a response in lower case, without parameters."""
    value = (response.headers.get(b"Content-Type") or b"").decode("latin-1").partition(";")[0].strip().lower()
    return value or None


def certificate_digest(certificate: Any) -> str | None:  # noqa: ANN401 - twisted.internet.ssl.Certificate or None
    """Return the SHA-256 of the peer's certificate in DER form."""
    if certificate is None:
        return None
    from cryptography.hazmat.primitives.serialization import Encoding

    der: bytes = certificate.original.to_cryptography().public_bytes(Encoding.DER)
    return hashlib.sha256(der).hexdigest()
