"""How good a crawl of the sandbox was: its bundle against the ground truth. Pure but for :func:`read_bundle`."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from casefile.records import Capture, Listing
from crawler.sandbox.truth import TrueListing

RECALL_TARGET: Final = 0.98

_Key = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class WrongPrice:
    """A price the crawl states and the shop does not."""

    id: str
    url: str
    expected: str
    found: str


@dataclass(frozen=True)
class CrawlCheck:
    """What a crawl found of what was there."""

    expected: int
    """Listings a well-behaved crawl reaches."""
    found: int
    missing: tuple[str, ...]
    """Ids of expected listings that were not found."""
    forbidden: tuple[str, ...]
    """Ids of listings found although robots.txt or a block page stands before them."""
    unknown: tuple[str, ...]
    """Addresses the crawl takes for listings and the truth does not know."""
    duplicates: tuple[str, ...]
    """Ids found under more than one listing id."""
    wrong_prices: tuple[WrongPrice, ...]
    prices_expected: int
    """Of the listings found, how many state one price (an offer table is counted by its rows)."""
    prices_right: int
    titles_right: int
    offers_expected: int
    """Rows of the offer tables of the listings found."""
    offers_right: int
    fetched_hosts: tuple[str, ...]
    """Every ``host:port`` the crawl fetched from."""
    outside: tuple[str, ...]
    """Addresses fetched from a host that is not in the start URLs."""
    by_site: Mapping[str, tuple[int, int]]
    """Site to (found, expected)."""

    @property
    def recall(self) -> float:
        """Share of the expected listings that was found."""
        return self.found / self.expected if self.expected else 1.0

    @property
    def passed(self) -> bool:
        """Whether the crawl reaches the targets: recall, no wrong price, nothing fetched outside nor forbidden."""
        return self.recall >= RECALL_TARGET and not (self.wrong_prices or self.outside or self.forbidden)


def read_bundle(folder: Path) -> tuple[list[Listing], list[str]]:
    """Return the listings of a bundle and every address it fetched (redirects too)."""
    listings = [
        Listing.from_json(json.loads(line)) for line in (folder / "listings.jsonl").read_bytes().splitlines() if line
    ]
    fetched = []
    for line in (folder / "captures.jsonl").read_bytes().splitlines():
        capture = Capture.from_json(json.loads(line))
        fetched += [capture.url, capture.final_url, *capture.redirects]
    return listings, fetched


def check_crawl(
    listings: Iterable[Listing],
    fetched: Iterable[str],
    truth: Sequence[TrueListing],
    start_urls: Mapping[str, str],
    *,
    generation: int = 1,
) -> CrawlCheck:
    """Compare what a crawl found with the truth of the sites in ``start_urls`` (site key to address).

    A price counts as right when amount and currency are the ones shown; on a page with an offer table, any of its rows
    will do. It counts as wrong when it states another one, and as neither when the crawl left it open.
    """
    origins = {_origin(url): site for site, url in start_urls.items()}
    standing = [row for row in (item.at(generation) for item in truth if item.site in start_urls) if row]
    naming = _naming_parameters(standing)
    by_key: dict[tuple[str, _Key], TrueListing] = {
        (row.site, _key(row.path, naming[row.site])): row for row in standing
    }
    found: dict[str, list[Listing]] = {}
    unknown = []
    for listing in listings:
        site = origins.get(_origin(listing.url or ""), "")
        row = by_key.get((site, _key(listing.url or "", naming[site]))) if site in naming else None
        if row is None:
            unknown.append(listing.url or listing.id)
        else:
            found.setdefault(row.id, []).append(listing)
    expected = [row for row in standing if row.expected]
    hits = [row for row in standing if row.id in found]
    prices = [_judge_price(row, found[row.id][0]) for row in hits]
    offers = [_judge_offers(row, found[row.id][0]) for row in hits]
    addresses = [url for url in fetched if urlsplit(url).scheme in ("http", "https")]
    return CrawlCheck(
        expected=len(expected),
        found=sum(row.id in found for row in expected),
        missing=tuple(row.id for row in expected if row.id not in found),
        forbidden=tuple(row.id for row in hits if not row.expected),
        unknown=tuple(sorted(unknown)),
        duplicates=tuple(row.id for row in hits if len({listing.id for listing in found[row.id]}) > 1),
        wrong_prices=tuple(verdict for verdict in prices if isinstance(verdict, WrongPrice)),
        prices_expected=sum(row.price is not None for row in hits),
        prices_right=sum(verdict is True for row, verdict in zip(hits, prices, strict=True) if row.price),
        titles_right=sum(found[row.id][0].title == row.title for row in hits),
        offers_expected=sum(len(row.offers) for row in hits),
        offers_right=sum(offers),
        fetched_hosts=tuple(sorted({urlsplit(url).netloc for url in addresses})),
        outside=tuple(sorted({url for url in addresses if _origin(url) not in origins})),
        by_site=_by_site(expected, found),
    )


def _by_site(expected: Sequence[TrueListing], found: Mapping[str, object]) -> dict[str, tuple[int, int]]:
    wanted = Counter(row.site for row in expected)
    got = Counter(row.site for row in expected if row.id in found)
    return {site: (got[site], number) for site, number in wanted.items()}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _naming_parameters(truth: Iterable[TrueListing]) -> dict[str, frozenset[str]]:
    """Return, per site, the query parameters that name a listing; all others (tracking, sessions) do not count."""
    names: dict[str, set[str]] = {}
    for row in truth:
        names.setdefault(row.site, set()).update(name for name, _ in parse_qsl(urlsplit(row.path).query))
    return {site: frozenset(found) for site, found in names.items()}


def _key(url: str, naming: frozenset[str]) -> _Key:
    parts = urlsplit(url)
    query = frozenset((name, value) for name, value in parse_qsl(parts.query) if name in naming)
    return unquote(parts.path) or "/", query


def _judge_price(row: TrueListing, listing: Listing) -> WrongPrice | bool | None:
    """Return True for a right price, None for one left open, and what is wrong otherwise."""
    stated = [row.price] if row.price else []
    stated += row.offers
    shown = listing.price
    if not stated or shown is None or shown.amount is None:
        return None
    pairs = {(Decimal(price.amount), price.currency) for price in stated}
    amount = Decimal(shown.amount)
    if (amount, shown.currency) in pairs:
        return True
    if shown.currency is None and any(amount == known for known, _ in pairs):
        return None
    wanted = " or ".join(sorted(f"{known} {currency}" for known, currency in pairs))
    return WrongPrice(id=row.id, url=listing.url or "", expected=wanted, found=f"{amount} {shown.currency}")


def _judge_offers(row: TrueListing, listing: Listing) -> int:
    """Count the rows of the offer table that were read with the right count, amount and currency."""
    read = {(o.count, Decimal(o.amount), o.currency) for o in listing.offers if o.amount is not None}
    return sum((offer.count, Decimal(offer.amount), offer.currency) in read for offer in row.offers)
