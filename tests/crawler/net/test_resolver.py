"""The resolver guard, over a resolver that says what the test wants."""

from types import SimpleNamespace
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address

from crawler.net.addresses import AddressPolicy
from crawler.net.resolver import GuardedResolver


class Receiver:
    """What a connection sees of a resolution."""

    def __init__(self) -> None:
        self.addresses: list[Any] = []
        self.complete = False

    def resolutionBegan(self, resolution: object) -> None:
        """Nothing to do."""

    def addressResolved(self, address: object) -> None:
        self.addresses.append(address)

    def resolutionComplete(self) -> None:
        self.complete = True


class Names:
    """A resolver with answers by turn."""

    def __init__(self, *turns: list[str]) -> None:
        self.turns = list(turns)
        self.asked: list[str] = []

    def resolveHostName(self, receiver: Any, name: str, port: int, *rest: object) -> object:
        self.asked.append(name)
        receiver.resolutionBegan(self)
        for address in self.turns.pop(0):
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, port))
        receiver.resolutionComplete()
        return self


def guard(names: Names, policy: AddressPolicy | None = None) -> GuardedResolver:
    reactor: Any = SimpleNamespace(nameResolver=names)
    return GuardedResolver(reactor, policy or AddressPolicy())


def resolve(resolver: GuardedResolver, name: str, port: int = 80) -> list[str]:
    receiver = Receiver()
    resolver.resolveHostName(receiver, name, port)
    assert receiver.complete
    return [address.host for address in receiver.addresses]


def test_a_name_that_leads_to_a_private_address_has_no_address() -> None:
    resolver = guard(Names(["10.0.0.8"]))
    assert resolve(resolver, "intranet.example") == []
    assert "address 10.0.0.8 of intranet.example is not global" in str(resolver.refusal("intranet.example", 80))


def test_of_several_addresses_only_the_public_ones_are_handed_on() -> None:
    resolver = guard(Names(["127.0.0.1", "93.184.215.14", "::1", "2606:4700::1111"]))
    assert resolve(resolver, "mixed.example") == ["93.184.215.14", "2606:4700::1111"]


def test_a_name_that_is_rebound_is_refused_when_it_is_looked_up_again() -> None:
    resolver = guard(Names(["93.184.215.14"], ["127.0.0.1"]))
    assert resolve(resolver, "rebind.example") == ["93.184.215.14"]
    assert resolve(resolver, "rebind.example") == []


def test_a_literal_passes_through_the_guard_as_well() -> None:
    assert resolve(guard(Names(["127.0.0.1"])), "2130706433") == []


def test_an_opened_pair_is_resolved_and_another_port_is_not() -> None:
    policy = AddressPolicy(frozenset({("127.0.0.1", 8000)}))
    resolver = guard(Names(["127.0.0.1"], ["127.0.0.1"]), policy)
    assert resolve(resolver, "127.0.0.1", 8000) == ["127.0.0.1"]
    assert resolve(resolver, "127.0.0.1", 8001) == []


def test_names_under_localhost_are_never_asked_of_a_name_server() -> None:
    names = Names()
    policy = AddressPolicy(frozenset({("rogue.localhost", 8000)}))
    assert resolve(guard(names, policy), "rogue.localhost", 8000) == ["127.0.0.1"]
    assert resolve(guard(names, policy), "other.localhost", 8000) == []
    assert names.asked == []


def test_a_refusal_is_forgotten_once_the_name_leads_elsewhere() -> None:
    resolver = guard(Names(["10.0.0.8"], ["93.184.215.14"]))
    resolve(resolver, "moved.example")
    resolve(resolver, "moved.example")
    assert resolver.refusal("moved.example", 80) is None
