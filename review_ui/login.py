"""Signing in and out."""

from http import HTTPStatus
from typing import Final

from starlette.responses import RedirectResponse, Response

from casefile.people import (
    Person,
    close_session,
    open_session,
    redeem_login_link,
    verify_password,
)
from review_ui.access import Desk, Visit

SESSION_SECONDS: Final = 12 * 3600
"""One working day; the casefile ends the session at the same time."""


REFUSED: Final = (
    "Name or password is wrong, or the name is locked. After five wrong passwords in a row a name is locked for 30 "
    "seconds, then for twice as long each time, up to an hour; the right password does not open it sooner."
)
"""The same words whatever the reason, so that nobody learns which names exist."""


def local_path(target: str | None) -> str:
    """Return where to go after login: a path of the desk, never another host."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")) and "\\" not in target:
        return target if not any(ord(character) < 0x20 for character in target) else "/"
    return "/"


def _signed_in(desk: Desk, visit: Visit, person: Person, target: str) -> Response:
    """Open a fresh session, so that a token known before login is worth nothing after it."""
    if visit.token:
        close_session(desk.casefile, visit.token)
    answer = RedirectResponse(target, HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        desk.settings.session_cookie,
        open_session(desk.casefile, person.id),
        max_age=SESSION_SECONDS,
        path="/",
        secure=desk.settings.tls,
        httponly=True,
        samesite="lax",
    )
    return answer


def show(desk: Desk, visit: Visit) -> Response:
    """Show the login form."""
    target = local_path(visit.query("next", 2000))
    if visit.person is not None:
        return RedirectResponse(target, HTTPStatus.SEE_OTHER)
    message = "You are signed out." if visit.query("done") == "signed_out" else None
    return desk.pages.page("login.html", problem=None, message=message, name="", target=target)


def sign_in(desk: Desk, visit: Visit) -> Response:
    """Check name and password."""
    name = visit.field("name", 200) or ""
    # Not through Visit.field: blanks at the ends of a password count.
    password = (visit.form.get("password") or [""])[0]
    target = local_path(visit.field("next", 2000))
    person = verify_password(desk.casefile, name, password)
    if person is None:
        return desk.pages.page(
            "login.html", status=HTTPStatus.FORBIDDEN, problem=REFUSED, message=None, name=name, target=target
        )
    return _signed_in(desk, visit, person, target)


def show_link(desk: Desk, visit: Visit) -> Response:
    """Show the button that uses a one-time link; opening the address uses nothing: mail programs do that."""
    token = visit.query("token", 200)
    return desk.pages.page("login_link.html", token=token, problem=None if token else "The link is incomplete.")


def use_link(desk: Desk, visit: Visit) -> Response:
    """Use a one-time link."""
    person = redeem_login_link(desk.casefile, visit.field("token", 200) or "")
    if person is None:
        problem = "This link was used before, has run out or is incomplete. Ask for a new one: pharmakon user link NAME"
        return desk.pages.page("login_link.html", status=HTTPStatus.FORBIDDEN, token=None, problem=problem)
    return _signed_in(desk, visit, person, "/")


def sign_out(desk: Desk, visit: Visit) -> Response:
    """End the session on the server and drop the cookie."""
    if visit.token:
        close_session(desk.casefile, visit.token)
    answer = RedirectResponse("/login?done=signed_out", HTTPStatus.SEE_OTHER)
    answer.delete_cookie(
        desk.settings.session_cookie, path="/", secure=desk.settings.tls, httponly=True, samesite="lax"
    )
    return answer
