"""The desk as an ASGI application: its routes, each with its permission, behind the guards."""

import contextlib
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from casefile.batches import Batch
from casefile.decisions import follow_policy
from casefile.policy import PolicyError
from casefile.store import Casefile, CasefileError
from review_ui import batches, capture, cases, decide, explanation, item, keys, login, queue, static_files
from review_ui.access import Desk, GuardedRoute, RoutePermission, Screen
from review_ui.errors import ErrorPages
from review_ui.registers import AskRegisters
from review_ui.render import Pages
from review_ui.security import HostGuard, OriginGuard, SecurityHeaders
from review_ui.settings import DeskSettings

ROUTES: Sequence[tuple[str, str, RoutePermission, Screen]] = (
    ("GET", "/static/{name}", "open", static_files.show),
    ("GET", "/login", "open", login.show),
    ("POST", "/login", "open", login.sign_in),
    ("GET", "/login/link", "open", login.show_link),
    ("POST", "/login/link", "open", login.use_link),
    ("POST", "/logout", "signed_in", login.sign_out),
    ("GET", "/keys", "signed_in", keys.show),
    ("GET", "/", "read", queue.show),
    ("GET", "/start", "read", queue.start),
    ("GET", "/item", "read", item.show),
    ("GET", "/item/{listing_id}", "read", item.show),
    ("GET", "/text", "read", item.show_text),
    ("GET", "/explanation", "read", explanation.show),
    ("GET", "/capture", "read", capture.show),
    ("GET", "/screenshot", "read", capture.show_screenshot),
    ("POST", "/decide", "decide", decide.record),
    ("POST", "/undo", "decide", decide.undo),
    ("GET", "/batches", "read", batches.show_all),
    ("GET", "/batch", "read", batches.show),
    ("GET", "/batch/start", "read", batches.start),
    ("GET", "/cases", "read", cases.show),
    ("GET", "/case", "read", cases.show_case),
    ("POST", "/case/refer", "refer", cases.refer),
    ("GET", "/case/package", "refer", cases.download),
)
"""Method, path, permission, screen. A path that is not here does not answer."""


def create_app(
    casefile: Casefile,
    *,
    settings: DeskSettings | None = None,
    explain: explanation.Explain | None = None,
    registers: AskRegisters | None = None,
    prevalence: Callable[[Sequence[Batch]], str] | None = None,
) -> Starlette:
    """Return the desk over an open casefile, its review states brought in line with the policy file.

    ``explain`` says why a listing has its risk; it is called in worker threads, when somebody asks.
    ``registers`` asks the official registers of the casefile about a listing, in worker threads too.
    ``prevalence`` puts into words what the random part of batches says of all listings.
    """
    # a faulty policy file is shown on every page by the shell; the states then stay as they are
    with contextlib.suppress(PolicyError):
        follow_policy(casefile, actor="serve")
    desk = Desk(casefile, settings or DeskSettings(), Pages(), explain, registers, prevalence)
    errors = ErrorPages(desk)
    return Starlette(
        routes=[
            GuardedRoute(path, screen, permission=permission, desk=desk, methods=(method,))
            for method, path, permission, screen in ROUTES
        ],
        middleware=[
            Middleware(SecurityHeaders, settings=desk.settings),
            Middleware(HostGuard, settings=desk.settings),
            Middleware(OriginGuard),
        ],
        exception_handlers={
            HTTPException: errors.refused,
            CasefileError: errors.casefile_failed,
            Exception: errors.broken,
        },
    )
