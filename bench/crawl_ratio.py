"""What safety, evidence and extraction cost a crawl: ``python -m bench.crawl_ratio [--pages N] [--bytes N...]``.

Fetches the same product pages twice from the same loopback server: with bare Scrapy (default settings, the same
concurrency, a callback that does nothing) and with the whole crawl (guards, robots.txt, WARC, extraction, bundle).
Each is timed at the server, from the first page asked for to the last, so that start-up counts for neither. The rounds
alternate and the best of each is printed, with the ratio. Measured for pages of the size shops send and for pages of
the size the sandbox serves; the target, at least 0.35, is of the former. Processor time is printed beside it, because
the ratio of clocks says little on a machine that does other things: what is neither Scrapy nor reading the page is the
cost of guards, evidence and book-keeping, start-up taken off.
"""

import argparse
import json
import multiprocessing
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from crawler.job import LOOPBACK_CONCURRENCY, CrawlJob
from crawler.pages import extract_page
from crawler.run import run_job

TARGET = 0.35
SHOP_BYTES = 60_000
SANDBOX_BYTES = 4_000
START_UP_PAGES = 10
WORDS = "tablets blister pharmacy prescription delivery leaflet dosage generic quality storage effects children".split()

BARE_SPIDER = """
import json, sys
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess

class Bare(Spider):
    name = "bare"
    async def start(self):
        for url in json.load(open(sys.argv[1])):
            yield Request(url, dont_filter=True)
    def parse(self, response):
        pass

process = AsyncCrawlerProcess({"LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False,
                               "CONCURRENT_REQUESTS_PER_DOMAIN": int(sys.argv[2])})
process.crawl(Bare)
process.start()
"""


def product(number: int, size: int) -> bytes:
    """Return a page of about ``size`` bytes, mostly markup as shop engines write it; one number, one page."""
    dice = random.Random(number)  # noqa: S311 - not for secrets
    name = f"Sildenafil {dice.choice((25, 50, 100))} mg no. {number}"
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": name,
        "sku": f"S-{number}",
        "brand": {"@type": "Brand", "name": "Generic"},
        "offers": {"@type": "Offer", "price": f"{10 + number % 90}.90", "priceCurrency": "EUR"},
    }
    menu = "".join(
        f'<li class="menu-item"><a href="/c/{index}" title="Category">{index}</a></li>' for index in range(60)
    )
    blocks: list[str] = []
    length = 0
    while length < size:
        text = " ".join(dice.choices(WORDS, k=12))
        classes = " ".join(f"elementor-col-{dice.randrange(99)} wp-block-{dice.randrange(99)}" for _ in range(6))
        sources = ", ".join(f"/media/{dice.randrange(10**6)}-{width}w.webp {width}w" for width in (320, 640, 960, 1280))
        blocks.append(
            f'<div class="{classes}" data-id="{dice.randrange(10**9)}" style="margin:0;padding:0 12px">'
            f'<img src="/media/a.webp" srcset="{sources}" loading="lazy" alt=""><p>{text}.</p></div>\n'
        )
        length += len(blocks[-1])
    head = f'<title>{name}</title><script type="application/ld+json">{json.dumps(data)}</script>'
    price = f"<p class=price>{10 + number % 90}.90 EUR</p>"
    body = f"<nav><ul>{menu}</ul></nav><h1>{name}</h1>{price}{''.join(blocks)}"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'.encode()


def serve(pages: int, size: int, pipe: Connection) -> None:
    """Serve the pages, and answer each message on ``pipe`` with the seconds between the first and the last page."""
    import asyncio

    def answer(body: bytes, media_type: str = "text/html; charset=utf-8", status: str = "200 OK") -> bytes:
        return f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    known = {f"/p/{number}": answer(product(number, size)) for number in range(pages)}
    missing = answer(b"", status="404 Not Found")
    seen: list[float] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode()
                if path in known:
                    seen.append(time.perf_counter())
                writer.write(known.get(path, missing))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        links = "".join(f'<a href="/p/{number}">{number}</a> ' for number in range(pages))
        known_home = answer(f"<html><body>{links}</body></html>".encode())
        known["/"] = known_home
        pipe.send(port)

        def report() -> None:
            pipe.recv()
            pipe.send((len(seen), seen[-1] - seen[0]))
            seen.clear()

        asyncio.get_running_loop().add_reader(pipe.fileno(), report)
        await server.serve_forever()

    asyncio.run(run())


