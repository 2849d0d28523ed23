from pathlib import Path

from casefile.listings import (
    SITE_TEXT_CHARACTERS,
    count_unassessed,
    get_listing,
    get_site,
    join_site_text,
    listing_captures,
    unassessed,
)
from casefile.records import Listing, Site, SitePage
from casefile.store import Casefile
from tests.casefile.making import NOON, listing, site
from tests.casefile.scene import ingested


def shop(*pages: tuple[str, str]) -> Site:
    made = [
        {"url": f"https://shop.example/{number}", "capture": "c", "role": role, "text": text}
        for number, (role, text) in enumerate(pages)
    ]
    return Site(host="shop.example", captured_at=NOON, pages=tuple(SitePage.model_validate(one) for one in made))


def test_the_shop_s_words_join_each_of_its_listings(casefile: Casefile, tmp_path: Path) -> None:
    ingested(casefile, tmp_path, [listing(1), listing(2, site="other.example")], sites=[site(policy="No questions.")])
    first, second = get_listing(casefile, listing(1).id), get_listing(casefile, listing(2).id)
    assert first is not None
    assert second is not None
    assert first.site_text == "No questions."
    assert second.site_text is None


def test_a_listing_s_own_words_about_its_site_are_kept(casefile: Casefile, tmp_path: Path) -> None:
    ingested(casefile, tmp_path, [listing(1, site_text="own words")], sites=[site()])
    shown = get_listing(casefile, listing(1).id)
    assert shown is not None
    assert shown.site_text == "own words"


def test_the_pages_that_matter_come_first_and_the_rest_is_cut() -> None:
    long = "x" * 9_998
    joined = join_site_text(
        shop(("home", "h" + long), ("payment", "b" + long), ("policy", "p"), ("shipping", "s" + long), ("about", ""),
             ("prescription", "r"), ("policy", "q"))
    )  # fmt: skip
    assert joined.startswith("p\n\nq\n\nr\n\ns")
    assert len(joined) == SITE_TEXT_CHARACTERS
    assert "h" not in joined
    assert joined.index("bx") > joined.index("sx")


def test_the_front_page_and_reviews_do_not_speak_for_a_seller() -> None:
    said = shop(("home", "Blue pills, no prescription"), ("other", "They sell without prescription!"), ("policy", "p"))
    assert join_site_text(said) == "p"


def test_a_shop_without_words_adds_nothing(casefile: Casefile, tmp_path: Path) -> None:
    ingested(casefile, tmp_path, [listing(1)], sites=[shop(("policy", "  "))])
    shown = get_listing(casefile, listing(1).id)
    assert shown is not None
    assert shown.site_text is None


def test_what_is_not_there_is_none(casefile: Casefile, tmp_path: Path) -> None:
    ingested(casefile, tmp_path, [listing(1)])
    assert get_listing(casefile, "nothing") is None
    assert get_listing(casefile, listing(1).id, 2) is None
    assert get_site(casefile, "nothing") is None


def test_a_listing_comes_back_with_every_field_it_had(casefile: Casefile, tmp_path: Path) -> None:
    full = Listing.from_row(
        {
            "id": "x", "title": "Ｔ\u200b\U0001f48a", "description": "d", "price": "59.90", "currency": "EUR",
            "offers": [{"raw": "60 pills", "count": 60, "amount": "89.00", "currency": "USD"}],
            "contacts": [{"kind": "whatsapp", "raw": "+1 000"}], "images": [{"url": "https://x.example/i.png"}],
            "ships_to": ["*"], "category": ["a", "b"], "x_colour": "blue", "prescription": {"required": False},
        }
    )  # fmt: skip
    ingested(casefile, tmp_path, [full])
    shown = get_listing(casefile, "x")
    assert shown is not None
    assert shown.model_copy(update={"capture": None}) == full
    assert shown.content_hash() == full.content_hash()


def test_captures_of_a_version_come_with_their_bundles(casefile: Casefile, tmp_path: Path) -> None:
    one = ingested(casefile, tmp_path, [listing(1)])
    two = ingested(casefile, tmp_path, [listing(1, minutes=5)], run_id="run-2")
    found = listing_captures(casefile, listing(1).id, 1)
    assert [(seen.capture.id, seen.bundle_hash) for seen in found] == [
        ("capture-run-1", one.bundle_hash), ("capture-run-2", two.bundle_hash),
    ]  # fmt: skip


def test_the_number_of_listings_due_is_known_beforehand(casefile: Casefile, tmp_path: Path) -> None:
    ingested(casefile, tmp_path, [listing(number) for number in range(5)])
    due = sum(len(batch) for batch in unassessed(casefile, model_id="m", batch=2))
    assert count_unassessed(casefile, model_id="m") == due == 5
