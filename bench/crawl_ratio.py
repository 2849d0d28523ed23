"""What safety, evidence and extraction cost a crawl: ``python -m bench.crawl_ratio [--pages N]``.

Fetches the same product pages twice from the same loopback server: with bare Scrapy (default settings, the same
concurrency, a callback that does nothing) and with the whole crawl (guards, robots.txt, WARC, extraction, bundle).
Each is timed at the server, from the first page asked for to the last, so that start-up counts for neither. The rounds
alternate and the best of each is printed, with the ratio. Target: at least 0.35.
"""

import argparse
import json
import multiprocessing
import random
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from crawler.job import LOOPBACK_CONCURRENCY, CrawlJob
from crawler.pages import extract_page
from crawler.run import run_job

TARGET = 0.35
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


def main() -> int:
    """Measure and print; 1 when the ratio is below the target."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--bytes", type=int, default=60_000, help="size of a page")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(arguments.pages, arguments.bytes, theirs), daemon=True)
    server.start()
    origin = f"http://127.0.0.1:{ours.recv()}"

    def rate() -> float:
        ours.send("how long?")
        number, seconds = ours.recv()
        return float((number - 1) / seconds)

    bare: list[float] = []
    full: list[float] = []
    listings = 0
    with tempfile.TemporaryDirectory() as scratch:
        urls = Path(scratch) / "urls.json"
        urls.write_text(json.dumps([f"{origin}/p/{number}" for number in range(arguments.pages)]))
        spider = Path(scratch) / "bare.py"
        spider.write_text(BARE_SPIDER)
        for number in range(arguments.rounds):
            command = [sys.executable, str(spider), str(urls), str(LOOPBACK_CONCURRENCY)]
            subprocess.run(command, check=True)  # noqa: S603 - our own interpreter and script
            bare.append(rate())
            job = CrawlJob(
                start_urls=(f"{origin}/",),
                out=Path(scratch) / f"bundle-{number}",
                render="never",
                allow_loopback=True,
                max_pages=arguments.pages + 200,
            )
            listings = run_job(job).counts.get("listings", 0)
            full.append(rate())
    server.terminate()
    ratio = max(full) / max(bare)
    print(f"pages: {arguments.pages} of about {arguments.bytes:,} bytes; listings found: {listings}")
    print(f"bare Scrapy:    {max(bare):7.1f} pages/s   (rounds: {', '.join(f'{value:.0f}' for value in bare)})")
    print(f"the whole crawl:{max(full):7.1f} pages/s   (rounds: {', '.join(f'{value:.0f}' for value in full)})")
    began = time.process_time()
    for number in range(20):
        extract_page(product(number, arguments.bytes), f"{origin}/p/{number}")
    print(f"of which reading the page: {(time.process_time() - began) / 20 * 1000:.1f} ms a page")
    print(f"ratio: {ratio:.2f} (target {TARGET})")
    return 0 if ratio >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
