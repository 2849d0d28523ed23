"""What is read from one page: the result of :func:`crawler.pages.generic.extract_page`."""

from dataclasses import dataclass, field
from typing import Literal

from casefile.records import Listing
from crawler.extract.roles import LinkRole, SiteRole
from crawler.extract.site_facts import SiteFacts

PageKind = Literal["listing", "list", "site", "other"]
"""``listing``: offers one thing (perhaps in variants); ``list``: cards that lead to listings."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the page, absolute and without fragment; each URL once, in page order."""

    url: str
    role: LinkRole
    text: str = ""
    site_role: SiteRole | None = None
    """Which page of the shop a ``site`` link leads to."""
    nofollow: bool = False


@dataclass(frozen=True, slots=True)
class SiteText:
    """A page that speaks for the whole shop. The caller knows the capture and makes a ``SitePage`` of it."""

    role: SiteRole
    text: str


@dataclass(frozen=True, slots=True)
class PageExtract:
    """Everything one page gives. ``captured_at`` and ``capture`` of the listings are left to the caller."""

    url: str
    """The address the page was asked for, or the canonical one for a page saved without address."""
    kind: PageKind = "other"
    listings: tuple[Listing, ...] = ()
    """Fully on this page: one product, or every post or card when the page is all there is."""
    cards: tuple[Listing, ...] = ()
    """Short entries of a list page whose own pages should be fetched: title, price, link, and no more."""
    links: tuple[Link, ...] = ()
    site_page: SiteText | None = None
    site: SiteFacts = field(default_factory=SiteFacts)
    title: str | None = None
    language: str | None = None
    canonical_url: str | None = None
    looks_empty_shell: bool = False
    """The page holds next to no text and needs a browser to show what it offers."""
    block: Literal["blocked", "captcha"] | None = None
    """The page is a bot wall and not the page that was asked for."""
    refused: str | None = None
    """Which bound the page broke; nothing was read then."""
    unmapped: dict[str, int] = field(default_factory=dict)
    """``field:value`` of values that no rule could map, with their number (for statistics per site)."""

    def links_with_role(self, role: LinkRole) -> tuple[Link, ...]:
        """Return the links with ``role`` in page order."""
        return tuple(link for link in self.links if link.role == role)
