"""A page that offers one thing: its heading, the part of the page about it, its text and whether it is to be had."""

import re
from functools import lru_cache
from typing import Final

from lxml.etree import XPath
from lxml.html import HtmlElement

from crawler.extract.document import Document, found_elements, language_tag, one_line
from crawler.extract.facts import Stock
from crawler.extract.furniture import Furniture
from crawler.extract.text import inline_text, visible_text
from crawler.extract.words import phrases

_HEADINGS = XPath(
    "descendant::*[self::h1 or self::h2 or @itemprop='name' or contains(@class, 'title') or contains(@class, 'name')"
    " or contains(@id, 'title')][not(self::a) or parent::h1 or parent::h2]"
)
_SEPARATORS = re.compile(r"\s+[|–—•·»:-]{1,2}\s+|\s*[|｜»•]\s*")
_DESCRIPTION_NAME: Final = re.compile(
    r"descri|beschreib|descripc|descrip|descrizione|opis|описан|userbody|posting-?body|post-?body|post_?content|"
    r"post-?text|"
    r"postbody|message-?(?:body|content|text)|entry-?content|product-?(?:info|text|detail|content)|"
    r"item-?(?:text|body|detail)|"
    r"article-?body|^content$|^body$|^text$|details?$|about-?(?:this|item)|long-?text|monograph|overview|"
    r"ad-?text|leaflet",
    re.IGNORECASE,
)
_POSTING_NAME: Final = re.compile(
    r"(?:^|[\s_-])(?:post|posting|message|topic|thread|ad|advert|anzeige|listing|item|product|entry|offer|"
    r"detail|details|"
    r"produkt|produit|producto|article|userbody)(?:$|[\s_\d-])",
    re.IGNORECASE,
)
_BUTTONS = XPath(
    "descendant::*[self::button or self::input[@type='submit' or @type='button' or @type='image'] or self::a or "
    "@role='button']"
)
_BUTTON_NAME = re.compile(
    r"add-?_?to-?_?(?:cart|bag|basket)|addtocart|buy-?_?now|buybox|btn-?_?buy|single_add", re.IGNORECASE
)


def title_segments(document: Document) -> list[str]:
    """Return the parts of ``<title>``, the page's own name first as a rule and the shop's behind it."""
    return [part for part in map(one_line, _SEPARATORS.split(document.title or "")) if part]


def find_heading(document: Document, furniture: Furniture) -> HtmlElement | None:
    """Return the element that names what the page is about, None when nothing does.

    A heading counts by its rank, by how well it agrees with ``<title>`` and by where it stands: many shops have
    their own name in ``h1``.
    """
    body = document.root.find("body")
    if body is None:
        return None
    title = (document.title or "").casefold()
    segments = [part.casefold() for part in title_segments(document)]
    stated = one_line(document.meta.get("og:title", "")).casefold()
    site_name = one_line(document.meta.get("og:site_name", "")).casefold()
    best, best_score = None, 0.0
    for place, element in enumerate(found_elements(_HEADINGS, body)[:300]):
        text = inline_text(element, limit=400).casefold()
        if not 2 <= len(text) <= 300:
            continue
        score = {"h1": 4.0, "h2": 1.5}.get(element.tag, 0.0) - place * 0.01
        score -= {"furniture": 4, "related": 6}.get(furniture.kind(element) or "", 0)
        if _leads_home(element):
            score -= 8
        if text == site_name or (len(segments) > 1 and text == segments[-1] and text != segments[0]):
            score -= 4
        elif text in (segments[:1] or [title]) or (stated and text == stated):
            score += 4
        elif len(text) > 5 and (
            text in title or text in stated or (segments and len(segments[0]) > 8 and segments[0] in text)
        ):
            score += 3
        if score > best_score:
            best, best_score = element, score
    return best if best is not None else _named_in_title(body, segments, site_name)


def _leads_home(heading: HtmlElement) -> bool:
    """Whether a heading is the shop's own name with a link to its front page."""
    link = next(heading.iter("a"), None)
    return link is not None and (link.get("href") or "").rstrip("/").lower() in (
        "",
        ".",
        "index.php",
        "/index.php",
        "/home",
    )


def _named_in_title(body: HtmlElement, segments: list[str], site_name: str) -> HtmlElement | None:
    """Return the element whose text is a part of ``<title>``: old markets mark up no heading as one."""
    wanted = {part for part in segments if len(part) > 8 and part != site_name}
    if not wanted:
        return None
    longest = max(wanted, key=len)
    for element in body.iter("h3", "h4", "h5", "b", "strong", "p", "div", "span", "td", "font", "a"):
        if element.text and len(element.text) < 400 and one_line(element.text).casefold() == longest:
            return element
    return None


def language_at(element: HtmlElement | None, document: Document) -> str | None:
    """Return the language of an element: its own ``lang`` or its nearest ancestor's, else the page's."""
    while element is not None:
        stated = language_tag(element.get("lang"))
        if stated:
            return stated
        element = element.getparent()
    return document.language


def region_of(heading: HtmlElement, other: HtmlElement | None) -> HtmlElement:
    """Return the smallest part of the page that holds the heading, ``other`` (its price) and some text."""
    region = heading
    needed = set(other.iterancestors()) | {other} if other is not None else set()
    for ancestor in heading.iterancestors():
        if ancestor.tag == "html":
            break
        region = ancestor
        holds = not needed or ancestor in needed
        if holds and (ancestor.tag in ("article", "main", "body") or len(inline_text(ancestor, limit=600)) >= 400):
            break
    return region


