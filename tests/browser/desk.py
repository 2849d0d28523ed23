"""The desk in a real Chromium: a served casefile, and pages that write down each request, dialog and fault."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page

from casefile.people import Person, make_login_link
from casefile.store import Casefile
from review_ui.app import create_app

SHOTS = Path(__file__).parent / "shots"


@contextmanager
def served(casefile: Casefile) -> Iterator[str]:
    """Serve a casefile's desk on a free loopback port while the block runs; yields its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(casefile), log_level="error", ws="none", lifespan="off"))
        started = threading.Event()
        thread = threading.Thread(target=_run, args=(server, listening, started), daemon=True)
        thread.start()
        started.wait(10)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def _run(server: uvicorn.Server, listening: socket.socket, started: threading.Event) -> None:
    listening.listen(128)
    started.set()
    server.run(sockets=[listening])


@dataclass
class Watched:
    """A page and what it did: whoever reads hostile text must see nothing run and nothing fetched from elsewhere."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def outside(self) -> list[str]:
        """Return the requests that did not go to the desk."""
        return [url for url in self.requests if f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" != self.address]

    def shot(self, name: str) -> Path:
        """Take a picture of the whole page under ``shots/``."""
        SHOTS.mkdir(exist_ok=True)
        path = SHOTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=True)
        return path

    def sign_in(self, casefile: Casefile, person: Person) -> None:
        """Sign in by pressing the button of a one-time link."""
        token = make_login_link(casefile, person.id, actor="test")
        self.page.goto(f"{self.address}/login/link?token={token}")
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{self.address}/")


@contextmanager
def watched(browser: Browser, address: str, **options: Any) -> Iterator[Watched]:
    """Open a page in a context of its own and watch it."""
    context: BrowserContext = browser.new_context(**options)
    context.set_default_timeout(10_000)
    page = context.new_page()
    seen = Watched(page, address)
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("pageerror", lambda error: seen.faults.append(str(error)))

    def note(dialog: Dialog) -> None:
        seen.dialogs.append(dialog.message)
        dialog.dismiss()

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            seen.faults.append(message.text)

    page.on("dialog", note)
    page.on("console", console)
    try:
        yield seen
    finally:
        context.close()
