"""Walking a shop as a patient visitor would: follow links on the same host, wait out every 429."""

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import html
from starlette.testclient import TestClient

Response = Any
"""An answer of ``TestClient``: its type is that of whichever httpx is installed."""

ENDLESS = re.compile(r"^/calendar/")


def get(client: TestClient, path: str) -> Response:
    """Fetch ``path``; the throttle's two certain refusals are asked again."""
    for _ in range(3):
        answer = client.get(path)
        if answer.status_code != 429:
            break
    return answer


def select(text: str, expression: str) -> list[Any]:
    """Return the elements, attributes or texts of an HTML page that an XPath names."""
    found = html.fromstring(text).xpath(expression)
    assert isinstance(found, list)
    return found


def links(answer: Response) -> set[str]:
    """Return path and query of every link on the page that stays on the host."""
    found = set()
    for href in select(answer.text, "//a/@href"):
        target = urlsplit(urljoin(str(answer.url), str(href)))
        if target.netloc == answer.url.netloc.decode():
            found.add(target.path + (f"?{target.query}" if target.query else ""))
    return found


def walk(client: TestClient, start: str = "/", limit: int = 1500) -> dict[str, Response]:
    """Return every HTML page that can be reached by links, but for the endless calendar."""
    seen: dict[str, Response] = {}
    waiting = [start]
    while waiting and len(seen) < limit:
        path = waiting.pop()
        if path in seen or ENDLESS.match(path):
            continue
        answer = seen[path] = get(client, path)
        if answer.status_code in (301, 302) and answer.headers["location"].startswith("/"):
            waiting.append(answer.headers["location"])
        elif answer.status_code == 200 and "html" in answer.headers["content-type"]:
            waiting += links(answer) - seen.keys()
    return seen
