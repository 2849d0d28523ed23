"""The page object for every page that has no better one: reads whatever the page offers, in order of trust."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Final
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from casefile.records import Listing, Offer, listing_id
from crawler.extract.bounds import PageRefused
from crawler.extract.cards import card_title
from crawler.extract.detail import find_heading, language_at
from crawler.extract.document import Document, language_tag, one_line
from crawler.extract.entries import is_front
from crawler.extract.facts import Facts, Source
from crawler.extract.furniture import Furniture
from crawler.extract.jsonld import read_jsonld
from crawler.extract.licences import licence_claims
from crawler.extract.link_roles import CATEGORY_PATH, LISTING_PATH, LinkReading, read_links, site_role_of
from crawler.extract.locale import page_locale
from crawler.extract.meta import read_meta
from crawler.extract.microdata import read_microdata
from crawler.extract.money import find_money
from crawler.extract.nodes import Node, walk
from crawler.extract.own_words import furniture_words, own_words
from crawler.extract.product_data import ProductReader, address_key, main_products
from crawler.extract.site_facts import read_site_facts
from crawler.extract.spoken import contradicts, language_of_matter
from crawler.extract.state import read_state
from crawler.extract.text import inline_text, visible_text
from crawler.extract.visible import VisibleOffer
from crawler.extract.walls import looks_empty, wall_kind
from crawler.extract.weigh import listing_of, weigh
from crawler.page_address import listing_key
from crawler.pages.page import Link, PageExtract, PageKind, SiteText

MAX_CARDS: Final = 300
MAX_SITE_TEXT: Final = 30_000
MAX_STATED: Final = 6_000
"""Characters at either end of a page, and of its header and footer, that are searched for licence claims."""
MAX_ROLE_WORDS: Final = 6
PLAIN_PRICE: Final = 3.5
"""Score from which a price outside all cards makes a page an offer, whatever list of other offers it shows as well."""


def extract_page(body: bytes | str, url: str, *, content_type: str | None = None) -> PageExtract:
    """Read one page.

    Args:
        body: the page as received after content decoding (bytes), or already decoded.
        url: where it came from; may be a file path for a page saved without its address.
        content_type: value of the HTTP header, for its charset.

    Returns:
        What the page gives; for a page that breaks a bound, ``refused`` names the bound and nothing else is set.
        Never raises for what a page contains.
    """
    try:
        document = Document(body, url, content_type=content_type)
    except PageRefused as error:
        return PageExtract(url=url, refused=str(error))
    return _PageReader(document).read()


class _PageReader:
    """Reads one parsed page, part by part."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.nodes = [read_jsonld(document), read_microdata(document)]
        self.furniture = Furniture()
        heading = find_heading(document, self.furniture)
        # Boards and classified sites mark the language of each post, and none for the page.
        self.language = _language_of(heading, document)
        self.locale = page_locale(document.url, self.language, self._stated_currency())
        self.links: LinkReading = read_links(document, self.furniture, self.locale)
        self.visible = VisibleOffer(document, self.locale, self.furniture, self.links.card_groups, heading)
        self.unmapped: Counter[str] = Counter()
        self.site = urlsplit(document.url).netloc.rpartition("@")[2].lower() or None

    def read(self) -> PageExtract:
        document = self.document
        text = visible_text(self.visible.body)
        block = wall_kind(document, text)
        structured = [] if block else self._structured()
        role = None if structured or block else self._site_role()
        kind = self._kind(structured, role, text) if not block else "other"
        role = role if role == "home" or kind == "site" else None
        said = self._own_words() if role else ""
        # Menus are told from statements only where something is stated: that costs more than to look.
        edges = f"{text[:MAX_STATED]}\n{text[-MAX_STATED:]}"
        ends = self._furniture_words() if next(licence_claims(edges), None) else ""
        listings = self._listings(structured) if kind == "listing" else []
        return PageExtract(
            url=document.url,
            kind=kind,
            listings=tuple(listings),
            cards=tuple(self._cards()) if kind == "list" else (),
            links=tuple(
                Link(url=link.url, role=link.role, text=link.text, site_role=link.site_role, nofollow=link.nofollow)
                for link in self.links.links
            ),
            site_page=SiteText(role=role, text=said) if role and said else None,
            site=read_site_facts(document, chain(*self.nodes), text, f"{said}\n{ends}", self.locale.country),
            title=document.title,
            language=self.language,
            canonical_url=document.canonical_url,
            looks_empty_shell=not structured and looks_empty(document, text),
            block=block,
            unmapped=dict(self.unmapped),
        )

    def _stated_currency(self) -> str | None:
        for nodes in self.nodes:
            for node in walk(nodes):
                stated = node.text("pricecurrency")
                if stated and len(stated) == 3 and stated.isalpha():
                    return stated.upper()
        stated = self.document.meta.get("product:price:currency") or self.document.meta.get("og:price:currency")
        return stated.upper() if stated and len(stated) == 3 else None

    def _structured(self) -> list[Facts]:
        """Return the facts of the one product that structured data says the page is about, per source."""
        reader = ProductReader(self.document, self.locale)
        sources = []
        for nodes in self.nodes:
            chosen = self._of_this_page([(node, reader.read(node)) for node in list(main_products(nodes))[:200]])
            if chosen:
                sources.append(chosen)
        self.unmapped.update(reader.unmapped)
        if not sources and self.visible.title:
            state = read_state(self.document, self.locale, self.visible.title, self.unmapped)
            sources += [state] if state else []
        return sources if any(facts.is_offer() for facts in sources) else []

    def _of_this_page(self, candidates: Sequence[tuple[Node, Facts]]) -> Facts | None:
        if not candidates:
            return None
        here = {address_key(url) for url in (self.document.url, self.document.canonical_url) if url}
        stated = one_line(self.document.meta.get("og:title", self.document.title or "")).casefold()
        heading = (self.visible.title or "").casefold()
        best, best_score, telling = None, -1, False
        for place, (_, facts) in enumerate(candidates):
            name = (facts.title or "\n").casefold()
            named = name in stated or name in heading or (len(heading) > 5 and heading in name)
            own = bool(facts.url and address_key(facts.url) in here)
            score = 8 * own + 4 * facts.is_offer() + 2 * named + (place == 0)
            if score > best_score:
                best, best_score, telling = facts, score, own or named
        if best:
            _take_variants(best, [facts for _, facts in candidates if facts is not best and facts.title == best.title])
        distinct = {facts.title for _, facts in candidates}
        # Many products and none of them this page's own: a list.
        return best if telling or len(distinct) < 3 else None

    def _site_role(self) -> Any:  # noqa: ANN401 - one of the roles of pages.page
        url, seen = self.document.url, self.visible
        path = urlsplit(url).path
        if seen.price or seen.offers or seen.buyable or LISTING_PATH.search(url):
            return None
        if is_front(path):
            return "home"
        # A post may well be titled "free shipping of ..."; a page about shipping has little more in its heading.
        title = seen.title or ""
        return site_role_of(title if len(title.split()) <= MAX_ROLE_WORDS else "", path)

    def _kind(self, structured: Sequence[Facts], role: str | None, text: str) -> PageKind:
        if structured:
            return "listing"
        cards = sum(len(group.links) for group in self.links.card_groups if not group.related)
        seen, url = self.visible, self.document.url
        category = bool(CATEGORY_PATH.search(url)) and not LISTING_PATH.search(url)
        plain = seen.price is not None and seen.price.score >= PLAIN_PRICE and not category
        if seen.offers or (seen.price and (seen.buyable or plain or cards < 3)):
            return "listing" if seen.title else "other"
        # What is sold out shows the prices of others only; its article number still says that the page is about it.
        numbered = bool(seen.labels.keys() & {"sku", "mpn", "gtin"})
        own = (seen.price and seen.is_posting) or (numbered and seen.heading is not None)
        if cards >= 3 and not (own and LISTING_PATH.search(url)):
            return "list"
        if seen.price and seen.heading is not None:
            return "listing"
        if role and role != "home":
            return "site"
        if role == "home":
            return "other"
        if seen.heading is not None and not category and len(text) >= 60:
            if seen.buyable or LISTING_PATH.search(url) or (seen.is_posting and seen.labels):
                return "listing"
        return "other"

    def _listings(self, structured: Sequence[Facts]) -> list[Listing]:
        shown = self.visible.facts()
        head = read_meta(self.document, self.locale, self.unmapped)
        if not structured:
            # The head of a page without structured data often speaks for the whole shop.
            head.description = head.description if not shown.description else None
        fields, origin = weigh([*structured, head, shown])
        if structured and shown.description and len(shown.description) > 2 * len(fields.get("description", "")):
            fields["description"], origin["description"] = shown.description, "css"
        if not fields.get("title"):
            return []
        return [self._listing(fields, origin)]

    def _listing(self, fields: dict[str, Any], origin: dict[str, Source]) -> Listing:
        key = listing_key(self.document.url, self.document.canonical_url)
        text = f"{fields.get('title', '')}\n{fields.get('description', '')}"
        language = language_of_matter(self.visible.region, text, self.language)
        return listing_of(fields, origin, id=listing_id(self.site or "", key), url=self.document.url, site=self.site,
                          language=language)  # fmt: skip

    def _cards(self) -> Iterator[Listing]:
        seen: set[str] = set()
        for group in self.links.card_groups:
            for element, url in group.links:
                if url in seen or group.related or len(seen) >= MAX_CARDS:
                    continue
                seen.add(url)
                card = group.cards[url]
                title = card_title(element, card)
                text = inline_text(card, limit=1_000)
                money = next((money for money in find_money(text, self.locale) if money.amount is not None), None)
                language = None if self.language and contradicts(self.language, text) else self.language
                if title:
                    key = listing_key(url, None)
                    yield Listing(id=listing_id(self.site or "", key), url=url, site=self.site, title=title[:500],
                                  price=money.as_price() if money else None, description=text or None,
                                  language=language, sources={"title": "css"})  # fmt: skip

    def _furniture_words(self) -> str:
        return furniture_words(self.visible.body, self.furniture, self.site or "", limit=MAX_STATED)

    def _own_words(self) -> str:
        entries = {card for group in self.links.card_groups for card in group.cards.values()}
        return own_words(self.visible.body, self.furniture, entries, self.site or "", limit=MAX_SITE_TEXT)


def _language_of(heading: HtmlElement | None, document: Document) -> str | None:
    """Return the language of the matter: of the heading, or of the text right behind it, else of the page."""
    beside = heading.getnext() if heading is not None else None
    if beside is not None and (stated := language_tag(beside.get("lang"))):
        return stated
    return language_at(heading, document)


def _take_variants(facts: Facts, others: Sequence[Facts]) -> None:
    """Add products of the same name (sizes, colours written as products of their own) as variants of one."""
    if facts.availability == "out_of_stock" and any(other.availability == "in_stock" for other in others):
        facts.availability = "in_stock"
    rows = []
    for other in others[:100]:
        if other.price and other.sku:
            raw = one_line(f"{other.sku} {other.price.raw}")[:300]
            rows.append(Offer(raw=raw, amount=other.price.amount, currency=other.price.currency))
    facts.offers = facts.offers or tuple(rows)
