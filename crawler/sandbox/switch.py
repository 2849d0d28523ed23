"""The whole loopback market as one ASGI application: picks the site by host name or by the port that was asked."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crawler.sandbox.catalogue import Shop, SiteKey
from crawler.sandbox.sites import app, board, classifieds, market, pharmacy, rogue, tripwire
from crawler.sandbox.state import Hit, MarketState, Stage

TRIPWIRE: Final = "tripwire"
NAME_SUFFIX: Final = ".localhost"


class SiteSwitch:
    """Hands a request to its site: ``<site>.localhost`` by name, anything else by the local port it came in on.

    The port is the socket's own, not the one in the Host header, so a forged header cannot reach another site.
    """

    def __init__(self, sites: Mapping[str, ASGIApp], ports: Mapping[int, str], state: MarketState) -> None:
        """``ports`` gives the site served on each port; it may be filled in after this call."""
        self._sites = sites
        self._ports = ports
        self._state = state

    def site_of(self, scope: Scope) -> str | None:
        """Return the key of the site a request is for."""
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
        name = host.rsplit(":", 1)[0].lower()
        if name.endswith(NAME_SUFFIX) and name.removesuffix(NAME_SUFFIX) in self._sites:
            return name.removesuffix(NAME_SUFFIX)
        server = scope.get("server")
        return self._ports.get(server[1]) if server else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and log it."""
        if scope["type"] != "http":
            return
        key = self.site_of(scope)
        site = self._sites.get(key) if key else None
        if key is None or site is None:
            site = PlainTextResponse("No site of the sandbox is served under this name.\n", status_code=421)
            key = "unknown"
        query = scope["query_string"].decode("latin-1")
        path = scope["path"] + (f"?{query}" if query else "")
        agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")

        async def logged(message: Message) -> None:
            if message["type"] == "http.response.start":
                hit = Hit(site=key, path=path, status=message["status"], agent=agent.decode("latin-1")[:200])
                self._state.hits.append(hit)
            await send(message)

        await site(scope, receive, logged)


def build_market(
    shops: Mapping[SiteKey, Shop],
    state: MarketState,
    *,
    tripwire_origin: str,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, ASGIApp]:
    """Return the application of each shop, and of the tripwire, by key; ``clock`` drives the throttle of one."""
    stages = {key: Stage(shop, state) for key, shop in shops.items()}
    return {
        "pharmacy": pharmacy.build(stages["pharmacy"]),
        "rogue": rogue.build(stages["rogue"], tripwire_origin),
        "market": market.build(stages["market"], clock),
        "classifieds": classifieds.build(stages["classifieds"]),
        "board": board.build(stages["board"]),
        "app": app.build(stages["app"]),
        TRIPWIRE: tripwire.build(),
    }


def one_application(sites: Mapping[str, ASGIApp], ports: Mapping[int, str], state: MarketState) -> Starlette:
    """Return the Starlette application that serves all ``sites``."""
    return Starlette(routes=[Mount("/", SiteSwitch(sites, ports, state))])
