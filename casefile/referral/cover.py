"""The referral as one page for people: self-contained HTML without scripts, safe to open and to print.

All text from outside is escaped, set apart by ``<bdi>`` (so that no script direction reaches beyond it) and shown with
its invisible characters named; addresses of suspect sites are defanged so that nobody follows one by mistake. Quotes
keep every visible character.
"""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup

from casefile.records import CustodyEntry, utc_text
from casefile.referral.schema import load_schema
from casefile.referral.verify_package import spell_fingerprint

FOLDER = Path(__file__).parent / "templates"
CONTEXT = 80
"""Characters shown on each side of a quote."""
DEFANGED_UNITS = ("URL", "host name")
WEB_ADDRESS = re.compile(r"\s*https?://\S+\s*", re.IGNORECASE)
HIDDEN_CATEGORIES = ("Cc", "Cf", "Co", "Cn")
KEPT = "\n\t"
JOINERS = "\u200c\u200d"


def visible(text: str) -> str:
    """Return ``text`` with controls, zero-width and direction signs named as ``[U+202E]``.

    Joiners between letters of a script that writes with them (Persian, Hindi, emoji) are left alone.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"[U+{ord(sign):04X}]" if _hidden(text, place) else sign for place, sign in enumerate(text))


def _hidden(text: str, place: int) -> bool:
    sign = text[place]
    if unicodedata.category(sign) not in HIDDEN_CATEGORIES or sign in KEPT:
        return False
    around = text[max(0, place - 1) : place] + text[place + 1 : place + 2]
    # Between Latin letters a joiner has no use but to hide a word from a filter.
    return sign not in JOINERS or not around or any(near.isascii() for near in around)


def defang(address: str) -> str:
    """Return a URL or host that no program turns into a link: ``hxxps://shop[.]example/p.html``."""
    scheme, mark, rest = address.partition("://")
    if not mark:
        return visible(address).replace(".", "[.]")
    host, slash, path = rest.partition("/")
    scheme = re.sub("^http", "hxxp", scheme, flags=re.IGNORECASE)
    return visible(f"{scheme}://{host.replace('.', '[.]')}{slash}{path}")


def outside(text: object) -> Markup:
    """Return text from outside as HTML that cannot act beyond itself; a bare address is defanged."""
    if WEB_ADDRESS.fullmatch(str(text)):
        return address(text)
    return Markup('<bdi dir="auto">{}</bdi>').format(visible(str(text)))


def address(text: object) -> Markup:
    """Return a URL or host as HTML text, not as a link."""
    return Markup('<bdi dir="ltr" class="code">{}</bdi>').format(defang(str(text)))


def in_context(cue: dict[str, Any], listing: dict[str, Any], site_texts: dict[str, str]) -> dict[str, str]:
    """Return a quote with what stands before and after it in its field."""
    text = listing.get(cue["field"], "")
    if cue["field"] == "site_text":
        text = site_texts.get(listing.get("site_text_sha256", ""), "")
    start, end = cue["start"], cue["end"]
    if not isinstance(text, str) or text[start:end] != cue["quote"]:
        return {"before": "", "quote": cue["quote"], "after": ""}
    before, after = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
    return {
        "before": ("…" if start > CONTEXT else "") + before,
        "quote": cue["quote"],
        "after": after + ("…" if end + CONTEXT < len(text) else ""),
    }


def record_rows(value: Any, schema: dict[str, Any], name: str, depth: int = 0) -> list[tuple[int, str, Markup]]:  # noqa: ANN401 - any JSON value
    """Return the whole of a JSON value as rows ``(depth, field name, text)``; an object opens a row of its own."""
    if isinstance(value, dict):
        rows = [(depth, name, Markup(""))] if name else []
        fields = schema.get("properties", {})
        for key, item in value.items():
            rows += record_rows(item, fields.get(key, {}), key, depth + 1)
        return rows
    if isinstance(value, list):
        if not value:
            return [(depth, name, Markup("none"))]
        inner = schema.get("items", {}) | {"x-unit": schema.get("x-unit")}
        return [
            row for number, item in enumerate(value, 1) for row in record_rows(item, inner, f"{name} {number}", depth)
        ]
    if isinstance(value, bool):
        return [(depth, name, Markup("yes") if value else Markup("no"))]
    shown = address(value) if schema.get("x-unit") in DEFANGED_UNITS else outside(value)
    return [(depth, name, shown)]


@cache
def _template() -> tuple[Template, str, str]:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"outside": outside, "address": address, "visible": visible, "spell": spell_fingerprint}
    style = (FOLDER / "cover.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template("cover.html"), style, digest


def cover_html(referral: dict[str, Any], custody: Sequence[tuple[str, CustodyEntry]]) -> bytes:
    """Return the cover of ``referral``; ``custody`` is bundle and entry of each line of custody.jsonl."""
    template, style, digest = _template()
    site_texts = {entry["sha256"]: entry["text"] for entry in referral["site_texts"]}
    quotes = {
        listing["id"]: [
            {**cue, **in_context(cue, listing, site_texts)} for cue in listing.get("assessment", {}).get("cues", [])
        ]
        for listing in referral["listings"]
    }
    page = template.render(
        r=referral,
        style=Markup(style),  # noqa: S704 - our own file
        style_digest=digest,
        quotes=quotes,
        custody=[{"bundle": bundle, "at": utc_text(entry.at), "entry": entry} for bundle, entry in custody],
        record=record_rows(referral, load_schema(), ""),
    )
    return page.encode("utf-8")
