"""A small HTTP server on loopback whose pages are plain data: what the tests of the crawl are made on."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Answer:
    """What the server sends for one path."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "text/html; charset=utf-8"
    delay: float = 0.0
    chunks: int = 0
    """Send the body this many times over, without saying how long it is."""


Page = Answer | str | Callable[["Visit"], Answer | str]


@dataclass(frozen=True)
class Visit:
    """One request that arrived."""

    path: str
    at: float
    """Monotonic seconds."""
    headers: Mapping[str, str]


class LocalSite:
    """Serves ``pages`` on a free loopback port; ``visits`` lists who came. Use as a context manager."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self.pages = dict(pages)
        self.visits: list[Visit] = []
        site = self

        class _Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                visit = Visit(
                    self.path, time.monotonic(), {name.lower(): value for name, value in self.headers.items()}
                )
                site.visits.append(visit)
                answer = site.answer(visit)
                try:
                    self._send(answer)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the crawler had enough

            def _send(self, answer: Answer) -> None:
                if answer.delay:
                    threading.Event().wait(answer.delay)
                body = answer.body.encode() if isinstance(answer.body, str) else answer.body
                self.send_response(answer.status)
                if answer.media_type:
                    self.send_header("Content-Type", answer.media_type)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.chunks:
                    self.send_header("Connection", "close")
                elif "Content-Length" not in answer.headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for _ in range(answer.chunks or 1):
                    self.wfile.write(body)
                if answer.chunks or answer.headers.get("Connection") == "close":
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        return self.origin + path

    @property
    def paths(self) -> list[str]:
        """Paths asked for, in order."""
        return [visit.path for visit in self.visits]

    def answer(self, visit: Visit) -> Answer:
        page = self.pages.get(visit.path)
        if callable(page):
            page = page(visit)
        if page is None:
            return Answer("<h1>Not found</h1>", status=404)
        return page if isinstance(page, Answer) else Answer(page)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def product_page(name: str, price: str = "19.90", currency: str = "EUR", links: str = "") -> str:
    """Return a product page with JSON-LD."""
    return f"""<!doctype html><html lang="en"><head><title>{name}</title>
    <script type="application/ld+json">{{"@context":"https://schema.org","@type":"Product","name":"{name}",
    "description":"Tablets, blister of ten.","sku":"{name}","offers":{{"@type":"Offer","price":"{price}",
    "priceCurrency":"{currency}","availability":"https://schema.org/InStock"}}}}</script></head>
    <body><h1>{name}</h1><p>{price} {currency}</p>{links}</body></html>"""


def links_page(*paths: str, title: str = "Shop") -> str:
    """Return a page that links to ``paths``."""
    rows = "".join(f'<li><a href="{path}">{path}</a></li>' for path in paths)
    return f"<!doctype html><html lang='en'><head><title>{title}</title></head><body><ul>{rows}</ul></body></html>"
