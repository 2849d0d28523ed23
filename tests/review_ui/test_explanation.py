"""Why a listing has its risk, on the desk: on demand, escaped, and shut while a person judges blind."""

import re
from pathlib import Path

import pytest

from casefile.batches import BatchPick, make_batch
from casefile.decisions import decide
from casefile.people import Person
from casefile.records import Explanation, Listing
from casefile.store import Casefile
from classifier.assess import DEFAULT_MODEL
from cli.desk_explainer import DeskExplainer
from review_ui.explanation import ExplainError
from tests.review_ui import scene

ITEM = "/item/listing-000000"
WHY = "/explanation?id=listing-000000"


@pytest.fixture
def why(casefile: Casefile, listings: list[Listing], ada: Person) -> scene.Reader:
    """Ada at a desk that explains with the packaged model."""
    return scene.signed_in(casefile, ada, explain=DeskExplainer(casefile))


def test_the_item_page_only_links_to_the_explanation(reader: scene.Reader) -> None:
    page = reader.get(ITEM).text
    link = re.search(r'href="(/explanation\?[^"]+)">Why this risk', page)
    assert link and "listing-000000" in link[1]
    assert "What moved the score" not in page  # it costs some ten assessments: nobody waits for it unasked


def test_an_explanation_shows_terms_cues_and_what_would_have_lowered_it(why: scene.Reader) -> None:
    page = why.get(WHY).text
    for words in (
        "What moved the score", "exact sum", "no prescription", "What would have lowered it", "assessed again",
        "No confirmed case yet", "No rejected case yet", "Back to the listing",
    ):  # fmt: skip
        assert words in page, words
    assert "<script" not in page.replace('<script type="module" src="/static/', "")


def test_the_terms_on_screen_add_up_to_the_score_on_screen(why: scene.Reader) -> None:
    rows = re.findall(r'<td class="num ?\w*">([+−][\d.]+)</td>', why.get(WHY).text)
    numbers = [float(row.replace("−", "-")) for row in rows]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.006 * len(numbers))


def test_decided_cases_that_read_alike_are_named_once_there_are_some(
    casefile: Casefile, why: scene.Reader, ada: Person
) -> None:
    assert "No rejected case yet" in why.get(WHY).text
    decide(casefile, "listing-000001", "reject", person_id=ada.id, version=1)
    page = why.get(WHY).text
    assert "No rejected case yet" not in page and "/item/listing-000001?version=1" in page


def test_another_model_than_the_assessments_is_said_so(why: scene.Reader) -> None:
    assert "pharmakon assess --all" in why.get(WHY).text  # the scene's assessments are of model-1


def test_hostile_text_is_escaped_and_hidden_characters_are_spelled_out(
    casefile: Casefile, tmp_path: Path, ada: Person
) -> None:
    hostile = scene.shop_listing(
        7,
        title='<script>alert(1)</script> Xanax"\u202e',
        description='<img src=x onerror=1> no prescription " \u200b needed',
    )
    scene.fill(casefile, tmp_path / "hostile", [hostile])
    page = scene.signed_in(casefile, ada, explain=DeskExplainer(casefile)).get(f"/explanation?id={hostile.id}").text
    assert "<script>alert" not in page and "<img src=x" not in page and "\u202e" not in page
    assert "&lt;script&gt;alert(1)" in page and "[U+202E]" in page


def test_arabic_is_set_by_its_own_direction(casefile: Casefile, tmp_path: Path, ada: Person) -> None:
    arabic = scene.shop_listing(
        8, title="ترامادول للبيع", description="بدون وصفة طبية، الدفع بالبيتكوين", language="ar"
    )
    scene.fill(casefile, tmp_path / "arabic", [arabic])
    page = scene.signed_in(casefile, ada, explain=DeskExplainer(casefile)).get(f"/explanation?id={arabic.id}").text
    assert '<q dir="auto">بدون وصفة' in page


def test_a_desk_without_a_model_says_how_to_get_an_explanation(reader: scene.Reader) -> None:
    assert "pharmakon explain listing-000000" in reader.get(WHY).text


def test_a_fault_of_the_model_is_said_on_the_page(casefile: Casefile, listings: list[Listing], ada: Person) -> None:
    def broken(_: Listing) -> Explanation:
        raise ExplainError("models/default: holds no model; run `pharmakon train`")

    answer = scene.signed_in(casefile, ada, explain=broken).get(WHY)
    assert answer.status_code == 200 and "holds no model" in answer.text


def test_an_unknown_listing_is_not_found(why: scene.Reader) -> None:
    assert why.get("/explanation?id=nobody").status_code == 404


def test_a_model_adopted_while_the_desk_runs_is_taken_up(
    casefile: Casefile, listings: list[Listing], tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    explainer = DeskExplainer(casefile, folder)
    with pytest.raises(ExplainError):
        explainer(listings[0])
    for path in DEFAULT_MODEL.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    assert explainer(listings[0]).terms


def blind(casefile: Casefile, listing_id: str) -> None:
    pick = BatchPick(listing_id, 1, "random", True, 1.0, 0.5, True)
    make_batch(casefile, [pick], seed=1, model="m", threshold=0.5, frame_size=3, drawn=1, actor="test")


def test_a_blind_item_shows_nothing_of_the_model_until_decided(
    casefile: Casefile, why: scene.Reader, ben: Person
) -> None:
    blind(casefile, "listing-000000")
    page = why.get(ITEM).text
    assert "You judge this listing blind" in page
    for words in ("Why this risk", "stealth shipping", "0.95", "priority", "<mark", 'class="riskline"', "model-1"):
        assert words not in page, words
    assert why.get(WHY).status_code == 403 and "What moved" not in why.get(WHY).text
    assert "<mark" not in why.get("/text?id=listing-000000&field=description").text
    row = why.get("/").text.split("listing-000000")[0].rsplit("<tr>", 1)[1]
    assert "blind" in row and "0.95" not in row
    answer = why.submit("/decide", listing="listing-000000", version="1", verdict="reject", shown_at="0")
    assert answer.status_code == 303
    page = why.get(ITEM).text
    assert "You judge this listing blind" not in page and "Why this risk" in page and "stealth shipping" in page
    assert why.get(WHY).status_code == 200
    assert scene.signed_in(casefile, ben).get(WHY).status_code == 403  # the other person has not decided


def test_a_blind_verdict_is_kept_as_one(casefile: Casefile, why: scene.Reader) -> None:
    from casefile.decisions import history

    blind(casefile, "listing-000000")
    for listing_id in ("listing-000000", "listing-000001"):
        why.submit("/decide", listing=listing_id, version="1", verdict="reject", shown_at="0")
    assert [history(casefile, f"listing-00000{n}")[0].blind for n in (0, 1)] == [True, False]
