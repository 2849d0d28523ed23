"""The browser's way out: nothing passes that the run does not allow."""

import asyncio
from collections.abc import Awaitable, Callable

from crawler.net.addresses import AddressPolicy
from crawler.net.egress import EgressProxy
from tests.crawler.local_site import LocalSite


def through_proxy(
    proxy: EgressProxy, conversation: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]
) -> bytes:
    async def talk() -> bytes:
        address = await proxy.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
        try:
            return await asyncio.wait_for(conversation(reader, writer), 10)
        finally:
            writer.close()
            await proxy.close()

    return asyncio.run(talk())


def send(request: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(request.encode())
        await writer.drain()
        return await reader.read(65536)

    return conversation


def opened(site: LocalSite) -> AddressPolicy:
    return AddressPolicy(frozenset({("127.0.0.1", site.port)}))


def test_a_page_of_the_run_passes() -> None:
    with LocalSite({"/a?b=1": "hello"}) as site:
        proxy = EgressProxy(lambda host, port: port == site.port, opened(site))
        answer = through_proxy(proxy, send(f"GET {site.origin}/a?b=1 HTTP/1.1\r\nHost: x\r\n\r\n"))
        assert answer.startswith(b"HTTP/1.1 200")
        assert site.paths == ["/a?b=1"]


def test_another_port_is_refused_and_counted() -> None:
    with LocalSite({"/": "secret"}) as site:
        proxy = EgressProxy(lambda host, port: False, opened(site))
        for request in (
            f"GET {site.origin}/ HTTP/1.1\r\nHost: x\r\n\r\n",
            f"CONNECT 127.0.0.1:{site.port} HTTP/1.1\r\n\r\n",
        ):
            assert through_proxy(proxy, send(request)).startswith(b"HTTP/1.1 403")
        assert site.visits == []
        assert proxy.refused == {f"127.0.0.1:{site.port}": 2}


def test_a_host_of_the_run_that_leads_to_a_private_address_is_refused() -> None:
    with LocalSite({"/": "secret"}) as site:
        proxy = EgressProxy(lambda host, port: True, AddressPolicy())
        for host in (
            "127.0.0.1",
            "localhost",
            "2130706433",
            "0x7f000001",
            "127.1",
            "[::ffff:127.0.0.1]",
            "a.localhost",
        ):
            request = f"GET http://{host}:{site.port}/ HTTP/1.1\r\nHost: x\r\n\r\n"
            assert b"200" not in through_proxy(proxy, send(request))[:16]
        assert site.visits == []


def test_a_second_request_on_the_same_connection_is_not_forwarded() -> None:
    with LocalSite({"/": "first", "/second": "second"}) as site:
        proxy = EgressProxy(lambda host, port: port == site.port, opened(site))
        one = f"GET {site.origin}/ HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"
        two = "GET http://169.254.169.254/second HTTP/1.1\r\nHost: y\r\n\r\n"
        through_proxy(proxy, send(one + two))
        assert "/second" not in site.paths
        assert not any("169.254" in path for path in site.paths)


def test_other_schemes_and_rubbish_are_refused() -> None:
    for request, status in (
        ("GET ftp://127.0.0.1/ HTTP/1.1\r\n\r\n", b"403"),
        ("CONNECT nowhere HTTP/1.1\r\n\r\n", b"400"),
        ("hello\r\n\r\n", b"400"),
    ):
        proxy = EgressProxy(lambda host, port: True, AddressPolicy())
        assert through_proxy(proxy, send(request)).split(b" ")[1] == status
