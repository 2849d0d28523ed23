"""Which parts of a page are furniture (header, menus, footer, banners, related items) and which are its matter."""

import re
from functools import lru_cache
from typing import Final

from lxml.html import HtmlElement

_FURNITURE_TAGS: Final = frozenset({"nav", "header", "footer", "aside", "dialog"})
_FURNITURE_ROLES: Final = frozenset(
    {"navigation", "banner", "contentinfo", "complementary", "dialog", "search", "menu"}
)
_FURNITURE_NAMES: Final = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|header|masthead|topbar|footer|foot|copyright|sidebar|"
    r"breadcrumbs?|crumbs?|"
    r"cookies?|consent|gdpr|newsletter|modal|popup|overlay|minicart|mini-cart|social|share|sharing|"
    r"language-switch\w*|pager|"
    r"pagination|toolbar|skip)(?:$|[\s_-])",
    re.IGNORECASE,
)
_RELATED_NAMES: Final = re.compile(
    r"related|recommend|similar|upsell|cross-?sell|also-?(?:bought|viewed|like)|you-?may|recently|"
    r"carousel-?prod|accessor|"
    r"bestsell|review|comment|testimonial|sponsor|bundle|compare|alternativ",
    re.IGNORECASE,
)


class Furniture:
    """Answers per element, remembering what was asked (one look at each ancestor)."""

    def __init__(self) -> None:
        self._kind: dict[HtmlElement, str | None] = {}

    def kind(self, element: HtmlElement | None) -> str | None:
        """Return ``furniture`` or ``related`` for an element inside such a part, else None."""
        path: list[HtmlElement] = []
        answer: str | None = None
        while element is not None:
            if element in self._kind:
                answer = self._kind[element]
                break
            path.append(element)
            element = element.getparent()
        for below in reversed(path):
            answer = answer or _own_kind(below)
            self._kind[below] = answer
        return answer


def _own_kind(element: HtmlElement) -> str | None:
    tag = element.tag
    if tag in ("body", "html", "main", "article"):
        return None
    if tag in _FURNITURE_TAGS:
        # <header> inside <article> or <main> holds the heading of the matter itself.
        if tag == "header" and any(a.tag in ("article", "main", "section") for a in element.iterancestors()):
            return None
        return "furniture"
    role = element.get("role")
    if role and role.lower() in _FURNITURE_ROLES:
        return "furniture"
    names = f"{element.get('class') or ''} {element.get('id') or ''}".strip()
    if not names:
        return None
    related, furniture = _named(names)
    if related and tag not in ("a", "h1", "form", "span"):
        return "related"
    return "furniture" if furniture and element.find(".//h1") is None else None


@lru_cache(maxsize=16_384)
def _named(names: str) -> tuple[bool, bool]:
    """Return whether class and id name related items, and whether they name furniture; a page repeats most names."""
    return bool(_RELATED_NAMES.search(names)), bool(_FURNITURE_NAMES.search(names))
