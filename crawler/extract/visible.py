"""What a reader of the page sees of one offer, as facts: the source of last resort, and often the only one."""

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement

from casefile.records import Contact, Image, Seller
from crawler.extract.cards import LinkGroup
from crawler.extract.contacts import each_once, find_contacts, hidden_email, link_contact
from crawler.extract.detail import (
    description_of,
    has_buy_button,
    posting_part,
    region_of,
    stock_in_words,
    title_segments,
)
from crawler.extract.document import Document, one_line
from crawler.extract.entries import Entries
from crawler.extract.facts import Facts
from crawler.extract.furniture import Furniture
from crawler.extract.gtin import valid_gtin
from crawler.extract.identity import read_batch, read_expiry, read_registration
from crawler.extract.labelled import labelled_values
from crawler.extract.locale import PageLocale
from crawler.extract.offers import read_offers
from crawler.extract.price_elements import PriceElement, money_holders, price_elements
from crawler.extract.statements import (
    read_payments,
    read_place,
    read_places,
    read_prescription,
    ships_from_in_words,
    ships_worldwide,
)
from crawler.extract.text import inline_text, visible_text

MIN_PRICE_SCORE = 2.5
_POSTER_NAME = re.compile(
    r"(?:^|[\s_-])(?:author|username|user-name|seller|vendor|postprofile|poster|advertiser|merchant)(?:$|[\s_-](?:name)?)",
    re.IGNORECASE,
)
_ARTICLE_NUMBER = re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z]{1,4}\d{5,}|\d{5,14})(?![A-Za-z0-9])")
_REPEATED = XPath(
    "boolean(//*[@value=$token or @data-sku=$token or @data-product-id=$token or @data-productid=$token"
    " or @data-id=$token or @data-item-id=$token or @data-itemid=$token or @data-pid=$token"
    " or @data-product=$token or @data-code=$token])"
)