@dataclass
class Measured:
    """The rounds of one side."""

    rates: list[float] = field(default_factory=list)
    """Pages a second."""
    processor: list[float] = field(default_factory=list)
    """Seconds of processor time of the whole process."""

    def line(self, name: str) -> str:
        """Return the figures as one line."""
        rounds = ", ".join(f"{rate:.0f}" for rate in self.rates)
        return f"{name:<16}{max(self.rates):7.1f} pages/s   (rounds: {rounds})"


def measure(pages: int, size: int, rounds: int) -> float:
    """Measure pages of one size, print the figures and return the ratio."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(pages, size, theirs), daemon=True)
    server.start()
    origin = f"http://127.0.0.1:{ours.recv()}"
    bare, full = Measured(), Measured()

    def take(side: Measured, run: Callable[[], object]) -> None:
        before = children_seconds()
        run()
        side.processor.append(children_seconds() - before)
        ours.send("how long?")
        number, seconds = ours.recv()
        side.rates.append((number - 1) / seconds)

    listings: list[int] = []
    with tempfile.TemporaryDirectory() as scratch:
        spider = Path(scratch) / "bare.py"
        spider.write_text(BARE_SPIDER)

        def fetch(count: int) -> None:
            urls = Path(scratch) / "urls.json"
            urls.write_text(json.dumps([f"{origin}/p/{number}" for number in range(count)]))
            command = [sys.executable, str(spider), str(urls), str(LOOPBACK_CONCURRENCY)]
            subprocess.run(command, check=True)  # noqa: S603 - our own interpreter and script

        def crawl(name: str, budget: int) -> None:
            job = CrawlJob(
                start_urls=(f"{origin}/",), out=Path(scratch) / name, render="never", allow_loopback=True,
                max_pages=budget,
            )  # fmt: skip
            listings.append(run_job(job).counts.get("listings", 0))

        for number in range(rounds):
            take(bare, lambda: fetch(pages))
            take(full, partial(crawl, f"bundle-{number}", pages + 200))
        # What a run of next to nothing costs is start-up.
        started, begun = Measured(), Measured()
        take(started, lambda: fetch(START_UP_PAGES))
        take(begun, lambda: crawl("start-up", START_UP_PAGES))
    server.terminate()
    began = time.process_time()
    for number in range(20):
        extract_page(product(number, size), f"{origin}/p/{number}")
    reading = (time.process_time() - began) / 20 * 1000
    scrapy = (min(bare.processor) - started.processor[0]) / (pages - START_UP_PAGES) * 1000
    whole = (min(full.processor) - begun.processor[0]) / (pages - START_UP_PAGES) * 1000
    ratio = max(full.rates) / max(bare.rates)
    print(f"{pages} pages of about {size:,} bytes; listings found: {listings[0]}")
    print(bare.line("bare Scrapy:"))
    print(full.line("the whole crawl:"))
    print(f"processor time a page: {whole:.1f} ms, of which Scrapy {scrapy:.1f}, reading the page {reading:.1f}, "
          f"all else {whole - scrapy - reading:.1f}")  # fmt: skip
    print(f"ratio: {ratio:.2f}", flush=True)
    return ratio


def children_seconds() -> float:
    """Return the processor time of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Measure and print; 1 when the ratio is below the target."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--bytes", type=int, nargs="+", default=[SHOP_BYTES, SANDBOX_BYTES], help="sizes of a page")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.pages <= START_UP_PAGES:
        parser.error(f"--pages must be more than {START_UP_PAGES}, the pages that measure start-up")
    ratios = [measure(arguments.pages, size, arguments.rounds) for size in arguments.bytes]
    print(f"ratio at {arguments.bytes[0]:,} bytes: {ratios[0]:.2f} (target {TARGET})")
    return 0 if ratios[0] >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
