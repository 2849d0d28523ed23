import gzip
import json
import re
from urllib.parse import urlsplit

import pytest
from lxml import etree

from crawler.sandbox.catalogue import SITE_KEYS, Shop, SiteKey
from crawler.sandbox.sitemaps import NAMESPACE
from crawler.sandbox.truth import TrueListing
from tests.crawler.sandbox.conftest import TRIPWIRE, Visit, Walked
from tests.crawler.sandbox.walking import get, links, select

Shops = dict[SiteKey, Shop]


def locations(document: bytes) -> list[str]:
    return [element.text or "" for element in etree.fromstring(document).iter(f"{{{NAMESPACE}}}loc")]


@pytest.mark.parametrize("site", SITE_KEYS)
def test_each_site_serves_its_front_page(visit: Visit, site: SiteKey) -> None:
    answer = get(visit(site), "/de/" if site == "pharmacy" else "/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_the_sites_look_different(visit: Visit) -> None:
    looks = []
    for site in SITE_KEYS:
        page = get(visit(site), "/de/" if site == "pharmacy" else "/").text
        looks.append({str(name) for value in select(page, "//@class") for name in str(value).split()})
    for index, look in enumerate(looks):
        assert all(len(look & other) <= 2 for other in looks[index + 1 :])


@pytest.mark.parametrize("site", ["pharmacy", "rogue", "market", "classifieds", "board"])
def test_every_public_listing_is_reached_by_links_and_shows_its_title(
    walked: Walked, truth: list[TrueListing], shops: Shops, site: SiteKey
) -> None:
    pages = walked(site)
    # what follows the name of a page is tracking or a session, but on the board, where ?t= names it
    titles = {
        re.split(r"[?&]" if site != "board" else "&", path)[0]: answer.text
        for path, answer in pages.items()
        if answer.status_code == 200
    }
    by_search = {row.id for row in shops[site].listings if row.section == "search"}
    wanted = [row for row in truth if row.site == site and row.expected and row.at(1) and row.id not in by_search]
    assert len(wanted) > 40
    for row in wanted:
        assert row.path in titles, row.id
        heading = select(titles[row.path], "//h1 | //h2")
        assert row.title in {element.text_content() for element in heading}, row.id


def test_no_page_loads_anything_from_elsewhere(walked: Walked) -> None:
    for site in SITE_KEYS:
        for path, answer in list(walked(site).items())[:60]:
            if answer.status_code != 200 or "html" not in answer.headers["content-type"]:
                continue
            page = answer.text
            for source in select(page, "//img/@src | //script/@src | //link[@rel='stylesheet']/@href | //iframe/@src"):
                assert str(source).startswith("/"), (site, path, source)


def test_the_pharmacy_describes_its_products_in_json_ld(visit: Visit, truth: list[TrueListing]) -> None:
    kinds = set()
    for row in (row for row in truth if row.site == "pharmacy" and row.at(1)):
        page = visit("pharmacy").get(row.path).text
        (script,) = select(page, "//script[@type='application/ld+json']/text()")
        data = json.loads(str(script))
        kinds.add("@graph" in data)
        product = data["@graph"][1] if "@graph" in data else data
        assert product["name"] == row.title
        assert row.price is not None
        assert (product["offers"]["price"], product["offers"]["priceCurrency"]) == (row.price.amount, "EUR")
        assert (product["sku"], product["gtin13"]) == (row.sku, row.gtin)
        in_stock = product["offers"]["availability"].endswith("/InStock")
        assert in_stock == (row.availability == "in_stock")
    assert kinds == {True, False}


def test_the_pharmacy_asks_for_a_prescription_and_takes_it(visit: Visit, truth: list[TrueListing]) -> None:
    row = next(row for row in truth if row.site == "pharmacy" and row.prescription_required and row.language == "de")
    assert "nur gegen ein gültiges Rezept" in visit("pharmacy").get(row.path).text
    answer = visit("pharmacy").post("/de/upload", files={"rezept": ("rezept.png", b"x" * 100)})
    assert answer.status_code == 200
    assert "haben Ihr Rezept erhalten" in answer.text


def test_an_upload_that_is_too_large_is_refused(visit: Visit) -> None:
    assert visit("pharmacy").post("/fr/upload", content=b"x" * 1_000_001).status_code == 413


def test_the_sitemap_index_of_the_pharmacy_leads_to_every_listing(visit: Visit, truth: list[TrueListing]) -> None:
    client = visit("pharmacy")
    robots = client.get("/robots.txt").text
    assert "Sitemap: http://pharmacy.localhost/sitemap.xml" in robots
    assert "Crawl-delay: 0.1" in robots
    found = [
        url for part in locations(client.get("/sitemap.xml").content) for url in locations(client.get(part).content)
    ]
    expected = {row.path for row in truth if row.site == "pharmacy" and row.expected and row.at(1)}
    assert expected <= {urlsplit(url).path for url in found}


def test_the_sitemap_of_the_classifieds_is_gzipped(visit: Visit, truth: list[TrueListing]) -> None:
    answer = visit("classifieds").get("/sitemap.xml.gz")
    assert answer.headers["content-type"] == "application/gzip"
    assert "content-encoding" not in answer.headers
    paths = {urlsplit(url).path for url in locations(gzip.decompress(answer.content))}
    assert paths == {row.path for row in truth if row.site == "classifieds" and row.expected and row.at(1)}


@pytest.mark.parametrize(("site", "folder"), [("pharmacy", "/klinikbedarf/"), ("classifieds", "/private/")])
def test_listings_behind_robots_exist_but_are_disallowed(
    visit: Visit, truth: list[TrueListing], site: SiteKey, folder: str
) -> None:
    assert f"Disallow: {folder}" in visit(site).get("/robots.txt").text
    rows = [row for row in truth if row.site == site and row.why == "robots"]
    assert len(rows) >= 2
    for row in rows:
        assert row.path.startswith(folder)
        assert visit(site).get(row.path).status_code == 200


def test_the_rogue_pharmacy_has_no_robots_file_and_hides_that_a_page_is_missing(visit: Visit) -> None:
    client = visit("rogue")
    assert client.get("/robots.txt").status_code == 404
    gone = client.get("/buy-nothing-at-all.html")
    assert gone.status_code == 200
    assert "was not found" in gone.text


def test_the_rogue_pharmacy_states_its_prices_in_a_table_only(visit: Visit, truth: list[TrueListing]) -> None:
    for row in (row for row in truth if row.site == "rogue" and row.at(1)):
        answer = visit("rogue").get(row.path)
        assert "ld+json" not in answer.text
        assert "itemprop" not in answer.text
        rows = select(answer.text, "//table[@class='ptab']//tr[td]")
        assert len(rows) == len(row.offers)
        for cells, offer in zip(rows, row.offers, strict=True):
            written = cells.text_content()
            assert f"x {offer.count} " in written
            assert offer.amount in written.replace(",", ".")


def test_the_checkout_leads_to_another_origin(visit: Visit) -> None:
    answer = visit("rogue").get("/cart/checkout?item=rogue-001-1")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(TRIPWIRE)


def test_the_marketplace_marks_up_its_items_and_turns_pages(visit: Visit, truth: list[TrueListing]) -> None:
    row = next(row for row in truth if row.site == "market" and row.price)
    assert row.price is not None
    page = get(visit("market"), row.path).text
    assert select(page, "//*[@itemprop='price']/@content") == [row.price.amount]
    assert select(page, "//*[@itemprop='priceCurrency']/@content") == [row.price.currency]
    shelf = visit("market").get("/c/health")
    assert "?page=2" in "".join(links(shelf))


def test_some_listings_of_the_marketplace_are_found_by_its_search_only(
    visit: Visit, walked: Walked, shops: Shops
) -> None:
    client = visit("market")
    linked = "".join(answer.text for answer in walked("market").values())
    for row in (row for row in shops["market"].listings if row.section == "search"):
        assert row.path not in linked
        found = links(get(client, f"/search?q={row.title.split()[0]}"))
        assert row.path in {path.split("?")[0] for path in found}


def test_the_calendar_never_ends(visit: Visit) -> None:
    client = visit("classifieds")
    path = "/calendar/2026/11"
    for _ in range(30):
        (path,) = select(client.get(path).text, "//a[@rel='next']/@href")
    assert path == "/calendar/2029/05"


def test_contacts_of_small_ads_stand_in_the_alt_text_of_pictures(visit: Visit, truth: list[TrueListing]) -> None:
    hidden = [(row, c) for row in truth if row.site == "classifieds" for c in row.contacts if c.place == "image"]
    assert len(hidden) >= 5
    for row, contact in hidden:
        if row.at(1) is None:
            continue
        page = visit("classifieds").get(row.path).text
        (alt,) = select(page, "//img/@alt")
        assert "".join(c for c in str(alt) if c.isdigit()) == contact.value.lstrip("+")


def test_right_to_left_text_is_marked_so(visit: Visit, truth: list[TrueListing]) -> None:
    row = next(row for row in truth if row.site == "classifieds" and row.language == "ar" and row.at(1))
    assert select(visit("classifieds").get(row.path).text, "//div[@dir='rtl']")


def test_one_forum_of_the_board_is_behind_a_challenge(visit: Visit, truth: list[TrueListing]) -> None:
    client = visit("board")
    for path in ["/viewforum.php?f=9", *(row.path for row in truth if row.site == "board" and row.why == "blocked")]:
        answer = client.get(path)
        assert answer.status_code == 403
        assert "verify you are human" in answer.text
        assert "Walled" not in answer.text


def test_a_topic_of_the_board_has_several_addresses(visit: Visit, truth: list[TrueListing]) -> None:
    row = next(row for row in truth if row.site == "board" and row.expected and row.at(1))
    with_session = visit("board").get(f"{row.path}&sid=5f3a9c0d17")
    assert with_session.text == visit("board").get(row.path).text
    assert select(with_session.text, "//link[@rel='canonical']/@href") == [row.path]


def test_the_app_is_an_empty_shell_and_its_content_comes_from_its_api(visit: Visit, truth: list[TrueListing]) -> None:
    client = visit("app")
    shells = {client.get(path).text for path in ("/", "/c/performance", "/info/policy")}
    for row in (row for row in truth if row.site == "app" and row.at(1)):
        shells.add(client.get(row.path).text)
        data = client.get(row.path.replace("/p/", "/api/products/")).json()
        assert data["title"] == row.title
        assert "suspicion" not in data
    assert len(shells) == 1
    assert not select(shells.pop(), "//a")
    assert client.get("/api/products/none").status_code == 404


HOSTILE = "<script>", "<svg", "\u202e", "=HYPERLINK(", '"><b', "{{ 7 * 7 }}"


@pytest.mark.parametrize("start", HOSTILE)
def test_a_hostile_title_stays_text(visit: Visit, truth: list[TrueListing], start: str) -> None:
    row = next(row for row in truth if row.site == "market" and start in row.title)
    for path in (row.path, "/c/health?page=5", "/c/supplements?page=2", "/c/devices?page=2", "/u/northline"):
        page = get(visit("market"), path).text
        assert not select(page, "//script | //body//svg | //img[@onerror]")
        assert select(page, "//*[@itemprop='price']/@content") in ([], [row.price.amount if row.price else ""])
    page = get(visit("market"), row.path).text
    assert select(page, "//h1")[0].text_content() == row.title
    picture = visit("market").get(f"/media/{row.id}.svg")
    assert {element.tag.rsplit("}")[1] for element in etree.fromstring(picture.content).iter()} == {
        "svg", "rect", "circle", "text"
    }  # fmt: skip


def test_pictures_are_the_same_bytes_each_time(visit: Visit) -> None:
    first = visit("rogue").get("/pics/rogue-001.png").content
    assert first.startswith(b"\x89PNG")
    assert visit("rogue").get("/pics/rogue-001.png").content == first
    assert visit("rogue").get("/pics/rogue-002.png").content != first


@pytest.mark.parametrize("site", ["pharmacy", "market", "classifieds", "board", "app"])
@pytest.mark.parametrize("path", ["/nothing/at/all", "/%2e%2e/%2e%2e/etc/passwd", "/\u202e"])
def test_an_unknown_path_is_404(visit: Visit, site: SiteKey, path: str) -> None:
    assert get(visit(site), path).status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999", "²", ""])
def test_an_odd_page_number_shows_the_first_page(visit: Visit, page: str) -> None:
    first = get(visit("market"), "/c/health?page=1").text
    assert get(visit("market"), f"/c/health?page={page}").text == first
