"""What the links of a page lead to: entries of a list, shelves, further pages, pages about the shop."""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, unquote

from lxml.html import HtmlElement

from crawler.extract.cards import LinkGroup, card_title, link_groups
from crawler.extract.document import Document, split_url
from crawler.extract.furniture import Furniture
from crawler.extract.links import link_text, page_links
from crawler.extract.locale import PageLocale
from crawler.extract.money import find_money
from crawler.extract.roles import LinkRole, SiteRole
from crawler.extract.text import inline_text
from crawler.extract.words import exact_words, site_role_phrases

LISTING_PATH: Final = re.compile(
    r"/(?:products?|produkte?|produits?|productos?|produtos?|prodotti|prodotto|produit|producto|produto|item|"
    r"items|p|dp|gp/product|pd|itm|artikel|"
    r"article|articulo|tovar|tovary|goods|good|shop/prod|detail|details|view|listing|listings|offer|offers|"
    r"oferta|ad|ads|"
    r"anzeige|annonce|anuncio|aviso|classified-ad|topic|thread|threads|post|posts|t|d|deal|urun|ilan|iklan|barang)[/-]"
    r"|(?:viewtopic|showthread|viewthread|product_info|product-page|show_item|item)\.php|route=product/product|"
    r"[?&](?:product_id|pid|item_id|item|goods_id|topic|tid)="
    r"|-p-?\d{3,}|/\d{5,}(?:\.html?|/|$)|[-_]\d{4,}\.html?$",
    re.IGNORECASE,
)
CATEGORY_PATH: Final = re.compile(
    r"/(?:c|cat|category|categories|kategorie|kategorien|categorie|categoria|categorias|kategoria|kategori|"
    r"collections?|product-category|"
    r"department|shelf|browse|catalog|catalogue|katalog|catalogo|forum|forums|f|r|board|section|tag|tags|brand|"
    r"brands|marke|"
    r"manufacturer|rayon|rubrique|all|shop|store|search|u|user|seller|vendor|store)(?:/|$|\?)|viewforum\.php|"
    r"forumdisplay\.php|route=product/category|"
    r"[?&](?:category|cat|cid|category_id)=",
    re.IGNORECASE,
)
_PAGE_PARAMETERS: Final = frozenset(
    "page p pg paged pagina seite start offset before after from cursor pageno page_no pn sayfa strana".split()
)
_PAGE_PATH = re.compile(r"/(?:page|seite|pagina|p|strana)[/-]?\d{1,4}/?$", re.IGNORECASE)
NOT_FOR_READING: Final = re.compile(
    r"/(?:cart|basket|checkout|warenkorb|panier|carrito|login|logout|signin|signup|register|account|konto|"
    r"konto/login|wishlist|"
    r"compare|ucp\.php|memberlist|privmsg|wp-admin|wp-login|add-to-cart|my-?account|reply)(?:[/?.]|$)|"
    r"[?&](?:add-to-cart|mode=login|action=(?:login|register|add))",
    re.IGNORECASE,
)
_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|pdf|zip|css|js|xml|ico|mp4|mp3|docx?|xlsx?|apk|exe)$", re.IGNORECASE)


@dataclass(slots=True)
class ReadLink:
    """A link and what it most likely leads to."""

    url: str
    element: HtmlElement
    text: str
    role: LinkRole = "other"
    site_role: SiteRole | None = None
    nofollow: bool = False


@dataclass(slots=True)
class LinkReading:
    """All links of a page, and the groups whose blocks look like offers."""

    links: list[ReadLink] = field(default_factory=list)
    card_groups: list[LinkGroup] = field(default_factory=list)


