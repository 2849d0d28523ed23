"""Starting and stopping the sandbox: one uvicorn server in a thread, one loopback port per site.

with start_sandbox() as sandbox:
crawl(sandbox.start_urls["rogue"])
sandbox.generation = 2          # some listings vanish, some change
assert not sandbox.tripwire_hits
"""

import contextlib
import errno
import socket
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import uvicorn
from starlette.types import ASGIApp

from crawler.sandbox.catalogue import DATA, SITE_KEYS, SandboxError, load_catalogue
from crawler.sandbox.listings_file import ListingsFile, load_listings
from crawler.sandbox.sites import shop
from crawler.sandbox.state import Hit, MarketState
from crawler.sandbox.switch import NAME_SUFFIX, TRIPWIRE, build_market, one_application

HOST: Final = "127.0.0.1"
"""The only address the sandbox ever listens on."""
SHOP: Final = "shop"
"""Key of the one site that serves a listings file."""
START_SECONDS: Final = 20.0
STOP_SECONDS: Final = 10.0


class _Server(uvicorn.Server):
    """A uvicorn server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the sockets, then wake whoever waits."""
        await super().startup(sockets=sockets)
        self.listening.set()


class RunningSandbox:
    """The sandbox while it serves. Use it as a context manager, or call :meth:`stop`."""

    def __init__(
        self,
        server: _Server,
        sockets: Sequence[socket.socket],
        *,
        start_urls: Mapping[str, str],
        tripwire_url: str | None,
        state: MarketState,
        listings_file: ListingsFile | None,
    ) -> None:
        """Start to serve on ``sockets``; use :func:`start_sandbox` instead."""
        self.start_urls = dict(start_urls)
        """Site key to the address a crawl starts from."""
        self.tripwire_url = tripwire_url
        """Origin that the sites link and redirect to and that no crawl may reach."""
        self.listings_file = listings_file
        """What was read from a served catalogue file, if one is served."""
        self._state = state
        self._server = server
        self._thread = threading.Thread(target=server.run, args=(list(sockets),), name="pharmakon-sandbox", daemon=True)
        self._thread.start()

    @property
    def generation(self) -> int:
        """Which crawl of the story the shops are in; set it to let listings vanish, appear and change."""
        return self._state.generation

    @generation.setter
    def generation(self, value: int) -> None:
        self._state.generation = value

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Requests so far, oldest first (the last 200,000)."""
        return tuple(self._state.hits)

    @property
    def tripwire_hits(self) -> tuple[Hit, ...]:
        """Requests that left the allowed origins; a safe crawl makes none."""
        return tuple(hit for hit in self._state.hits if hit.site == TRIPWIRE)

    def stop(self) -> None:
        """Stop serving and free the ports; calling it again does nothing."""
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)

    def __enter__(self) -> Self:
        """Return the running sandbox."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self.stop()


def _listen(port: int, site: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise SandboxError(
                f"port {port} on {HOST} (for the site {site!r}) is in use; stop the program that holds it, "
                "or give another --port (0 takes free ones)"
            ) from error
        raise SandboxError(
            f"cannot listen on {HOST}:{port}: {error}; give a --port from 1024 to 65000, or 0"
        ) from error
    return listener


def _listen_all(sites: Sequence[str], base: int) -> dict[str, socket.socket]:
    """Bind one port per site, from ``base`` upwards, or any free ones when it is 0."""
    listeners: dict[str, socket.socket] = {}
    try:
        for offset, site in enumerate(sites):
            listeners[site] = _listen(base + offset if base else 0, site)
    except SandboxError:
        for listener in listeners.values():
            listener.close()
        raise
    return listeners


def _check_names(sites: Sequence[str]) -> None:
    """Refuse host names on a system that does not resolve ``*.localhost`` to this machine."""
    for site in sites:
        try:
            found = {info[4][0] for info in socket.getaddrinfo(site + NAME_SUFFIX, None, socket.AF_INET)}
        except OSError:
            found = set()
        if found != {HOST}:
            raise SandboxError(
                f"this system does not resolve {site}{NAME_SUFFIX} to {HOST}; leave out --names, "
                f"or add it to the hosts file"
            )


def start_sandbox(
    catalogue: Path | Sequence[Path] | None = None,
    ports: int = 0,
    *,
    generation: int = 1,
    names: bool = False,
    folder: Path = DATA,
) -> RunningSandbox:
    """Serve the six shops, or listings files, on loopback until stopped; returns once every port listens.

    Args:
        catalogue: listings files (JSONL, also ``.gz``) to serve as one shop instead of the six.
        ports: first port; the sites take it and the ones after it. 0 takes any free ports.
        generation: 1 for the first crawl of the story; see :attr:`RunningSandbox.generation`.
        names: serve all sites on one port under ``<site>.localhost`` instead of on a port each.
        folder: where the catalogue of the six shops lies.

    Raises:
        SandboxError: a port is in use, or a catalogue cannot be read.
    """
    state = MarketState(generation=generation)
    sites: dict[str, ASGIApp]
    listings_file: ListingsFile | None = None
    listeners: dict[str, socket.socket]
    if catalogue is not None:
        listings_file = load_listings([catalogue] if isinstance(catalogue, Path) else list(catalogue))
        listeners = _listen_all([SHOP], ports)
        sites = {SHOP: shop.build(listings_file)}
    else:
        shops = load_catalogue(folder)
        if names:
            _check_names(SITE_KEYS)
        listeners = _listen_all(["all sites", TRIPWIRE] if names else [*SITE_KEYS, TRIPWIRE], ports)
        tripwire = f"http://{HOST}:{listeners[TRIPWIRE].getsockname()[1]}"
        sites = build_market(shops, state, tripwire_origin=tripwire)
    numbers = {site: listener.getsockname()[1] for site, listener in listeners.items()}
    start_urls: dict[str, str]
    if names and catalogue is None:
        start_urls = {site: f"http://{site}{NAME_SUFFIX}:{numbers['all sites']}/" for site in SITE_KEYS}
    else:
        start_urls = {site: f"http://{HOST}:{port}/" for site, port in numbers.items() if site != TRIPWIRE}
    application = one_application(sites, {port: site for site, port in numbers.items()}, state)
    server = _Server(
        uvicorn.Config(
            application, log_config=None, access_log=False, lifespan="off", ws="none", loop="asyncio",
            server_header=False, timeout_graceful_shutdown=1,
        )
    )  # fmt: skip
    tripwire_url = f"http://{HOST}:{numbers[TRIPWIRE]}/" if TRIPWIRE in numbers else None
    running = RunningSandbox(
        server, list(listeners.values()), start_urls=start_urls, tripwire_url=tripwire_url, state=state,
        listings_file=listings_file,
    )  # fmt: skip
    if not server.listening.wait(START_SECONDS):
        running.stop()
        with contextlib.suppress(OSError):
            for listener in listeners.values():
                listener.close()
        raise SandboxError(
            f"the sandbox did not start within {START_SECONDS:.0f} seconds; the machine may be overloaded"
        )
    return running
