"""Rendering of the shops' pages and the small things all shops share."""

from pathlib import Path
from typing import Any, Final, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

TEMPLATES: Final = Path(__file__).parent / "templates"

RTL_LANGUAGES: Final = frozenset({"ar", "fa", "ur", "he"})

T = TypeVar("T")


def _direction(language: str) -> str:
    """Return the value of the ``dir`` attribute for text in ``language``."""
    return "rtl" if language.split("-")[0] in RTL_LANGUAGES else "ltr"


def _paragraphs(text: str) -> list[str]:
    """Return the lines of ``text`` that hold something."""
    return [line.strip() for line in text.split("\n") if line.strip()]


_environment: Final = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_environment.filters["direction"] = _direction
_environment.filters["paragraphs"] = _paragraphs


def render(template: str, status: int = 200, headers: dict[str, str] | None = None, **context: Any) -> HTMLResponse:  # noqa: ANN401 - template variables
    """Answer with ``template`` filled in; everything from the catalogue is escaped."""
    body = _environment.get_template(template).render(**context)
    return HTMLResponse(body, status_code=status, headers=headers)


def page_number(text: str | None) -> int:
    """Read a page number from a query string; anything odd is page 1."""
    return int(text) if text and text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) else 1


def cut(rows: list[T], page: int, size: int) -> tuple[list[T], int]:
    """Return the rows of ``page`` (from 1) and the number of pages."""
    return rows[(page - 1) * size : page * size], max(1, -(-len(rows) // size))
