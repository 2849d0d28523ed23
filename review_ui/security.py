"""What stands before every route: known host names, requests from the desk's own pages, headers, bounded bodies."""

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from review_ui.settings import DeskSettings, host_of

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

SECURITY_HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})


def add_security_headers(headers: MutableHeaders, *, tls: bool) -> None:
    """Put the headers every answer carries; nothing is kept in a cache unless the route says so itself."""
    for name, value in SECURITY_HEADERS.items():
        headers[name] = value
    headers.setdefault("cache-control", "no-store")
    if tls:
        headers["strict-transport-security"] = "max-age=31536000"


class SecurityHeaders:
    """Adds the headers to every answer of what it wraps."""

    def __init__(self, app: ASGIApp, *, settings: DeskSettings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the headers added when the answer starts."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_security_headers(MutableHeaders(scope=message), tls=self.settings.tls)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class HostGuard:
    """Refuses a request that is addressed to a name the desk was not told to answer to."""

    def __init__(self, app: ASGIApp, *, settings: DeskSettings) -> None:
        self.app = app
        self.hostnames = settings.hostnames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 421."""
        if scope["type"] == "http":
            names = [value for name, value in scope["headers"] if name == b"host"]
            if len(names) != 1 or host_of(names[0].decode("latin-1")) not in self.hostnames:
                answer = PlainTextResponse(
                    "This desk does not answer to that host name.\n"
                    "Open the address that 'pharmakon serve' printed, or start it with --hostname NAME.\n",
                    status_code=421,
                )
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


def from_own_page(headers: Headers) -> bool:
    """Tell whether a request that changes something was sent by one of the desk's own pages.

    ``Sec-Fetch-Site`` is set by the browser and cannot be set by a page; where a browser does not send it, ``Origin``
    must name the host the request is addressed to. A request with neither is refused: no browser in use sends that.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""


class OriginGuard:
    """Refuses a change that another site's page asks for in the name of a signed-in person (CSRF)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 403."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and not from_own_page(Headers(scope=scope)):
            answer = PlainTextResponse(
                "Refused: this change was not asked for by a page of the desk. Open the desk and try again there.\n",
                status_code=403,
            )
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)


class BodyTooLarge(Exception):
    """A request body is larger than the desk reads."""


async def bounded_body(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    """Return a request body of at most ``limit`` bytes; raises :class:`BodyTooLarge` before more is kept."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(f"a form may hold at most {limit} bytes")
    return bytes(body)
