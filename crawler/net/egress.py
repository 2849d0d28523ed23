"""The browser's only way out: a forward proxy on loopback that applies the run's scope and address policy.

Chromium resolves and connects by itself, so the resolver guard of the crawl does not reach it. It is started with this
proxy as its only route (loopback included), and every connection, also of scripts, redirects and web sockets, is
checked here by host, port and the address that is then really connected to.
"""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from crawler.net.addresses import AddressPolicy

MAX_HEAD: Final = 64 * 1024
MAX_CONNECTION_BYTES: Final = 32 * 1024 * 1024
_CONNECT_SECONDS: Final = 10.0
_IDLE_SECONDS: Final = 60.0
_HOP_BY_HOP: Final = ("connection", "proxy-connection", "keep-alive", "proxy-authorization", "te", "upgrade")


class EgressRefused(Exception):
    """A connection the browser may not make; the message says why."""


class EgressProxy:
    """Forward proxy for one browser. ``allows`` decides on host and port, ``policy`` on the resolved address."""

    def __init__(self, allows: Callable[[str, int], bool], policy: AddressPolicy) -> None:
        self._allows = allows
        self._policy = policy
        self._server: asyncio.Server | None = None
        self.refused: Counter[str] = Counter()
        """``host:port`` and how often it was refused."""

    async def start(self) -> str:
        """Begin to listen; return the proxy's address."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MAX_HEAD)
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    async def close(self) -> None:
        """Cease to listen."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _IDLE_SECONDS)
            await self._forward(head, reader, writer)
        except EgressRefused as refusal:
            with contextlib.suppress(OSError):
                await _say(writer, 403, str(refusal))
        except (ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            with contextlib.suppress(OSError):
                await _say(writer, 400, "not a proxy request")
        except (OSError, TimeoutError) as error:
            with contextlib.suppress(OSError):
                await _say(writer, 502, f"no connection: {error}")
        finally:
            writer.close()

    async def _forward(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, _, rest = head.partition(b"\r\n")
        method, target, _version = line.decode("latin-1").split(" ", 2)
        if method.upper() == "CONNECT":
            host, port = _split_authority(target)
            upstream_reader, upstream = await self._connect(host, port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            parts = urlsplit(target)
            if parts.scheme != "http" or not parts.hostname:
                raise EgressRefused(f"scheme {parts.scheme or 'none'} is not let through")
            upstream_reader, upstream = await self._connect(parts.hostname, parts.port or 80)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            upstream.write(f"{method} {path} HTTP/1.1\r\n".encode("latin-1") + _one_request_headers(rest))
        try:
            await asyncio.gather(_pump(reader, upstream), _pump(upstream_reader, writer))
        finally:
            upstream.close()

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        name = host.lower().rstrip(".")
        if not self._allows(name, port):
            self.refused[f"{name}:{port}"] += 1
            raise EgressRefused(f"{name}:{port} does not belong to this run")
        address = await self._resolve(name, port)
        return await asyncio.wait_for(asyncio.open_connection(address, port), _CONNECT_SECONDS)

    async def _resolve(self, host: str, port: int) -> str:
        fixed = self._policy.fixed_address(host, port)
        if fixed is not None:
            return fixed
        if host.endswith(".localhost"):
            raise EgressRefused(f"{host} is a loopback name")
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        reason = f"{host} has no address"
        for *_, place in found:
            refusal = self._policy.refusal(host, port, str(place[0]))
            if refusal is None:
                return str(place[0])
            reason = refusal
        self.refused[f"{host}:{port}"] += 1
        raise EgressRefused(reason)


def _split_authority(target: str) -> tuple[str, int]:
    parts = urlsplit(f"//{target}")
    if not parts.hostname or parts.port is None:
        raise ValueError(target)
    return parts.hostname, parts.port


def _one_request_headers(block: bytes) -> bytes:
    """Return the headers for an origin server, for one request only: a second one could name another host."""
    kept = [
        line
        for line in block.split(b"\r\n")
        if line and line.partition(b":")[0].strip().lower().decode("latin-1") not in _HOP_BY_HOP
    ]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""])


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Copy until the source ends or the bound is reached."""
    left = MAX_CONNECTION_BYTES
    with contextlib.suppress(OSError, TimeoutError):
        while left > 0 and (data := await asyncio.wait_for(source.read(65536), _IDLE_SECONDS)):
            left -= len(data)
            sink.write(data)
            await sink.drain()
    with contextlib.suppress(OSError, RuntimeError):
        sink.close()


async def _say(writer: asyncio.StreamWriter, status: int, text: str) -> None:
    body = text.encode()
    writer.write(
        f"HTTP/1.1 {status} Egress\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n".encode()
        + body
    )
    await writer.drain()