def posting_part(heading: HtmlElement) -> bool:
    """Whether the heading stands in or beside something that is named as a post, an ad or a product."""
    parts = [heading, *heading.iterancestors()][:6]
    beside = [sibling for sibling in heading.itersiblings()][:4]
    return any(_POSTING_NAME.search(f"{part.get('class') or ''} {part.get('id') or ''}") for part in [*parts, *beside])


def description_of(region: HtmlElement, heading: HtmlElement | None, furniture: Furniture) -> str | None:
    """Return the text about the offer: the longest part named as a description, else what the region says."""
    best = ""
    for element in region.iter("div", "section", "p", "article", "td", "span", "ul", "dd", "blockquote"):
        names = [*(element.get("class") or "").split(), element.get("id") or "", element.get("itemprop") or ""]
        if any(name and _names_description(name) for name in names) and not furniture.kind(element):
            text = visible_text(element, limit=60_000)
            if len(text) > len(best):
                best = text
    whole = region_text(region, heading, furniture)
    return (best if len(best) >= 40 and len(best) * 4 >= len(whole) else whole or best)[:50_000] or None


@lru_cache(maxsize=8192)
def _names_description(name: str) -> bool:
    return bool(_DESCRIPTION_NAME.search(name))


def region_text(region: HtmlElement, heading: HtmlElement | None, furniture: Furniture) -> str:
    """Return the visible text of a region without its heading and without furniture."""
    parts = []
    for element in _leaves(region, furniture):
        if element is not heading:
            parts.append(visible_text(element, limit=60_000))
    return "\n".join(part for part in parts if part)[:60_000]


def _leaves(region: HtmlElement, furniture: Furniture) -> list[HtmlElement]:
    """Split a region into the parts that hold no furniture, in order."""
    leaves: list[HtmlElement] = []
    stack = [region]
    while stack and len(leaves) < 3_000:
        element = stack.pop()
        if not isinstance(element.tag, str) or element.tag in ("script", "style", "button", "form", "select"):
            continue
        if element is not region and furniture.kind(element):
            continue
        children = [child for child in element if isinstance(child.tag, str)]
        blocks = [
            child
            for child in children
            if child.tag in ("div", "section", "article", "main", "ul", "table", "form", "nav")
        ]
        if blocks and not (element.text or "").strip() and not any((child.tail or "").strip() for child in children):
            stack.extend(reversed(children))
        else:
            leaves.append(element)
    return leaves


def has_buy_button(region: HtmlElement) -> bool:
    """Whether something in the region puts the offer into a cart; a button that is switched off does not count."""
    for element in found_elements(_BUTTONS, region)[:400]:
        if element.get("disabled") is not None:
            continue
        names = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('name') or ''}"
        if _BUTTON_NAME.search(names):
            return True
        said = (
            inline_text(element, limit=80)
            or element.get("value")
            or element.get("aria-label")
            or element.get("title")
            or ""
        )
        if len(said) <= 40 and phrases("buy").find(said):
            return True
    return False


def stock_in_words(region: HtmlElement, furniture: Furniture, *, buyable: bool) -> Stock | None:
    """Return what the region says about stock, most telling words first.

    An element that is named for stock decides; then a buy button; then a short text that says little else.
    """
    named: Stock | None = None
    plain: Stock | None = None
    for element in region.iter(*_STOCK_TAGS):
        text = element.text
        if not text or len(text) > 80 or text.isspace() or len(text) < 4:
            continue
        stock = _stock_of(text)
        if stock is None or _is_hidden(element) or furniture.kind(element):
            continue
        if _STOCK_NAME.search(f"{element.get('class') or ''} {element.get('id') or ''} {_parent_names(element)}"):
            named = named or stock
        elif len(text.split()) <= 4:
            plain = "out_of_stock" if "out_of_stock" in (plain, stock) else stock
    return named or ("in_stock" if buyable else plain)


_STOCK_TAGS: Final = (
    "p",
    "span",
    "div",
    "strong",
    "b",
    "li",
    "td",
    "dd",
    "em",
    "h3",
    "h4",
    "button",
    "small",
    "label",
    "a",
    "i",
)
_STOCK_NAME: Final = re.compile(
    r"avail|stock|lager|dispon|verf|inventory|sold-?out|bestand|nalich|sklad|zalih|"
    r"stav",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def _stock_of(text: str) -> Stock | None:
    if phrases("sold_out").find(text):
        return "out_of_stock"
    return "in_stock" if phrases("in_stock").find(text) else None


def _parent_names(element: HtmlElement) -> str:
    parent = element.getparent()
    return f"{parent.get('class') or ''} {parent.get('id') or ''}" if parent is not None else ""


def _is_hidden(element: HtmlElement) -> bool:
    for node in [element, *element.iterancestors()][:6]:
        if "none" in (node.get("style") or "") or node.get("hidden") is not None or node.get("aria-hidden") == "true":
            return True
        if re.search(r"(?:^|[\s_-])(?:hidden|hide|invisible|d-none)(?:$|\s)", node.get("class") or ""):
            return True
    return False
