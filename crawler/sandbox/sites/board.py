"""A trade board for bulk medicines and raw materials: forum software of old, session ids in links, one walled forum."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crawler.sandbox import sitemaps
from crawler.sandbox.catalogue import SandboxListing
from crawler.sandbox.pages import render
from crawler.sandbox.pictures import png_response
from crawler.sandbox.state import Stage

PER_PAGE: Final = 15
SESSION: Final = "5f3a9c0d17"
"""The session id the board puts into links, so that one topic has several addresses."""


class _Board:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.walled = {row.category for row in stage.shop.listings if row.section == "blocked"}

    def page(self, template: str, status: int = 200, **context: Any) -> Response:  # noqa: ANN401 - template variables
        return render(f"board/{template}", status, shop=self.stage.shop, sid=SESSION, **context)

    async def index(self, request: Request) -> Response:
        return self.page("index.html", counts={c.slug: len(self.topics(c.slug)) for c in self.stage.shop.categories})

    def topics(self, forum: str) -> list[SandboxListing]:
        """Return the topics of a forum, walled ones too."""
        return [row for row in self.stage.offers().values() if row.category == forum]

    async def forum(self, request: Request) -> Response:
        number = request.query_params.get("f", "")
        shelf = next((c for c in self.stage.shop.categories if c.slug == f"f{number}"), None)
        if shelf is None:
            return self.missing()
        if shelf.slug in self.walled:
            return self.wall()
        start_text = request.query_params.get("start", "0")
        start = int(start_text) if start_text.isascii() and start_text.isdigit() and len(start_text) < 6 else 0
        rows = self.topics(shelf.slug)
        following = start + PER_PAGE if start + PER_PAGE < len(rows) else None
        return self.page(
            "forum.html", shelf=shelf, number=number, rows=rows[start : start + PER_PAGE], following=following
        )

    async def topic(self, request: Request) -> Response:
        row = find_topic(self.stage.offers(), request.query_params.get("t", ""))
        if row is None:
            return self.missing()
        if row.section == "blocked":
            return self.wall()
        return self.page("topic.html", row=row, number=row.category.removeprefix("f"))

    async def shop_page(self, request: Request) -> Response:
        found = next((p for p in self.stage.shop.pages if p.path == request.url.path), None)
        return self.missing() if found is None else self.page("page.html", page=found)

    async def picture(self, request: Request) -> Response:
        return png_response(f"{self.stage.key}-{request.path_params['name'][:40]}")

    async def robots(self, request: Request) -> Response:
        return sitemaps.robots(self.stage.shop.robots or "", request)

    def wall(self) -> Response:
        """Answer with a challenge page: 403, a script that never ends, and no content."""
        return self.page("wall.html", 403)

    def missing(self) -> Response:
        return self.page("missing.html", 404)

    async def not_found(self, request: Request, error: Exception) -> Response:
        return self.missing()


def find_topic(offers: Mapping[str, SandboxListing], number: str) -> SandboxListing | None:
    """Return the topic with this number, whatever other parameters the address had."""
    return offers.get(f"/viewtopic.php?t={number}")


def build(stage: Stage) -> Starlette:
    """Return the application of the trade board."""
    site = _Board(stage)
    routes = [
        Route("/", site.index),
        Route("/index.php", site.index),
        Route("/robots.txt", site.robots),
        Route("/viewforum.php", site.forum),
        Route("/viewtopic.php", site.topic),
        Route("/files/{name}.png", site.picture),
        Route("/{page}.php", site.shop_page),
    ]
    return Starlette(routes=routes, exception_handlers={404: site.not_found})
