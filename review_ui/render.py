"""Templates to pages: escaping always on, a missing value is an error, foreign text goes through the safe filters."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.resources import files
from typing import Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from review_ui.item_address import item_path
from review_ui.item_view import NumberedCue
from review_ui.text import defang, visible

STATIC_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

RISK_BANDS: Final = ((0.7, "high"), (0.35, "medium"), (0.0, "low"))
"""Lower bounds of the words shown beside a risk: a reading aid, never used for the order."""

STATE_NAMES: Final = {
    "open": "Open",
    "needs_second": "Second look",
    "disputed": "Disputed",
    "escalated": "Escalated",
    "unsure": "Unsure",
    "confirmed": "Confirmed",
    "rejected": "Rejected",
    "all": "All",
}
"""Review states in the order of the work, as the desk names them."""


def utc(moment: datetime | None) -> str:
    """Return ``2026-11-21 10:00:03 UTC``."""
    return "not recorded" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def day(moment: datetime | None) -> str:
    """Return ``2026-11-21``."""
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d")


def risk_band(risk: float) -> str:
    """Return the word for a risk."""
    return next(name for bound, name in RISK_BANDS if risk >= bound)


def words(label: str) -> str:
    """Return a codebook label as words: ``no_prescription`` -> ``no prescription``."""
    return label.replace("_", " ")


def percent(share: float) -> str:
    """Return ``0.874`` as ``87 %``; never rounds to a certainty that is not there."""
    if 0 < share < 0.01:
        return "< 1 %"
    if 0.99 < share < 1:
        return "> 99 %"
    return f"{share:.0%}".replace("%", " %")


def probability(share: float) -> str:
    """Return ``0.874`` as ``0.87``; never rounds to a certainty that is not there."""
    if 0 < share < 0.01:
        return "< 0.01"
    if 0.99 < share < 1:
        return "> 0.99"
    return f"{share:.2f}"


def grouped(number: int) -> str:
    """Return ``49000`` as ``49,000``."""
    return f"{number:,}"


def cue_name(number: int, names: Mapping[int, str]) -> str:
    """Return the words for a numbered cue."""
    return words(names[number])


def cue_pair(numbered: NumberedCue) -> tuple[int, str]:
    """Return a cue's number and name."""
    return numbered.number, numbered.cue.cue


def query_string(query: Mapping[str, str | None], **changes: str | None) -> str:
    """Return ``?a=b`` for what is set, or nothing."""
    merged = {name: value for name, value in {**query, **changes}.items() if value}
    return f"?{urlencode(merged)}" if merged else ""


@dataclass(frozen=True)
class StaticFile:
    """One file of ``static/``, read once."""

    body: bytes
    media_type: str
    digest: str


def load_static() -> dict[str, StaticFile]:
    """Return the static files by name; nothing else is ever read from disk for a request."""
    found: dict[str, StaticFile] = {}
    for entry in files("review_ui").joinpath("static").iterdir():
        media_type = next((kind for suffix, kind in STATIC_TYPES.items() if entry.name.endswith(suffix)), None)
        if media_type is not None:
            body = entry.read_bytes()
            found[entry.name] = StaticFile(body, media_type, hashlib.sha256(body).hexdigest()[:16])
    return found


class Pages:
    """The desk's templates."""

    def __init__(self) -> None:
        self.static = load_static()
        self._environment = Environment(
            loader=PackageLoader("review_ui"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters.update(
            utc=utc, day=day, risk_band=risk_band, words=words, percent=percent,
            probability=probability, grouped=grouped,
            cue_name=cue_name, cue_pair=cue_pair, visible=visible, defang=defang, item_path=item_path,
            urlquote=lambda text: quote(text.encode("utf-8", "replace"), safe=""),
        )  # fmt: skip
        self._environment.globals.update(
            static=lambda name: f"/static/{name}?v={self.static[name].digest}",
            query_string=query_string,
            state_names=STATE_NAMES,
        )

    def page(self, template: str, *, status: int = HTTPStatus.OK, **context: object) -> HTMLResponse:
        """Return a template as an answer; raises ``jinja2.UndefinedError`` for a name the screen did not give."""
        # Lone surrogates cannot be encoded; the text filters spell them out, and this keeps a forgotten filter from
        # turning one hostile listing into an error page.
        html = self._environment.get_template(template).render(context)
        return HTMLResponse(html.encode("utf-8", "replace"), status)
