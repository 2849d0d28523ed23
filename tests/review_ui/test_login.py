"""Signing in: no default way in, links that work once, sessions that end on the server."""

import pytest

from casefile.people import Person, make_login_link, set_password
from casefile.store import Casefile
from review_ui.login import local_path
from tests.review_ui import scene

PASSWORD = "a long enough sentence"  # noqa: S105 - of a test


@pytest.fixture
def visitor(casefile: Casefile) -> scene.Reader:
    return scene.visitor(casefile)


def test_a_password_opens_a_session(visitor: scene.Reader, casefile: Casefile, ada: Person) -> None:
    set_password(casefile, ada.id, PASSWORD, actor="test")
    answer = visitor.submit("/login", name="Ada", password=PASSWORD, next="/cases")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize(("name", "password"), [("Ada", "wrong"), ("Nobody", PASSWORD), ("", ""), ("Ada", "")])
def test_a_wrong_name_and_a_wrong_password_look_the_same(
    visitor: scene.Reader, casefile: Casefile, ada: Person, name: str, password: str
) -> None:
    set_password(casefile, ada.id, PASSWORD, actor="test")
    answer = visitor.submit("/login", name=name, password=password)
    assert answer.status_code == 403
    assert "Name or password is wrong, or the name is locked" in answer.text
    assert "set-cookie" not in answer.headers


def test_nobody_has_a_password_until_one_is_set(visitor: scene.Reader, ada: Person) -> None:
    assert visitor.submit("/login", name="Ada", password="").status_code == 403


def test_opening_a_link_does_not_use_it_and_its_button_uses_it_once(
    visitor: scene.Reader, casefile: Casefile, ada: Person
) -> None:
    token = make_login_link(casefile, ada.id, actor="test")
    for _ in range(3):
        page = visitor.get(f"/login/link?token={token}")
        assert page.status_code == 200
        assert "set-cookie" not in page.headers
    assert visitor.submit("/login/link", token=token).status_code == 303
    again = scene.visitor(casefile).submit("/login/link", token=token)
    assert again.status_code == 403
    assert "pharmakon user link" in again.text


def test_signing_out_ends_the_session_on_the_server(reader: scene.Reader, casefile: Casefile) -> None:
    stolen = dict(reader.cookies)
    assert reader.submit("/logout").headers["location"] == "/login?done=signed_out"
    thief = scene.visitor(casefile)
    thief.cookies.update(stolen)
    assert thief.get("/", follow_redirects=False).headers["location"] == "/login"


def test_a_token_known_before_login_is_worth_nothing_after(
    visitor: scene.Reader, casefile: Casefile, ada: Person
) -> None:
    visitor.cookies.set("pharmakon", "planted")
    visitor.submit("/login/link", token=make_login_link(casefile, ada.id, actor="test"))
    thief = scene.visitor(casefile)
    thief.cookies.set("pharmakon", "planted")
    assert thief.get("/", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("target", "where"),
    [
        ("/cases", "/cases"),
        ("/item/x?q=a", "/item/x?q=a"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/a\r\nset-cookie: x=1", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_login_leads_to_the_desk_and_nowhere_else(target: str | None, where: str) -> None:
    assert local_path(target) == where
