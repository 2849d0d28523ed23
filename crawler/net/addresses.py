"""Which network addresses may be reached: public ones, and the loopback ports a person has opened by name."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are an IPv4 address, so such an address is as public as that one."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class AddressPolicy:
    """Decides from host name, port and resolved address; holds the pairs that ``--allow-loopback`` opened."""

    opened: frozenset[tuple[str, int]] = field(default_factory=frozenset)
    """(host name as written in a start URL, port)."""

    @classmethod
    def for_start_urls(cls, urls: Iterable[str], *, allow_loopback: bool) -> "AddressPolicy":
        """Open exactly the host:port pairs of ``urls``, or none."""
        if not allow_loopback:
            return cls()
        return cls(frozenset(pair for url in urls if (pair := host_and_port(url)) is not None))

    def is_opened(self, host: str, port: int) -> bool:
        """Say whether a person named this pair in a start URL and asked for loopback."""
        return (host.lower().rstrip("."), port) in self.opened

    def fixed_address(self, host: str, port: int) -> str | None:
        """Return the address of a ``*.localhost`` name without asking any resolver (RFC 6761 section 6.3)."""
        name = host.lower().rstrip(".")
        return "127.0.0.1" if name.endswith(".localhost") and self.is_opened(name, port) else None

    def refusal(self, host: str, port: int, address: str) -> str | None:
        """Return why ``address`` must not be connected to, or None when it may be."""
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return f"{address!r} is not an IP address"
        target = embedded_ipv4(parsed) or parsed
        if is_public(target) and is_public(parsed):
            return None
        if self.is_opened(host, port) and (target.is_loopback or (target.is_private and not target.is_link_local)):
            return None
        return f"address {parsed} of {host} is not global; private addresses need --allow-loopback"


def embedded_ipv4(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for (mapped, 6to4, Teredo, NAT64), if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def is_public(address: Address) -> bool:
    """Say whether an address belongs to the public unicast Internet.

    ``is_global`` alone would let multicast through, and on older Pythons some reserved blocks.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.is_site_local:
            return False
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def host_and_port(url: str) -> tuple[str, int] | None:
    """Return the lower-case host name and the port of an http(s) URL, or None when it has none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not host:
        return None
    return host.lower().rstrip("."), port or DEFAULT_PORTS[parts.scheme]
