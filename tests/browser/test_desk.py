"""The desk as people use it, in a real Chromium: by key, without script, and with hostile text on every screen."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from casefile.assessments import save_assessments
from casefile.decisions import history
from casefile.listings import get_listing
from casefile.people import Person
from casefile.records import Listing
from casefile.store import Casefile
from review_ui.item_address import item_path
from tests.browser import desk
from tests.casefile.making import site
from tests.review_ui import scene

pytestmark = pytest.mark.browser

HOSTILE = {
    "script": "<script>alert('owned')</script><img src=https://evil.example/x onerror=alert(1)>",
    "svg": "<svg onload=alert(2)><use href=https://evil.example/x.svg#a></svg>",
    "css": "</style><style>@import url(https://evil.example/x.css);body{display:none}</style>"
    "<link rel=stylesheet href=//evil.example/y>",
    "attribute": "\" onmouseover=\"alert(3)\" autofocus onfocus='alert(4)' style=\"background:url(https://evil.example/z)",
    "link": "javascript:alert(5) data:text/html,<script>alert(6)</script> https://evil.example/click",
    "template": "{{ 7*7 }} {% include '/etc/passwd' %} ${7*7} <%= 7*7 %> #{7*7}",
    "formula": "=HYPERLINK(\"https://evil.example\",\"x\") +1+1 @SUM(A1) -2",
    "bidi": "\u202e\u2066gnp.exe\u2069 \u200f\u200b\ufeff \U000e0041 \u0000",
    "entity": "&lt;script&gt;alert(7)&lt;/script&gt; &#60;img src=x onerror=alert(8)&#62; &amp;amp;",
    "base": "<base href=https://evil.example/><meta http-equiv=refresh content='0;url=https://evil.example/'>"
    "<iframe srcdoc='<script>alert(9)</script>'>",
    "form": "</textarea></form><form action=https://evil.example/><button autofocus>c</button>",
    "closing": "--></title></script></main></body></html><h1>gone</h1>",
}  # fmt: skip


def hostile_listing(number: int, text: str) -> Listing:
    """Return a listing with the same hostile text in every field that takes text."""
    clean = text.replace("\x00", "")
    return scene.shop_listing(
        number,
        id=f"h{number}",
        title=clean,
        description=f"{clean}\nNo prescription needed {clean}",
        url=f"https://evil.example/{number}?{clean}",
        site="evil.example",
        category=(clean,),
        price={"raw": clean, "reason": clean},
        offers=({"raw": clean, "strength": clean, "form": clean},),
        seller={"name": clean, "handle": clean, "url": "javascript:alert(10)"},
        contacts=({"kind": clean, "raw": clean, "value": clean},),
        payments=(clean,),
        ships_from=clean,
        ships_to=(clean,),
        prescription={"quote": clean},
        product={"substances": (clean,), "brand": clean, "strength": clean, "form": clean, "atc": clean},
        brand=clean,
        sku=clean,
        batch=clean,
        images=({"url": "https://evil.example/a.png", "alt": clean},),
        language="ar",
    )


@pytest.fixture
def hostile(casefile: Casefile, tmp_path: Path) -> list[Listing]:
    """Take in a listing for each kind of hostile text, and one with a title of a megabyte."""
    made = [hostile_listing(number, text) for number, text in enumerate(HOSTILE.values())]
    made.append(scene.shop_listing(99, id="h99", title="<b>" + "A\u202e" * 500_000, site="evil.example"))
    said = "No prescription needed. " + " ".join(text.replace("\x00", "") for text in HOSTILE.values())
    scene.fill(casefile, tmp_path / "hostile", made, sites=[site("evil.example", policy=said)])
    stored = [one for listing in made if (one := get_listing(casefile, listing.id)) is not None]
    save_assessments(casefile, [scene.shop_assessment(one) for one in stored], actor="test")
    return stored


def test_hostile_text_is_shown_and_nothing_of_it_runs_or_is_fetched(
    browser: Browser, casefile: Casefile, address: str, hostile: list[Listing], ada: Person, ben: Person
) -> None:
    with desk.watched(browser, address) as seen:
        seen.sign_in(casefile, ben)
        seen.page.goto(f"{address}/?state=all")
        expect(seen.page.locator("table.rows tbody tr")).to_have_count(len(hostile))
        seen.shot("hostile-queue")
        for one in hostile:
            seen.page.goto(address + item_path(one.id))
            expect(seen.page.locator("main")).to_have_attribute("data-screen", "item")
            expect(seen.page.locator("body")).to_be_visible()
            for details in seen.page.locator("details").all():
                details.evaluate("element => element.open = true")
            for mark in seen.page.locator("h1, mark, .address, .value").all()[:20]:
                mark.hover(force=True, timeout=2000)
            if one.id in ("h0", "h7", "h99"):
                seen.shot(f"hostile-item-{one.id}")
        for path in (
            "/text?id=h0&field=description",
            "/capture?id=capture-run-1",
            "/capture?id=capture-run-1&as=source",
        ):
            seen.page.goto(address + path)
            expect(seen.page.get_by_role("heading", level=1)).to_be_visible()
        seen.page.goto(f"{address}{item_path('h0')}")
        seen.page.keyboard.press("c")
        expect(seen.page.get_by_role("status")).to_contain_text("Confirmed")
        for path in ("/cases", "/?state=needs_second", "/?q=%3Cscript%3E&product=%3Cimg%20src=x%3E&state=all"):
            seen.page.goto(address + path)
        seen.page.goto(f"{address}/cases")
        seen.page.locator("table.rows a").first.click()
        assert seen.dialogs == []
        assert seen.outside() == []
        assert seen.faults == []
        assert seen.page.evaluate("document.title") != "owned"


def test_hidden_characters_are_visible_on_screen(
    browser: Browser, casefile: Casefile, address: str, hostile: list[Listing], ada: Person
) -> None:
    number = list(HOSTILE).index("bidi")
    with desk.watched(browser, address) as seen:
        seen.sign_in(casefile, ada)
        seen.page.goto(f"{address}/item/h{number}")
        codes = seen.page.locator("h1 .hidden-character").all_inner_texts()
        assert codes[:2] == ["U+202E", "U+2066"]
        assert "U+E0041" in codes


def test_a_script_that_came_in_anyway_would_be_stopped_by_the_policy(
    browser: Browser, casefile: Casefile, address: str, listings: list[Listing], ada: Person
) -> None:
    with desk.watched(browser, address) as seen:
        seen.sign_in(casefile, ada)
        stopped = seen.page.evaluate(
            """() => {
                try { document.body.insertAdjacentHTML("beforeend", "<img src=https://evil.example/x>"); }
                catch (error) { return error.name; }
            }"""
        )
        assert stopped == "TypeError"
        seen.page.evaluate(
            """() => { const image = document.createElement("img"); image.src = "https://evil.example/x";
                       document.body.append(image); }"""
        )
        seen.page.evaluate("() => fetch('https://evil.example/y').catch(() => 0)")
        assert any("Content Security Policy" in fault for fault in seen.faults)


def test_a_reviewer_works_by_keys_alone(
    browser: Browser, casefile: Casefile, address: str, listings: list[Listing], ada: Person
) -> None:
    with desk.watched(browser, address, viewport={"width": 1440, "height": 900}) as seen:
        seen.sign_in(casefile, ada)
        page, keys = seen.page, seen.page.keyboard
        heading = page.get_by_role("heading", level=1)
        seen.shot("queue")
        keys.press("j")
        keys.press("j")
        keys.press("k")
        expect(page.locator("td.listing a").first).to_be_focused()
        keys.press("Enter")
        expect(heading).to_contain_text("lot 0")
        loads = page.evaluate("performance.timeOrigin")
        for key, verdict, following in (("c", "Confirmed", 1), ("r", "Rejected", 2), ("u", "unsure", 3)):
            keys.press(key)
            expect(page.get_by_role("status")).to_contain_text(verdict)
            expect(heading).to_contain_text(f"lot {following}")
        keys.press("z")
        expect(heading).to_contain_text("lot 2")
        keys.press("n")
        expect(heading).to_contain_text("lot 3")
        keys.press("e")
        expect(page.get_by_role("status")).to_contain_text("Escalated")
        expect(heading).to_contain_text("lot 4")
        keys.press("p")
        expect(heading).to_contain_text("lot 3")
        assert page.evaluate("performance.timeOrigin") == loads, "the page was loaded anew between two decisions"
        verdicts = [[event.verdict for event in history(casefile, one.id)] for one in listings]
        assert verdicts == [["confirm"], ["reject"], ["unsure", "unsure"], ["escalate"], []]
        assert all(event.seconds is not None for event in history(casefile, listings[0].id))
        keys.press("/")
        expect(page.locator("#search")).to_be_focused()
        keys.type("lot 4")
        keys.press("Enter")
        expect(page.locator("table.rows tbody tr")).to_have_count(1)
        assert seen.faults == []


def test_keys_do_nothing_while_typing_with_modifiers_or_when_switched_off(
    browser: Browser, casefile: Casefile, address: str, listings: list[Listing], ada: Person
) -> None:
    with desk.watched(browser, address) as seen:
        seen.sign_in(casefile, ada)
        page, keys = seen.page, seen.page.keyboard
        page.goto(f"{address}/start")
        page.get_by_text("Reasons and note").click()
        page.get_by_label("Note", exact=True).click()
        keys.type("crue z? /j")
        expect(page.get_by_label("Note", exact=True)).to_have_value("crue z? /j")
        page.locator("h1").click()
        for chord in ("Control+u", "Alt+r", "Meta+e", "Shift+C"):
            keys.press(chord)
        keys.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        seen.shot("keys")
        keys.press("c")
        page.get_by_label("Switch the single-letter keys off").check()
        page.get_by_role("button", name="Close").click()
        keys.press("c")
        keys.press("r")
        page.reload()
        keys.press("c")
        page.wait_for_timeout(200)
        assert all(history(casefile, one.id) == [] for one in listings)
        keys.press("?")
        page.get_by_label("Switch the single-letter keys off").uncheck()
        page.get_by_role("button", name="Close").click()
        keys.press("c")
        expect(page.get_by_role("heading", level=1)).to_contain_text("lot 1")


def test_without_javascript_the_same_work_is_done_with_buttons(
    browser: Browser, casefile: Casefile, address: str, listings: list[Listing], ada: Person, ben: Person
) -> None:
    for person in (ada, ben):
        with desk.watched(browser, address, java_script_enabled=False) as seen:
            seen.sign_in(casefile, person)
            page = seen.page
            page.goto(f"{address}{'/?state=needs_second' if person is ben else '/'}")
            page.get_by_role("link", name="Start with the first").click()
            page.get_by_text("Reasons and note").click()
            page.get_by_label("suspected illegal supply").check()
            page.get_by_role("button", name="Second" if person is ben else "Confirm").click()
            expect(page.get_by_role("status")).to_contain_text("Confirmed")
            if person is ada:
                page.get_by_role("button", name="Undo my last decision").click()
                expect(page.get_by_role("heading", level=1)).to_contain_text("lot 0")
                page.get_by_role("button", name="Confirm").click()
            else:
                page.get_by_role("link", name="Cases").click()
                page.locator("td.listing a").first.click()
                page.get_by_label("Your agency").fill("Authority")
                page.get_by_label("Recipients").fill("Customs")
                page.get_by_label("Legal basis").fill("Law 1")
                page.get_by_label("Purpose").fill("Investigation")
                page.get_by_role("button", name="Make and sign the package").click()
                expect(page.get_by_text("Verified:")).to_be_visible()
            page.get_by_role("button", name="Sign out").click()
            expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_decision_that_cannot_be_saved_is_said_and_the_item_stays(
    browser: Browser, casefile: Casefile, address: str, listings: list[Listing], ada: Person
) -> None:
    with desk.watched(browser, address) as seen:
        seen.sign_in(casefile, ada)
        page = seen.page
        page.goto(f"{address}/start")
        page.route("**/decide", lambda route: route.abort())
        page.keyboard.press("c")
        expect(page.get_by_role("status")).to_contain_text("Reload this page to see whether")
        expect(page.get_by_role("heading", level=1)).to_contain_text("lot 0")


def test_an_empty_casefile_tells_a_newcomer_what_to_do(
    browser: Browser, casefile: Casefile, address: str, ada: Person
) -> None:
    with desk.watched(browser, address) as seen:
        seen.sign_in(casefile, ada)
        expect(seen.page.get_by_text("pharmakon monitor")).to_be_visible()
        seen.shot("empty")
        seen.page.goto(f"{address}/cases")
        expect(seen.page.get_by_text("There is no case yet")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 400])
def test_no_screen_scrolls_sideways(
    browser: Browser, casefile: Casefile, address: str, listings: list[Listing], ben: Person, scheme: str, width: int
) -> None:
    """400 CSS pixels is a phone, and a 1280-pixel window at 320 % zoom (WCAG 1.4.10)."""
    with desk.watched(browser, address, color_scheme=scheme, viewport={"width": width, "height": 800}) as seen:
        seen.page.goto(f"{address}/login")
        seen.shot(f"login-{scheme}-{width}")
        seen.sign_in(casefile, ben)
        for name, path in (("queue", "/"), ("item", "/start"), ("cases", "/cases"), ("keys", "/keys")):
            seen.page.goto(address + path)
            seen.shot(f"{name}-{scheme}-{width}")
            wide = seen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} px wider than the window"


def test_script_and_page_stay_small(
    browser: Browser, casefile: Casefile, address: str, listings: list[Listing], ada: Person
) -> None:
    with desk.watched(browser, address) as seen:
        sizes: dict[str, int] = {}
        seen.page.on("response", lambda answer: sizes.update({answer.url.split("?")[0]: len(answer.body())}))
        seen.sign_in(casefile, ada)
        seen.page.goto(f"{address}/item/listing-000000")
        seen.page.wait_for_load_state("networkidle")
        assert sizes[f"{address}/static/desk.js"] < 20_000
        assert sizes[f"{address}/item/listing-000000"] + sizes[f"{address}/static/desk.css"] < 80_000
