"""Which addresses may be reached."""

import pytest

from crawler.net.addresses import AddressPolicy, host_and_port

NOT_PUBLIC = """127.0.0.1 127.8.9.10 0.0.0.0 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 198.18.0.1
192.0.2.1 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::7f00:1 64:ff9b::7f00:1
64:ff9b::a00:1 2002:7f00:1:: 2001:db8::1 fe80::1 fe80::1%eth0 fec0::1 fd00::1 ff02::1""".split()


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    refusal = AddressPolicy().refusal("shop.example", 80, address)
    assert refusal is not None
    assert "--allow-loopback" in refusal


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_a_public_address_is_let_through(address: str) -> None:
    assert AddressPolicy().refusal("shop.example", 443, address) is None


def test_what_is_no_address_is_refused() -> None:
    assert AddressPolicy().refusal("shop.example", 80, "somewhere") is not None


def test_allow_loopback_opens_exactly_the_pairs_of_the_start_urls() -> None:
    policy = AddressPolicy.for_start_urls(["http://127.0.0.1:8000/shop", "http://10.0.0.5/"], allow_loopback=True)
    assert policy.refusal("127.0.0.1", 8000, "127.0.0.1") is None
    assert policy.refusal("10.0.0.5", 80, "10.0.0.5") is None
    assert policy.refusal("127.0.0.1", 8001, "127.0.0.1") is not None
    assert policy.refusal("localhost", 8000, "127.0.0.1") is not None
    assert policy.refusal("10.0.0.5", 443, "10.0.0.5") is not None


def test_without_the_option_start_urls_open_nothing() -> None:
    policy = AddressPolicy.for_start_urls(["http://127.0.0.1:8000/"], allow_loopback=False)
    assert policy.refusal("127.0.0.1", 8000, "127.0.0.1") is not None


def test_an_opened_pair_does_not_open_the_metadata_service() -> None:
    policy = AddressPolicy.for_start_urls(["http://shop.example/"], allow_loopback=True)
    assert policy.refusal("shop.example", 80, "169.254.169.254") is not None


def test_names_under_localhost_have_a_fixed_address_only_when_opened() -> None:
    policy = AddressPolicy.for_start_urls(["http://rogue.localhost:8000/"], allow_loopback=True)
    assert policy.fixed_address("rogue.localhost", 8000) == "127.0.0.1"
    assert policy.fixed_address("other.localhost", 8000) is None
    assert policy.fixed_address("rogue.localhost", 8001) is None


def test_host_and_port_reads_only_web_addresses() -> None:
    assert host_and_port("HTTPS://Shop.Example./a") == ("shop.example", 443)
    assert host_and_port("http://[::1]:99/") == ("::1", 99)
    for url in ("ftp://shop.example/", "http://", "http://shop.example:99999/", "javascript:alert(1)", "http://[/"):
        assert host_and_port(url) is None
