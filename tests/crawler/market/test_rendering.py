"""Pages that show nothing without scripts: rendered, recorded, and shut in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.net.browser import find_browser
from tests.crawler.local_site import Answer, LocalSite, Visit, product_page
from tests.crawler.market.crawling import Bundle, crawl

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium found; 'make monitor' says how to get one"),
]

SHELL = """<!doctype html><html><head><title>Shop</title><script src="/app.js"></script></head>
<body><div id="root"></div><noscript>Please enable JavaScript.</noscript></body></html>"""
SCRIPT = """
document.addEventListener('DOMContentLoaded', async () => {
  const root = document.getElementById('root');
  const rows = await (await fetch('/api/products')).json();
  if (location.pathname === '/') {
    const links = rows.map(r => `<p><a href="/product/${r.id}">${r.name}</a></p>`);
    root.innerHTML = '<h1>All products</h1>' + links.join('');
  } else {
    const row = rows.find(r => location.pathname === '/product/' + r.id);
    root.innerHTML = `<h1>${row.name}</h1><p>A tablet for tests, sold in blisters of ten.</p>
      <p class="price">$${row.price}</p><button>Add to cart</button>`;
    const data = document.createElement('script');
    data.type = 'application/ld+json';
    data.textContent = JSON.stringify({'@context': 'https://schema.org', '@type': 'Product', name: row.name,
      offers: {'@type': 'Offer', price: row.price, priceCurrency: 'USD'}});
    document.head.append(data);
  }
  ATTACK
});
"""
ATTACK = """
  for (const host of ['127.0.0.1', 'localhost', '0.0.0.0', '[::1]', '2130706433', 'x.localhost']) {
    const there = '//' + host + ':PORT';
    fetch('http:' + there + '/fetch', {mode: 'no-cors'}).catch(() => {});
    new Image().src = 'http:' + there + '/image.png';
    try { new WebSocket('ws:' + there + '/socket'); } catch (e) {}
    navigator.sendBeacon('http:' + there + '/beacon', 'x');
    const frame = document.createElement('iframe'); frame.src = 'http:' + there + '/frame'; document.body.append(frame);
    const link = document.createElement('link'); link.rel = 'prefetch'; link.href = 'http:' + there + '/prefetch';
    document.head.append(link);
  }
  try {
    const turn = {urls: 'turn:127.0.0.1:PORT?transport=tcp', username: 'a', credential: 'b'};
    const peer = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:PORT'}, turn]});
    peer.createDataChannel('x'); peer.createOffer().then(offer => peer.setLocalDescription(offer));
  } catch (e) {}
"""


def app(attack: str = "") -> dict[str, Answer | str]:
    rows = '[{"id": 1, "name": "Alpha 10 mg", "price": "12.50"}, {"id": 2, "name": "Beta 20 mg", "price": "99.00"}]'
    return {
        "/": SHELL,
        "/product/1": SHELL,
        "/product/2": SHELL,
        "/app.js": Answer(SCRIPT.replace("ATTACK", attack), media_type="text/javascript"),
        "/api/products": Answer(rows, media_type="application/json"),
    }


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalSite, LocalSite, Bundle]]:
    with LocalSite({}) as other, LocalSite(app(ATTACK.replace("PORT", str(other.port)))) as site:
        yield site, other, crawl(tmp_path_factory.mktemp("run") / "bundle", site.url(), render="auto")


def test_a_shop_that_needs_scripts_gives_its_listings(rendered: tuple[LocalSite, LocalSite, Bundle]) -> None:
    _, _, bundle = rendered
    found = {(listing.title, listing.price.amount) for listing in bundle.listings if listing.price}
    assert found == {("Alpha 10 mg", "12.50"), ("Beta 20 mg", "99.00")}


def test_no_request_of_the_browser_leaves_the_run(rendered: tuple[LocalSite, LocalSite, Bundle]) -> None:
    _, other, bundle = rendered
    assert other.visits == []
    assert bundle.report.counts["browser_refused"] > 0


def test_dom_and_screenshot_are_evidence_beside_the_plain_page(rendered: tuple[LocalSite, LocalSite, Bundle]) -> None:
    site, _, bundle = rendered
    plain, dom = (capture for capture in bundle.captures if capture.final_url == site.url("/product/1"))
    assert (plain.rendered, dom.rendered) == (False, True)
    headers, payload = bundle.record(dom)
    assert headers["WARC-Type"] == "conversion"
    assert b"Alpha 10 mg" in payload
    assert b"Alpha 10 mg" not in bundle.record(plain)[1]
    assert dom.screenshot is not None
    assert (bundle.folder / dom.screenshot).read_bytes().startswith(b"\x89PNG")
    assert {listing.capture for listing in bundle.listings} <= {
        capture.id for capture in bundle.captures if capture.rendered
    }


def test_the_browser_says_who_it_is(rendered: tuple[LocalSite, LocalSite, Bundle]) -> None:
    site, _, _ = rendered
    asked_by_page = [visit for visit in site.visits if visit.path == "/api/products"]
    assert asked_by_page
    assert all("PharmakonBot/" in visit.headers["user-agent"] for visit in asked_by_page)


def test_a_page_that_shows_something_is_not_rendered(tmp_path: Path) -> None:
    with LocalSite({"/": product_page("One"), "/app.js": Answer("", media_type="text/javascript")}) as site:
        bundle = crawl(tmp_path / "bundle", site.url(), render="auto")
    assert not any(capture.rendered for capture in bundle.captures)


def test_a_page_that_walks_off_by_script_is_not_kept(tmp_path: Path) -> None:
    def stolen(visit: Visit) -> Answer | str:
        return product_page("Secret")

    with LocalSite({"/": stolen}) as other:
        with LocalSite({"/": SHELL}) as site:
            script = f"location.href = '{other.url()}';"
            site.pages["/app.js"] = Answer(script, media_type="text/javascript")
            bundle = crawl(tmp_path / "bundle", site.url(), render="always")
        assert other.visits == []
    assert bundle.listings == []
    assert bundle.outcome(site.url()).outcome == "ok"


def test_a_page_is_not_taken_before_it_shows_what_it_asked_for(tmp_path: Path) -> None:
    menu = "".join(f"<li>Category number {number} of the shop</li>" for number in range(20))
    script = f"""setTimeout(async () => {{
      document.getElementById('root').innerHTML = '<ul>{menu}</ul>';
      const row = await (await fetch('/api/slow')).json();
      document.getElementById('root').innerHTML += `<h1>${{row.name}}</h1><p class="price">$${{row.price}}</p>
        <button>Add to cart</button>`;
    }}, 200);"""
    with LocalSite({"/": SHELL, "/app.js": Answer(script, media_type="text/javascript")}) as site:
        site.pages["/api/slow"] = Answer(
            '{"name": "Gamma 5 mg", "price": "7.00"}', media_type="application/json", delay=1.0
        )
        bundle = crawl(tmp_path / "bundle", site.url(), render="auto")
    assert [listing.title for listing in bundle.listings] == ["Gamma 5 mg"]
