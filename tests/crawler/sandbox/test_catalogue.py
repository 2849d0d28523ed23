import unicodedata
from pathlib import Path

import phonenumbers
import pytest

from crawler.sandbox.catalogue import DATA, SITE_KEYS, SandboxError, Shop, SiteKey, load_catalogue
from crawler.sandbox.truth import TrueListing, load_networks, load_truth

Shops = dict[SiteKey, Shop]


def scripts(text: str) -> set[str]:
    return {unicodedata.name(letter, "?").split()[0].split("-")[0] for letter in text if letter.isalpha()}


def test_the_catalogue_is_large_and_many_tongued(shops: Shops) -> None:
    rows = [row for shop in shops.values() for row in shop.listings]
    assert len(rows) >= 300
    assert len({row.language.split("-")[0] for row in rows}) >= 10
    seen = set().union(*(scripts(row.title + row.description) for row in rows))
    assert {"LATIN", "CYRILLIC", "ARABIC", "CJK", "DEVANAGARI", "HIRAGANA"} <= seen
    for generation in (1, 2):
        assert sum(len(shop.on_offer(generation)) for shop in shops.values()) >= 300


def test_ids_are_unique_over_all_shops(shops: Shops) -> None:
    ids = [row.id for shop in shops.values() for row in shop.listings]
    assert len(ids) == len(set(ids))


def test_the_truth_tells_the_same_facts_as_the_catalogue(shops: Shops, truth: list[TrueListing]) -> None:
    served = {row.id: row for shop in shops.values() for row in shop.listings}
    assert {row.id for row in truth} == served.keys()
    for row in truth:
        listing = served[row.id]
        assert (row.path, row.title, row.language) == (listing.path, listing.title, listing.language)
        assert (row.first, row.last) == (listing.first, listing.last)
        assert row.expected == (listing.section in ("public", "search")), row.id
        price = listing.price
        assert (row.price and (row.price.amount, row.price.currency)) == (price and (price.amount, price.currency))
        assert [(o.count, o.amount, o.unit_amount) for o in row.offers] == [
            (o.count, o.amount, o.unit_amount) for o in listing.offers
        ]
        assert {c.generation for c in row.changes} == {c.generation for c in listing.changes}
        assert [(c.kind, c.value) for c in row.contacts] == [(c.kind, c.value) for c in listing.contacts]


def test_every_quote_stands_where_the_truth_says(shops: Shops, truth: list[TrueListing]) -> None:
    for row in truth:
        shop = shops[row.site]
        listing = next(listing for listing in shop.listings if listing.id == row.id)
        pages = {page.path: page.text for page in shop.pages}
        for cue in row.cues:
            if cue.page is not None:
                assert cue.quote in pages[cue.page], (row.id, cue)
            else:
                assert cue.quote in (listing.title if cue.field == "title" else listing.description), (row.id, cue)


def test_the_rogue_pharmacy_is_given_away_by_its_pages_alone(truth: list[TrueListing]) -> None:
    for row in (row for row in truth if row.site == "rogue"):
        assert {cue.cue for cue in row.cues if cue.page is None} <= {"controlled_substance"}
        assert "no_prescription" in {cue.cue for cue in row.cues if cue.page}


def test_harmless_and_suspicious_listings_are_both_there(truth: list[TrueListing]) -> None:
    assert {row.suspicion for row in truth} == {0, 1, 2}
    assert all(not row.suspected for row in truth if row.suspicion == 0)
    assert all(row.suspicion == 0 for row in truth if row.site == "pharmacy")


def test_contacts_are_fictional_but_well_formed(truth: list[TrueListing]) -> None:
    contacts = {contact for row in truth for contact in row.contacts}
    numbers = [contact.value for contact in contacts if contact.kind in ("phone", "whatsapp")]
    assert len(numbers) > 20
    for number in numbers:
        assert phonenumbers.is_valid_number(phonenumbers.parse(number)), number
        assert number.startswith(("+49171392", "+4670174")) or number[5:10] == "55501", number
    for contact in contacts:
        if contact.kind == "email":
            assert contact.value.endswith((".example", "example.com", "example.org", "example.net")), contact


def test_the_contact_of_a_listing_is_on_its_page(shops: Shops) -> None:
    for shop in shops.values():
        for row in shop.listings:
            for contact in row.contacts:
                if contact.place == "body":
                    assert contact.shown in row.title + row.description, (row.id, contact)
                if contact.place == "site":
                    assert any(contact.shown in page.text for page in shop.pages), (row.id, contact)


def test_each_network_shares_what_it_is_said_to_share(shops: Shops, truth: list[TrueListing]) -> None:
    networks = load_networks()
    assert len(networks) >= 3
    for network in networks:
        assert len({member.site for member in network.members}) >= 2
        for member in network.members:
            of_member = [row for row in truth if row.site == member.site]
            if member.seller != shops[member.site].name:
                of_member = [row for row in of_member if row.seller == member.seller]
            held = {(contact.kind, contact.value) for row in of_member for contact in row.contacts}
            assert {(shared.kind, shared.value) for shared in network.shared} <= held, (network.name, member)


def copy_catalogue(folder: Path) -> Path:
    for site in SITE_KEYS:
        (folder / f"{site}.yaml").write_bytes((DATA / f"{site}.yaml").read_bytes())
    return folder


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("site: [", "is not YAML"),
        ("site: board\nname: x", "tagline"),
        ("- 1", "valid dictionary"),
    ],
)
def test_a_damaged_catalogue_is_refused_with_its_place(tmp_path: Path, text: str, reason: str) -> None:
    (copy_catalogue(tmp_path) / "board.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SandboxError, match=reason) as refusal:
        load_catalogue(tmp_path)
    assert "board.yaml" in str(refusal.value)


def test_two_listings_on_one_path_are_refused(tmp_path: Path) -> None:
    path = copy_catalogue(tmp_path) / "board.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("?t=1006", "?t=1003"), encoding="utf-8")
    with pytest.raises(SandboxError, match=r"path used twice: /viewtopic.php\?t=1003"):
        load_catalogue(tmp_path)


def test_a_missing_catalogue_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"pharmacy\.yaml"):
        load_catalogue(tmp_path)


def test_a_bad_row_of_the_truth_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "app.jsonl").write_text('{"id": "app-001"}\n', encoding="utf-8")
    with pytest.raises(SandboxError, match=r"app.jsonl line 1"):
        load_truth(tmp_path, sites=["app"])
