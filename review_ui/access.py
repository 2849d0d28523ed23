"""Who may open what: every route names the permission it needs, and nothing answers without one.

A screen is a plain function ``(desk, visit) -> Response`` that runs in a worker thread, since the casefile is SQLite
and blocks. It never sees a request of someone who lacks the route's permission.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from casefile.people import Person, session_person
from casefile.permissions import allowed
from casefile.store import Casefile
from review_ui.security import BodyTooLarge, bounded_body
from review_ui.settings import DeskSettings

if TYPE_CHECKING:
    from casefile.batches import Batch
    from review_ui.explanation import Explain
    from review_ui.registers import AskRegisters
    from review_ui.render import Pages

logger = logging.getLogger(__name__)

RoutePermission = Literal["open", "signed_in", "read", "decide", "refer"]
"""``open``: before login; ``signed_in``: any active person; the others as in ``casefile.permissions``."""

FORM_BYTES: Final = 160 * 1024
"""The largest form is a decision with a note of 10,000 characters, each up to 12 bytes in a form's encoding."""
FORM_FIELDS: Final = 200


@dataclass(frozen=True)
class Desk:
    """What every screen may use."""

    casefile: Casefile
    settings: DeskSettings
    pages: "Pages"
    explain: "Explain | None" = None
    """What explains a listing's risk, where the desk was given it."""
    registers: "AskRegisters | None" = None
    """What asks the official registers, where the desk was given it."""
    prevalence: "Callable[[Sequence[Batch]], str] | None" = None
    """What says, from the random part of batches alone, how common true cases are, where the desk was given it."""


@dataclass(frozen=True)
class Visit:
    """One request by one person."""

    request: Request
    person: Person | None = None
    token: str | None = None
    """Session token as the cookie gave it."""
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def reader(self) -> Person:
        """The person, on routes that need one; raises 401 otherwise."""
        if self.person is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        return self.person

    def query(self, name: str, limit: int = 500) -> str | None:
        """Return a query parameter without surrounding blanks; absent, empty and over-long are None."""
        value = (self.request.query_params.get(name) or "").strip()
        return value if value and len(value) <= limit else None

    def field(self, name: str, limit: int = 500) -> str | None:
        """Return a form field without surrounding blanks; absent and empty are None; over-long raises 400."""
        value = (self.form.get(name) or [""])[0].strip()
        if len(value) > limit:
            raise HTTPException(
                HTTPStatus.BAD_REQUEST, f"Field '{name}' holds more than {limit} characters; shorten it."
            )
        return value or None

    @property
    def wants_json(self) -> bool:
        """Whether the desk's own script asks, which swaps the next item in without loading a page."""
        return self.request.headers.get("accept") == "application/json"


Screen = Callable[[Desk, Visit], Response]


def parse_form(content_type: str | None, body: bytes) -> dict[str, list[str]]:
    """Read an ``application/x-www-form-urlencoded`` body; raises 415 for another type and 400 for a broken one."""
    if not body:
        return {}
    if (content_type or "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The desk reads plain forms only.")
    form: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS, errors="strict"
        ):
            form.setdefault(name, []).append(value)
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The form could not be read: it must be UTF-8 text.") from None
    return form


def login_redirect(request: Request) -> Response:
    """Send a person who is not signed in to the login page, and back here afterwards where that is a plain read."""
    back = ""
    if request.method == "GET" and request.url.path != "/":
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = f"?next={quote(target, safe='')}"
    return RedirectResponse(f"/login{back}", HTTPStatus.SEE_OTHER)


class GuardedRoute(Route):
    """A route that names its permission and checks it before its screen runs."""

    def __init__(
        self, path: str, screen: Screen, *, permission: RoutePermission, desk: Desk, methods: Sequence[str] = ("GET",)
    ) -> None:
        self.permission = permission
        self._screen = screen
        self._desk = desk
        super().__init__(path, self._answer, methods=methods, name=f"{screen.__module__}.{screen.__name__}")

    async def _answer(self, request: Request) -> Response:
        form: dict[str, list[str]] = {}
        if request.method == "POST":
            try:
                body = await bounded_body(request.stream(), FORM_BYTES)
            except BodyTooLarge as error:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"Refused: {error}.") from None
            form = parse_form(request.headers.get("content-type"), body)
        return await run_in_threadpool(self._serve, request, form)

    def _serve(self, request: Request, form: Mapping[str, Sequence[str]]) -> Response:
        token = request.cookies.get(self._desk.settings.session_cookie)
        person = session_person(self._desk.casefile, token) if token else None
        # Kept for the error pages, which show the navigation only to a person who is signed in.
        request.state.person = person
        if self.permission != "open":
            if person is None:
                if request.headers.get("accept") == "application/json":
                    raise HTTPException(HTTPStatus.UNAUTHORIZED, "Your session has ended. Sign in again.")
                return login_redirect(request)
            if self.permission != "signed_in" and not allowed(person, self.permission):
                raise HTTPException(HTTPStatus.FORBIDDEN, "Your role does not allow this. Ask an admin for the role.")
        return self._screen(self._desk, Visit(request, person, token, form))
