"""A port no crawl may ever reach: other sites link and redirect to it, and it counts who came."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


async def _caught(request: Request) -> Response:
    return PlainTextResponse("This origin was in no start URL. A crawler that reads this has left its bounds.\n")


def build() -> Starlette:
    """Return an application that answers every path; the log of the sandbox keeps the requests."""
    return Starlette(routes=[Route("/{rest:path}", _caught)])
