"""The resolver guard: a name or literal that leads to an address which may not be reached has no address at all.

Twisted connects to the address it was given, so there is no second look-up that could be rebound to another one.
"""

import json
from typing import TYPE_CHECKING, Any, Protocol, Self

from scrapy.settings import BaseSettings
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped] # ships no types

from crawler.net.addresses import AddressPolicy, host_and_port

if TYPE_CHECKING:
    from twisted.internet.base import ReactorBase

POLICY_SETTING = "PHARMAKON_OPENED_PAIRS"
"""JSON list of the (host, port) pairs that ``--allow-loopback`` opened."""


class _HasSettings(Protocol):
    settings: BaseSettings


class _Receiver(Protocol):
    """``IResolutionReceiver`` in a form a type checker can follow."""

    def resolutionBegan(self, resolution: object) -> None: ...

    def addressResolved(self, address: object) -> None: ...

    def resolutionComplete(self) -> None: ...


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Resolutions are not cancelled; the download's own time limit ends the wait."""
        raise NotImplementedError


def policy_from_settings(settings: BaseSettings) -> AddressPolicy:
    """Read the policy that ``crawler.settings`` wrote."""
    return AddressPolicy(frozenset((host, port) for host, port in json.loads(settings.get(POLICY_SETTING, "[]"))))


@implementer(IHostnameResolver)
class GuardedResolver:
    """A ``TWISTED_DNS_RESOLVER`` that drops every address the policy refuses and remembers why.

    It is a *hostname* resolver because only that interface is told the port.
    """

    def __init__(self, reactor: "ReactorBase", policy: AddressPolicy) -> None:
        self.policy = policy
        self._reactor = reactor
        self._inner: Any = reactor.nameResolver  # zope interfaces say nothing to a type checker
        self._refused: dict[tuple[str, int], str] = {}

    @classmethod
    def from_crawler(cls, crawler: _HasSettings, reactor: "ReactorBase") -> Self:
        """Build from settings (Scrapy hands its process here, not a crawler)."""
        return cls(reactor, policy_from_settings(crawler.settings))

    def install_on_reactor(self) -> None:
        """Make every connection of this process ask here."""
        self._reactor.installNameResolver(self)  # type: ignore[arg-type] # declared with @implementer

    def refusal(self, host: str, port: int) -> str | None:
        """Return why the last resolution of ``host`` gave nothing, when it was this guard's doing."""
        return self._refused.get((host.lower(), port))

    def resolveHostName(
        self,
        resolutionReceiver: _Receiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: object = None,
        transportSemantics: str = "TCP",
    ) -> object:
        """Resolve and hand on only the addresses that may be reached (Twisted's ``IHostnameResolver``)."""
        fixed = self.policy.fixed_address(hostName, portNumber)
        if fixed is not None:
            return _answer(resolutionReceiver, hostName, IPv4Address("TCP", fixed, portNumber))
        if hostName.lower().rstrip(".").endswith(".localhost"):
            # Names under .localhost are never sent to a name server, and without leave they lead nowhere.
            self._refused[hostName.lower(), portNumber] = f"{hostName} is a loopback name"
            return _answer(resolutionReceiver, hostName)
        self._refused.pop((hostName.lower(), portNumber), None)
        return self._inner.resolveHostName(
            _Filter(self, resolutionReceiver, hostName, portNumber),
            hostName,
            portNumber,
            addressTypes,
            transportSemantics,
        )

    def admits(self, host: str, port: int, address: object) -> bool:
        """Decide on one resolved address, and remember a refusal."""
        if isinstance(address, IPv4Address | IPv6Address):
            reason = self.policy.refusal(host, port, address.host)
        else:
            reason = f"{host} resolved to something that is no IP address"
        if reason is not None:
            self._refused[host.lower(), port] = reason
        return reason is None


def refused_address(url: str) -> str | None:
    """Return why the guard of this process gave no address for ``url``, when that was its doing."""
    from twisted.internet import reactor

    resolver: object = reactor.nameResolver
    pair = host_and_port(url)
    return resolver.refusal(*pair) if isinstance(resolver, GuardedResolver) and pair else None


def _answer(receiver: _Receiver, name: str, *addresses: object) -> object:
    resolution = _Resolution(name)
    receiver.resolutionBegan(resolution)
    for address in addresses:
        receiver.addressResolved(address)
    receiver.resolutionComplete()
    return resolution


@implementer(IResolutionReceiver)
class _Filter:
    """Stands between the system's resolver and the connection that waits for addresses."""

    def __init__(self, guard: GuardedResolver, receiver: _Receiver, host: str, port: int) -> None:
        self._guard = guard
        self._receiver = receiver
        self._host = host
        self._port = port

    def resolutionBegan(self, resolution: object) -> None:
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: object) -> None:
        if self._guard.admits(self._host, self._port, address):
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:
        self._receiver.resolutionComplete()
