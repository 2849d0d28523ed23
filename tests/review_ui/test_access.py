"""Nobody reaches a screen without its permission, and no page of another site acts in a person's name."""

from pathlib import Path

import pytest
from starlette.routing import BaseRoute

from casefile.people import Person, disable_person
from casefile.permissions import PERMISSIONS
from casefile.store import Casefile
from review_ui.access import FORM_BYTES, GuardedRoute
from review_ui.app import create_app
from review_ui.security import SECURITY_HEADERS
from review_ui.settings import DeskSettings
from tests.review_ui import scene

OPEN_PATHS = {"/static/{name}", "/login", "/login/link"}


def routes(casefile: Casefile) -> list[BaseRoute]:
    return list(create_app(casefile).routes)


def test_every_route_declares_a_permission_that_exists(casefile: Casefile) -> None:
    for route in routes(casefile):
        assert isinstance(route, GuardedRoute), f"{route} answers without a permission"
        assert route.permission in {"open", "signed_in", *PERMISSIONS}
        if route.permission == "open":
            assert route.path in OPEN_PATHS


def test_a_stranger_is_sent_to_the_login_page_by_every_other_route(casefile: Casefile) -> None:
    stranger = scene.visitor(casefile)
    for route in routes(casefile):
        assert isinstance(route, GuardedRoute)
        if route.permission == "open":
            continue
        path = route.path.replace("{listing_id}", "x")
        for method in route.methods or set():
            answer = stranger.request(method, path, headers={"sec-fetch-site": "same-origin"}, follow_redirects=False)
            assert (answer.status_code, answer.headers["location"][:6]) == (303, "/login"), f"{method} {path}"


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("investigator", {"read", "decide"}),
        ("reviewer", {"read", "decide", "refer"}),
        ("exporter", {"read", "refer"}),
        ("auditor", set()),
        ("admin", set()),
    ],
)
def test_a_role_opens_its_own_routes_and_no_other(casefile: Casefile, role: str, may: set[str]) -> None:
    reader = scene.signed_in(casefile, scene.person(casefile, role, role))
    for route in routes(casefile):
        assert isinstance(route, GuardedRoute)
        if route.permission in ("open", "signed_in"):
            continue
        for method in route.methods or set():
            answer = reader.request(
                method,
                route.path.replace("{listing_id}", "x"),
                headers={"sec-fetch-site": "same-origin"},
                follow_redirects=False,
            )
            assert (answer.status_code == 403) == (route.permission not in may), f"{method} {route.path}"


def test_a_disabled_person_is_out_at_the_next_click(reader: scene.Reader, casefile: Casefile, ada: Person) -> None:
    assert reader.get("/").status_code == 200
    disable_person(casefile, ada.name, actor="test")
    assert reader.get("/", follow_redirects=False).headers["location"] == "/login"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost.evil.example"},
        {"sec-fetch-site": "cross-site", "origin": "http://localhost"},
    ],
)
def test_a_change_asked_for_elsewhere_is_refused(
    reader: scene.Reader, casefile: Casefile, headers: dict[str, str]
) -> None:
    answer = reader.post(
        "/decide", data={"listing": "listing-000000", "version": "1", "verdict": "reject"}, headers=headers
    )
    assert answer.status_code == 403
    assert "not asked for by a page of the desk" in answer.text
    from casefile.decisions import history

    assert history(casefile, "listing-000000") == []


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": "http://localhost"}])
def test_a_change_from_the_desks_own_page_is_taken(reader: scene.Reader, headers: dict[str, str]) -> None:
    answer = reader.post(
        "/decide",
        data={"listing": "listing-000000", "version": "1", "verdict": "reject"},
        headers=headers,
        follow_redirects=False,
    )
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "localhost@evil.example"]
)
def test_an_unknown_host_name_gets_nothing(reader: scene.Reader, host: str) -> None:
    answer = reader.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "--hostname" in answer.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000"])
def test_loopback_names_are_answered_on_any_port(reader: scene.Reader, host: str) -> None:
    assert reader.get("/login", headers={"host": host}).status_code == 200


def test_every_answer_carries_the_security_headers(reader: scene.Reader) -> None:
    for path in ("/", "/login", "/nothing-here", "/item/none", "/static/desk.css", "/screenshot?id=capture-run-1"):
        answer = reader.get(path)
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name] == value, f"{path} lacks {name}"
    assert (
        reader.get("/", headers={"host": "evil.example"})
        .headers["content-security-policy"]
        .startswith("default-src 'none'")
    )
    assert reader.post("/decide").headers["x-content-type-options"] == "nosniff"


def test_pages_are_never_cached_and_static_files_are(reader: scene.Reader) -> None:
    page = reader.get("/")
    assert page.headers["cache-control"] == "no-store"
    style = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in reader.get(style).headers["cache-control"]
    assert reader.get("/static/desk.css").headers["cache-control"] == "no-cache"
    assert reader.get("/static/../app.py").status_code == 404
    assert reader.get("/static/%2e%2e%2fapp.py").status_code == 404


def test_a_fault_of_the_desk_shows_nothing_of_the_machine_and_keeps_its_headers(
    reader: scene.Reader, casefile: Casefile, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("secret path /home/ada")

    monkeypatch.setattr("review_ui.queue.page", break_down)
    quiet = scene.Reader(create_app(casefile), base_url="http://localhost", raise_server_exceptions=False)
    quiet.cookies.update(reader.cookies)
    answer = quiet.get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"] == SECURITY_HEADERS["content-security-policy"]


def test_an_oversized_form_is_refused_before_it_is_read(reader: scene.Reader) -> None:
    answer = reader.submit("/decide", listing="listing-000000", version="1", verdict="reject", note="x" * FORM_BYTES)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("application/x-www-form-urlencoded", b"a=%ff", 400),
        ("application/x-www-form-urlencoded", b"\xff=1", 400),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(500)), 400),
    ],
)
def test_a_form_of_another_shape_is_refused(reader: scene.Reader, content_type: str, body: bytes, status: int) -> None:
    headers = {"content-type": content_type, "sec-fetch-site": "same-origin"}
    assert reader.post("/decide", content=body, headers=headers).status_code == status


def test_over_tls_the_session_cookie_is_bound_to_the_host(casefile: Casefile, ada: Person, tmp_path: Path) -> None:
    settings = DeskSettings(hostnames=frozenset({"localhost"}), tls=True)
    reader = scene.visitor(casefile, settings)
    from casefile.people import make_login_link

    answer = reader.submit("/login/link", token=make_login_link(casefile, ada.id, actor="test"))
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-pharmakon=")
    for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie
    assert "max-age" in answer.headers["strict-transport-security"]
