import html
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from casefile.referral.build import referral_bytes
from casefile.referral.cover import cover_html, defang, visible
from casefile.referral.schema import load_schema
from tests.casefile.referral.full import ARABIC, CHINESE, full_facts, full_referral

ATTACK = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def cover(referral: dict[str, Any] | None = None) -> str:
    chains = full_facts().custody
    log = [(chain.bundle, entry) for chain in chains for entry in chain.entries]
    return cover_html(referral or full_referral(), log).decode("utf-8")


class Tags(HTMLParser):
    """Collects tags with attributes, and the text shown."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def leaves(value: object, schema: dict[str, Any]) -> list[tuple[object, str]]:
    if isinstance(value, dict):
        return [
            leaf for name, item in value.items() for leaf in leaves(item, schema.get("properties", {}).get(name, {}))
        ]
    if isinstance(value, list):
        inner = schema.get("items", {}) | {"x-unit": schema.get("x-unit")}
        return [leaf for item in value for leaf in leaves(item, inner)]
    return [(value, schema.get("x-unit", ""))]


def test_every_value_of_the_referral_is_on_the_cover() -> None:
    referral = full_referral()
    shown = Tags(cover(referral)).text
    for value, unit in leaves(referral, load_schema()):
        text = "yes" if value is True else "no" if value is False else str(value)
        is_address = unit in ("URL", "host name") or text.startswith("https://")
        assert (defang(text) if is_address else visible(text)) in shown


def test_every_field_name_of_the_schema_is_on_the_cover() -> None:
    page = cover()

    def names(schema: dict[str, Any]) -> set[str]:
        inner = (
            schema.get("properties", {}) | {"": schema["items"]} if "items" in schema else schema.get("properties", {})
        )
        return {name for name in inner if name} | {deep for item in inner.values() for deep in names(item)}

    for name in names(load_schema()):
        assert re.search(rf'<th scope="row" class="d\d+">{re.escape(name)}( \d+)?</th>', page), name


def test_hostile_text_stays_text() -> None:
    referral = full_referral()
    text = referral_bytes(referral).decode()
    assert "no prescription needed" in text
    listing = referral["listings"][0]
    for name in ("title", "url", "site", "language", "sku"):
        listing[name] = ATTACK
    listing["seller"] = {"name": ATTACK, "url": ATTACK, "handle": ATTACK}
    listing["contacts"] = [{"kind": ATTACK, "raw": ATTACK}]
    listing["offers"] = [{"raw": ATTACK, "strength": ATTACK}]
    referral["identifiers"] = [{"kind": "url", "value": ATTACK, "as_written": [ATTACK], "sites": [ATTACK]}]
    referral["summary"]["headline"] = ATTACK
    referral["purpose"] = referral["legal_basis"] = ATTACK
    page = cover(referral)
    tags = Tags(page).tags
    assert {"script", "img", "iframe", "object", "form", "input", "link", "svg"}.isdisjoint(tag for tag, _ in tags)
    for tag, attributes in tags:
        assert not any(name.startswith("on") for name in attributes), tag
    assert html.escape(ATTACK, quote=False)[:10] in page or "&lt;script&gt;" in page


def test_no_text_of_a_referral_acts_wherever_it_stands() -> None:
    def attacked(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: attacked(item) for name, item in value.items()}
        if isinstance(value, list):
            return [attacked(item) for item in value]
        return value + ATTACK if isinstance(value, str) else value

    shown = Tags(cover(attacked(full_referral()))).tags
    plain = Tags(cover()).tags
    assert {tag for tag, _ in shown} == {tag for tag, _ in plain}
    assert {name for _, attributes in shown for name in attributes} == {name for _, held in plain for name in held}


def test_links_lead_only_into_the_package() -> None:
    for tag, attributes in Tags(cover()).tags:
        for name in ("href", "src", "action", "srcset", "style"):
            target = attributes.get(name)
            assert target is None or re.fullmatch(r"#listing-\d+|evidence/[\w.-]+", target), (tag, target)


def test_the_page_may_load_nothing_and_only_its_own_style_applies() -> None:
    tags = Tags(cover()).tags
    policy = next(a["content"] for tag, a in tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_addresses_are_defanged_everywhere() -> None:
    shown = Tags(cover()).text
    assert "hxxps://shop[.]example/p/1?x=<b>" in shown
    assert "https://shop.example" not in shown


@pytest.mark.parametrize(
    ("address", "harmless"),
    [
        ("https://shop.example/a.html", "hxxps://shop[.]example/a.html"),
        ("HTTP://SHOP.EXAMPLE", "hxxp://SHOP[.]EXAMPLE"),
        ("shop.example:8080", "shop[.]example:8080"),
        ("http://a.example@b.example/", "hxxp://a[.]example@b[.]example/"),
    ],
)
def test_defang(address: str, harmless: str) -> None:
    assert defang(address) == harmless


def test_text_of_any_script_is_set_apart_in_its_own_direction() -> None:
    page = cover()
    assert f'<bdi dir="auto">{CHINESE}</bdi>' in page
    assert ARABIC in page


def test_signs_that_hide_or_reorder_text_are_named() -> None:
    assert visible("a\u202eb\u200bc\x00\u00add") == "a[U+202E]b[U+200B]c[U+0000][U+00AD]d"
    assert visible("v\u200diagra") == "v[U+200D]iagra"
    assert visible("می\u200cخواهم") == "می\u200cخواهم"
    assert visible("line\nbreak\tتجربة 中文 é") == "line\nbreak\tتجربة 中文 é"


def test_a_quote_is_marked_in_its_surroundings() -> None:
    page = cover()
    assert f'<bdi dir="auto">Order now, <mark>no prescription needed</mark>. {ARABIC}</bdi>' in page


def test_suspected_and_established_stand_side_by_side() -> None:
    page = cover()
    assert "<h2>Suspected</h2>" in page
    assert "<h2>Established</h2><p><strong>Nothing.</strong></p>" in page


def test_the_reason_for_one_pair_of_eyes_is_on_the_cover() -> None:
    assert "Reason given: " in cover()
    assert "Agency of one person" in cover()