def read_links(document: Document, furniture: Furniture, locale: PageLocale) -> LinkReading:
    """Give each link of the page its role."""
    found = list(page_links(document))
    here = _own_host(document, [url for _, url in found])
    own = [(element, url) for element, url in found if split_url(url).netloc == here]
    reading = LinkReading()
    offered: dict[str, bool] = {}
    for group in link_groups(own, furniture):
        listed = _is_card_group(group, locale)
        if listed:
            reading.card_groups.append(group)
        for _, url in group.links:
            offered[url] = offered.get(url, False) or listed
    for element, url in found:
        link = ReadLink(url, element, link_text(element), nofollow="nofollow" in (element.get("rel") or "").lower())
        link.role, link.site_role = _role(link, here, document, furniture, offered)
        reading.links.append(link)
    return reading


def _is_card_group(group: LinkGroup, locale: PageLocale) -> bool:
    priced = pictured = 0
    texts: list[str] = []
    for element, url in group.links[:60]:
        card = group.cards[url]
        text = inline_text(card, limit=600)
        texts.append(card_title(element, card))
        priced += next(find_money(text, locale), None) is not None
        pictured += next(card.iter("img", "picture"), None) is not None
    return group.looks_like_listings(priced, pictured, texts)


def _own_host(document: Document, urls: list[str]) -> str:
    """Return the page's host; of a page saved without its address, the host most of its links lead to."""
    host = split_url(document.url).netloc
    if host or not urls:
        return host
    return Counter(split_url(url).netloc for url in urls).most_common(1)[0][0]


def _role(
    link: ReadLink, host: str, document: Document, furniture: Furniture, offered: dict[str, bool]
) -> tuple[LinkRole, SiteRole | None]:
    there = split_url(link.url)
    if there.netloc != host:
        return "other", None
    if NOT_FOR_READING.search(link.url) or _FILE.search(there.path):
        return "other", None
    if is_pagination(link, document):
        return "pagination", None
    if offered.get(link.url):
        return "listing", None
    if link.url in offered and CATEGORY_PATH.search(link.url):
        return "category", None
    site_role = site_role_of(link.text, there.path)
    if site_role:
        return "site", site_role
    if CATEGORY_PATH.search(link.url):
        return "category", None
    if LISTING_PATH.search(link.url) and furniture.kind(link.element) != "furniture":
        return "listing", None
    if link.url in offered or furniture.kind(link.element) == "furniture":
        return "category", None
    return "other", None


def is_pagination(link: ReadLink, document: Document) -> bool:
    """Whether the link leads to another part of the same list."""
    rel = (link.element.get("rel") or "").lower().split()
    text = link.text.casefold().strip()
    if "next" in rel or "prev" in rel:
        return True
    there = split_url(link.url)
    pairs = parse_qsl(there.query) if there.query else []
    parameters = {name.lower() for name, value in pairs if value.strip("-").isalnum()}
    paged = bool(parameters & _PAGE_PARAMETERS) or bool(_PAGE_PATH.search(there.path))
    worded = (
        text in exact_words("next") or text in exact_words("previous") or text.strip("›»→>«‹←< ") in exact_words("next")
    )
    if worded and (paged or _same_place(document.url, link.url)):
        return True
    numbered = text.isdigit() and len(text) <= 4
    return paged and (numbered or worded)


def _same_place(one: str, other: str) -> bool:
    first, second = split_url(one), split_url(other)
    return first.path == second.path and first.query != second.query


@lru_cache(maxsize=8192)
def site_role_of(text: str, path: str) -> SiteRole | None:
    """Return which page of the shop a link with this text and path leads to, or None.

    The text decides; the path (``/shipping-policy``) is asked when the text is silent. Long texts name products.
    """
    if len(text) <= 60:
        role = site_role_phrases().find(text)
        if role:
            return role
    last = unquote(path.rstrip("/").rpartition("/")[2]).rpartition(".")[0] or unquote(
        path.rstrip("/").rpartition("/")[2]
    )
    slug = re.sub(r"[-_+]", " ", last).casefold()
    if 3 <= len(slug) <= 40:
        return site_role_phrases().find(slug)
    return None
