"""What any page of a shop says of the shop as a whole: name, contacts, licence claims, analytics ids."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from casefile.records import Contact
from crawler.extract.contacts import e164, each_once, find_contacts, link_contact
from crawler.extract.document import Document
from crawler.extract.licences import licence_claims
from crawler.extract.nodes import Node, walk
from crawler.extract.statements import read_place

_ORGANISATIONS: Final = frozenset(
    "organization localbusiness pharmacy store onlinestore onlinebusiness corporation medicalbusiness drugstore".split()
)
_TRACKERS: Final = {
    "google_analytics": re.compile(rb"UA-\d{4,10}-\d{1,4}(?!\d)"),
    "google_analytics_4": re.compile(rb"G-[A-Z0-9]{8,12}(?=[\"'&])"),
    "google_tag_manager": re.compile(rb"GTM-[A-Z0-9]{5,9}(?!\w)"),
    "google_ads": re.compile(rb"AW-\d{8,12}(?!\d)"),
    "adsense": re.compile(rb"ca-pub-\d{14,18}(?!\d)"),
    "facebook_pixel": re.compile(rb"fbq\(\s*[\"']init[\"']\s*,\s*[\"'](\d{12,18})[\"']"),
    "yandex_metrika": re.compile(rb"mc\.yandex\.ru/watch/(\d{6,10})"),
    "hotjar": re.compile(rb"hjid\s*:\s*(\d{5,9})"),
    "tawk": re.compile(rb"embed\.tawk\.to/([0-9a-f]{24})"),
    "baidu": re.compile(rb"hm\.baidu\.com/hm\.js\?([0-9a-f]{32})"),
    "matomo": re.compile(rb"setSiteId[\"']\s*,\s*[\"']?(\d{1,6})"),
    "tiktok_pixel": re.compile(rb"ttq\.load\([\"']([A-Z0-9]{15,25})[\"']"),
}
_TRACKER_LITERALS: Final = {
    kind: re.split(r"[\\(\[]", pattern.pattern.decode().replace("\\.", "."))[0].encode()
    for kind, pattern in _TRACKERS.items()
}
"""What each begins with, in UTF-8 as the patterns: a plain search of a large page costs next to nothing."""
_TEXT_END: Final = 6_000
"""Characters at either end of a long page that are searched: shops state contacts in header and footer."""


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What a page says of the shop as a whole."""

    name: str | None = None
    country: str | None = None
    contacts: tuple[Contact, ...] = ()
    licence_claims: tuple[str, ...] = ()
    trackers: tuple[str, ...] = ()
    """Analytics and pixel ids, ``kind:value``."""


def read_site_facts(
    document: Document, nodes: Iterable[Node], text: str, stated: str, country: str | None
) -> SiteFacts:
    """Read the facts of one page.

    Args:
        document: the page.
        nodes: its structured data.
        text: its visible text.
        stated: the part of it that speaks for the shop: header and footer, and the page about the shop if it is one.
        country: of the page, for national telephone numbers.
    """
    organisations = [node for node in walk(nodes) if node.is_a(*_ORGANISATIONS)]
    ends = text if len(text) <= 2 * _TEXT_END else f"{text[:_TEXT_END]}\n{text[-_TEXT_END:]}"
    contacts = [*_stated_contacts(organisations, country), *_linked_contacts(document), *find_contacts(ends, country)]
    name = document.meta.get("og:site_name") or next((n.text("name") for n in organisations if n.text("name")), None)
    places = (address.text("addresscountry") for node in organisations for address in node.nodes("address"))
    place = next((place for place in places if place), None)
    return SiteFacts(
        name=name[:200] if name else None,
        country=read_place(place) if place else None,
        contacts=tuple(each_once(contacts)),
        licence_claims=tuple(licence_claims(stated)),
        trackers=tuple(_trackers(document.encoded)),
    )


def _stated_contacts(organisations: Iterable[Node], country: str | None) -> Iterator[Contact]:
    for node in organisations:
        for part in [node, *node.nodes("contactpoint")]:
            for number in part.texts("telephone"):
                yield Contact(kind="phone", raw=number[:60], value=e164(number, country))
            for address in part.texts("email"):
                plain = address.removeprefix("mailto:").strip().lower()
                if "@" in plain:
                    yield Contact(kind="email", raw=address[:200], value=plain)
        for url in node.texts("sameas"):
            contact = link_contact(url)
            if contact:
                yield contact


def _linked_contacts(document: Document) -> Iterator[Contact]:
    for element in document.root.iter("a"):
        href = element.get("href") or ""
        if ":" in href[:12]:
            contact = link_contact(href)
            if contact:
                yield contact


def _trackers(page: bytes) -> Iterator[str]:
    for kind, pattern in _TRACKERS.items():
        if _TRACKER_LITERALS[kind] not in page:
            continue
        for value in dict.fromkeys(match[match.lastindex or 0] for match in pattern.finditer(page)):
            yield f"{kind}:{value.decode()}"
