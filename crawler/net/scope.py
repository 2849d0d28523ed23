"""Which URLs belong to a run: exact hosts of the start URLs, and their ``www.`` twin where ports are standard."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import tldextract

from crawler.net.addresses import DEFAULT_PORTS, host_and_port

SameSite = Literal["host", "domain"]
"""``host``: the hosts of the start URLs; ``domain``: all hosts under their registrable domains."""

# The bundled list: a run never fetches the public suffix list from the network.
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=4096)
def registrable_domain(host: str) -> str | None:
    """Return the registrable domain of a host name, or None for an address or a bare suffix."""
    return _suffixes(host).top_domain_under_public_suffix or None


def site_of(url: str) -> str | None:
    """Return the site a URL belongs to: its host name, with the port where that is not the scheme's default."""
    pair = host_and_port(url)
    if pair is None:
        return None
    host, port = pair
    name = f"[{host}]" if ":" in host else host
    return name if port == DEFAULT_PORTS[url.partition(":")[0].lower()] else f"{name}:{port}"


@dataclass(frozen=True)
class Scope:
    """The hosts and ports of one run."""

    pairs: frozenset[tuple[str, int]]
    domains: frozenset[str] = frozenset()

    @classmethod
    def of(cls, start_urls: Iterable[str], *, same_site: SameSite = "host") -> "Scope":
        """Build the scope of ``start_urls``."""
        pairs: set[tuple[str, int]] = set()
        domains: set[str] = set()
        for url in start_urls:
            pair = host_and_port(url)
            if pair is None:
                continue
            host, port = pair
            domain = registrable_domain(host)
            if port not in DEFAULT_PORTS.values() or domain is None:
                pairs.add(pair)
                continue
            twin = host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
            names = (host, twin) if domain in (host, twin) else (host,)
            pairs.update((name, standard) for name in names for standard in DEFAULT_PORTS.values())
            if same_site == "domain":
                domains.add(domain)
        return cls(frozenset(pairs), frozenset(domains))

    def allows_pair(self, host: str, port: int) -> bool:
        """Say whether a connection to ``host`` and ``port`` belongs to the run."""
        if (host, port) in self.pairs:
            return True
        return bool(self.domains) and port in DEFAULT_PORTS.values() and registrable_domain(host) in self.domains

    def refusal(self, url: str) -> str | None:
        """Return why a URL is not part of the run, or None when it is."""
        pair = host_and_port(url)
        if pair is None:
            return "not an http or https URL"
        if "@" in url.partition("//")[2].partition("/")[0]:
            return "the URL carries credentials"
        return None if self.allows_pair(*pair) else "another site"