class VisibleOffer:
    """The visible side of a page: heading, region, price, labelled values; each read once, when asked for."""

    def __init__(
        self,
        document: Document,
        locale: PageLocale,
        furniture: Furniture,
        card_groups: Sequence[LinkGroup],
        heading: HtmlElement | None,
    ) -> None:
        self._document = document
        self._locale = locale
        self._furniture = furniture
        self.body: HtmlElement = document.root.find("body")
        self.heading = heading
        self._in_cards = self._card_elements(card_groups)
        self._entries = Entries(document, heading)
        self._holders = money_holders(self.body, locale)
        self.price = self._best_price()
        anchor = self.heading if self.heading is not None else self.body
        self.region = region_of(anchor, self.price.element if self.price else None)
        self.labels = labelled_values(self.region)
        holding = [element for element, _ in self._holders]
        self.offers = read_offers(holding, self.region, locale, self.title or "", self._entries.leads_on)
        self.buyable = has_buy_button(self.region)

    @property
    def title(self) -> str | None:
        """Text of the heading, or the longest part of ``<title>`` on a page without one."""
        text = inline_text(self.heading, limit=500) if self.heading is not None else ""
        return text or max(title_segments(self._document), key=len, default=None)

    def _card_elements(self, groups: Sequence[LinkGroup]) -> set[HtmlElement]:
        within = set(self.heading.iterancestors()) if self.heading is not None else set()
        return {card for group in groups for card in group.cards.values() if card not in within}

    def skips(self, element: HtmlElement) -> bool:
        """Whether an element speaks of something else: menus, related items, entries of a list."""
        if self._furniture.kind(element):
            return True
        return element in self._in_cards or any(ancestor in self._in_cards for ancestor in element.iterancestors())

    def _is_of_others(self, element: HtmlElement) -> bool:
        return self.skips(element) or self._entries.holds(element)

    def _best_price(self) -> PriceElement | None:
        found = price_elements(self._holders, self._locale, self.heading, self._is_of_others)
        return found[0] if found and found[0].score >= MIN_PRICE_SCORE else None

    @property
    def is_posting(self) -> bool:
        """Whether the heading belongs to something marked up as a post, an ad or a product."""
        return self.heading is not None and posting_part(self.heading)

    def facts(self) -> Facts:
        """Return what the page shows."""
        facts = Facts(source="css")
        facts.title = self.title
        facts.offers = self.offers
        if self.price and not (self.offers and self._is_row_of_offers(self.price)):
            facts.price = self.price.price
        facts.description = description_of(self.region, self.heading, self._furniture)
        facts.availability = stock_in_words(self.region, self._furniture, buyable=self.buyable)
        facts.images = tuple(self._images())
        self._take_labels(facts)
        self._take_words(facts)
        return facts

    def _take_words(self, facts: Facts) -> None:
        """Take what the running text states: contacts, payment, shipping, prescription, batch and the like."""
        said = visible_text(self.region, limit=60_000)
        pictures = [image.alt for image in facts.images if image.alt]
        text = "\n".join([facts.title or "", said, *pictures])
        facts.contacts = tuple(each_once([*self._linked_contacts(), *find_contacts(text, self._locale.country)]))
        stated = self.labels.get("payments")
        facts.payments = tuple(read_payments(stated or text))
        facts.ships_from = read_place(self.labels.get("ships_from", "")) or ships_from_in_words(text)
        facts.ships_to = tuple(dict.fromkeys(read_places(self.labels.get("ships_to", ""))))
        if not facts.ships_to and ships_worldwide(text):
            facts.ships_to = ("*",)
        facts.prescription = read_prescription(text)
        facts.batch = facts.batch or read_batch(text)
        facts.expiry = read_expiry(text)
        facts.registration = _short(self.labels.get("registration"), 60) or read_registration(text)

    def _linked_contacts(self) -> list[Contact]:
        found = []
        for link in self.region.iter("a", "area"):
            href = link.get("href") or ""
            hidden = link.get("data-cfemail")
            if hidden and (address := hidden_email(hidden)):
                found.append(Contact(kind="email", raw=address, value=address))
            elif contact := link_contact(href):
                found.append(contact)
        return found

    def _is_row_of_offers(self, price: PriceElement) -> bool:
        return any(price.price.raw in offer.raw for offer in self.offers)

    def _take_labels(self, facts: Facts) -> None:
        labels = self.labels
        if not {"brand", "sku"} <= labels.keys():
            # Tables of details often stand below, outside the part with heading and price.
            wide = labelled_values(self.body)
            labels = {**{name: wide[name] for name in ("brand", "sku", "mpn", "gtin") if name in wide}, **labels}
        facts.brand = _short(labels.get("brand") or labels.get("manufacturer"))
        facts.sku = _short(labels.get("sku"), 60) or self._number_in_own_address()
        facts.mpn = _short(labels.get("mpn"), 60)
        facts.gtin = valid_gtin(labels.get("gtin"))
        facts.batch = _short(labels.get("batch"), 40)
        facts.strength = _short(labels.get("strength"), 60)
        facts.form = _short(labels.get("form"), 60)
        facts.substances = tuple(filter(None, (_short(labels.get("substances"), 120),)))
        seller = _short(labels.get("seller"), 120) or self._named_poster()
        if seller:
            facts.seller = Seller(name=seller)

    def _named_poster(self) -> str | None:
        """Return the first short text of an element that is named for who offers."""
        for element in self.region.iter("div", "span", "a", "p", "dl", "b", "strong", "td"):
            if _names_poster(element.get("class") or "") and not self._furniture.kind(element):
                lines = visible_text(element, limit=300).split("\n")
                name = re.sub(r"^(?:by|von|par|por|от|sold by)\s+", "", lines[0], flags=re.IGNORECASE)
                if 2 <= len(name) <= 60:
                    return name
        return None

    def _number_in_own_address(self) -> str | None:
        """Return the article number in the page's address, when a form field or a data attribute repeats it."""
        parts = urlsplit(self._document.url)
        for token in reversed(_ARTICLE_NUMBER.findall(f"{parts.path}?{parts.query}")[-6:]):
            if _REPEATED(self._document.root, token=token):
                return str(token)
        return None

    def _images(self) -> list[Image]:
        images: dict[str, Image] = {}
        for element in self.region.iter("img"):
            source = element.get("src") or element.get("data-src") or element.get("data-lazy") or ""
            url = self._document.absolute(source) if source and not source.startswith("data:") else None
            if url and url not in images and not self.skips(element):
                images[url] = Image(url=url, alt=one_line(element.get("alt") or "")[:500] or None)
            if len(images) >= 20:
                break
        return list(images.values())


@lru_cache(maxsize=8192)
def _names_poster(names: str) -> bool:
    return bool(_POSTER_NAME.search(names))


def _short(text: str | None, limit: int = 200) -> str | None:
    """Return a labelled value on one line, None for one too long to be a value."""
    line = one_line(text or "")
    return line if line and len(line) <= limit else None
