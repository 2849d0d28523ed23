"""How the desk is reached; decided once, by ``pharmakon serve``."""

import ipaddress
from dataclasses import dataclass

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names that can only mean this machine; any port, since a tunnel may move it."""


@dataclass(frozen=True)
class DeskSettings:
    """Where the desk answers and over what."""

    hostnames: frozenset[str] = LOOPBACK_NAMES
    """Lower-case host names a request may be addressed to, without port. Any other name is refused: a page on the web
    can point its own name at this machine (DNS rebinding) and would otherwise be served as the same origin."""
    tls: bool = False
    """Whether the browser speaks TLS to the desk or to a proxy before it: gives ``__Host-`` and Secure cookies."""

    @property
    def session_cookie(self) -> str:
        """Name of the session cookie; the prefix makes browsers refuse one set by a neighbouring host."""
        return "__Host-pharmakon" if self.tls else "pharmakon"


def is_loopback(host: str) -> bool:
    """Tell whether listening on ``host`` can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_of(header: str) -> str:
    """Return the host of a ``Host`` header in lower case, without port (an IPv6 address keeps its brackets)."""
    name = header.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0]
