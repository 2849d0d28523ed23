import random
from pathlib import Path

import pytest

from casefile import queue, queue_walk
from casefile.assessments import get_assessment, save_assessments
from casefile.decisions import decide, undo_last
from casefile.listings import get_listing, unassessed
from casefile.people import Person
from casefile.queue import QueueError, QueueFilter, QueueRow, counts, facets, next_item, page
from casefile.records import VERDICTS
from casefile.store import Casefile, CasefileError
from tests.casefile.making import assessment, listing, site
from tests.casefile.scene import ingested, queued


def ids(rows: tuple[QueueRow, ...]) -> list[int]:
    return [int(row.listing_id[-6:]) for row in rows]


def shown(casefile: Casefile, **wanted: str) -> list[int]:
    return ids(page(casefile, QueueFilter(**{"state": "all", **wanted})).rows)


def recounted(casefile: Casefile) -> dict[tuple[str, str, str], int]:
    """Count facets and states the slow way, from the rows themselves."""
    found: dict[tuple[str, str, str], int] = {}
    for row in page(casefile, QueueFilter(state="all"), limit=200).rows:
        keys = [("", ""), ("site", row.site), ("language", row.language), ("country", row.country)]
        keys += [("product", value) for value in row.substances] + [("suspected", value) for value in row.suspected]
        for facet, value in keys:
            if value is not None:
                key = (facet, value, row.state)
                found[key] = found.get(key, 0) + 1
    return found


def counters(casefile: Casefile) -> dict[tuple[str, str, str], int]:
    with casefile.read() as db:
        rows = db.execute("SELECT facet, value, state, n FROM queue_counts WHERE n > 0").fetchall()
    return {(row[0], row[1], row[2]): row[3] for row in rows}


class TestOrder:
    def test_highest_priority_first_and_ties_by_id(self, casefile: Casefile, tmp_path: Path) -> None:
        queued(casefile, tmp_path, [(listing(1), 0.2), (listing(2), 0.9), (listing(3), 0.5), (listing(4), 0.9)])
        assert shown(casefile) == [2, 4, 3, 1]

    @pytest.mark.parametrize("limit", [1, 3, 7, 50])
    @pytest.mark.parametrize(
        "wanted",
        [{}, {"site": "a.example"}, {"site": "a.example", "product": "tramadol"}, {"text": "tablets"}, {"state": "all"},
         {"text": "ta", "site": "b.example"}],
    )  # fmt: skip
    def test_pages_put_together_are_the_whole_queue_in_order(
        self, casefile: Casefile, tmp_path: Path, limit: int, wanted: dict[str, str]
    ) -> None:
        dice = random.Random(3)  # noqa: S311 - not for secrets
        hosts = ("a.example", "b.example")
        found = [listing(number, site=dice.choice(hosts)) for number in range(40)]
        ingested(casefile, tmp_path, found)
        rows = [
            assessment(one, risk=dice.choice((0.1, 0.5, 0.9)), substances=(dice.choice(("tramadol", "sildenafil")),))
            for one in found
        ]
        save_assessments(casefile, rows, actor="test")
        whole = [
            row.id
            for row in sorted(rows, key=lambda row: (-row.priority, row.id))
            if wanted.get("site") in (None, next(one.site for one in found if one.id == row.id))
            and wanted.get("product") in (None, *row.substances)
        ]
        got, after = [], None
        while True:
            part = page(casefile, QueueFilter(**wanted), after=after, limit=limit)
            got += [row.listing_id for row in part.rows]
            after = part.next_cursor
            if after is None:
                break
        assert got == whole

    def test_a_page_keeps_its_place_when_rows_above_it_leave(
        self, casefile: Casefile, tmp_path: Path, ada: Person
    ) -> None:
        queued(casefile, tmp_path, [(listing(number), 0.9 - number / 100) for number in range(6)])
        first = page(casefile, QueueFilter(), limit=3)
        decide(casefile, first.rows[0].listing_id, "reject", person_id=ada.id, version=1)
        assert ids(page(casefile, QueueFilter(), after=first.next_cursor, limit=3).rows) == [3, 4, 5]

    def test_a_page_is_read_from_an_index_and_never_sorted(self, casefile: Casefile) -> None:
        for wanted in (QueueFilter(), QueueFilter(site="x"), QueueFilter(site="x", product="y", suspected="fraud")):
            search = queue_walk._Search.of(None, None)  # type: ignore[arg-type] # not asked without words
            with casefile.read() as db:
                sql, values = queue_walk._select(db, wanted, "open", search, None)
                ordered = f"{sql} ORDER BY d.priority DESC, d.listing_id LIMIT ?"
                plan = " ".join(
                    row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {ordered}", (*values, 1.0, 1.0, "", 50))
                )
            assert "TEMP B-TREE" not in plan
            assert "SCAN" not in plan

    def test_a_limit_is_bounded(self, casefile: Casefile, tmp_path: Path) -> None:
        queued(casefile, tmp_path, [(listing(number), 0.5) for number in range(210)])
        assert len(page(casefile, QueueFilter(), limit=10_000).rows) == queue.MAX_PAGE
        assert len(page(casefile, QueueFilter(), limit=-1).rows) == 1

    @pytest.mark.parametrize("cursor", ["", "x", "x~y", "'; DROP TABLE queue; --"])
    def test_a_made_up_cursor_is_refused(self, casefile: Casefile, cursor: str) -> None:
        with pytest.raises(QueueError, match="first page"):
            page(casefile, QueueFilter(), after=cursor)

    def test_an_unknown_state_is_refused(self, casefile: Casefile) -> None:
        with pytest.raises(QueueError, match="'done' is unknown"):
            page(casefile, QueueFilter(state="done"))


class TestFilters:
    @pytest.fixture(autouse=True)
    def scene(self, casefile: Casefile, tmp_path: Path) -> None:
        one = listing(1, ships_from="CN")
        two = listing(2, site="other.example", product={"substances": ["tramadol"]})
        ingested(casefile, tmp_path, [one, two], sites=[site(), site("other.example")])
        rows = [
            assessment(one, risk=0.9, language="de", substances=("sildenafil", "tadalafil")),
            assessment(two, risk=0.4, language=None, substances=()),
        ]
        save_assessments(casefile, rows, actor="test")

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ({"product": "tadalafil"}, [1]),
            ({"product": "tramadol"}, [2]),
            ({"site": "other.example"}, [2]),
            ({"country": "CN"}, [1]),
            ({"country": "IN"}, [2]),
            ({"language": "de"}, [1]),
            ({"suspected": "illegal_supply"}, [1]),
            ({"suspected": "falsified"}, []),
            ({"site": "shop.example", "product": "sildenafil", "country": "CN", "language": "de"}, [1]),
            ({"site": "shop.example", "product": "tramadol"}, []),
            ({"state": "open"}, [1, 2]),
            ({"state": "confirmed"}, []),
        ],
    )
    def test_each_filter_finds_its_rows_alone_and_with_others(
        self, casefile: Casefile, wanted: dict[str, str], found: list[int]
    ) -> None:
        assert shown(casefile, **wanted) == found

    def test_a_row_says_what_a_list_shows(self, casefile: Casefile) -> None:
        row = page(casefile, QueueFilter()).rows[0]
        assert (row.title, row.site, row.country, row.language) == ("Tablets 1", "shop.example", "CN", "de")
        assert (row.substances, row.suspected, row.cues) == (
            ("sildenafil", "tadalafil"),
            ("illegal_supply",),
            ("price_bait",),
        )
        assert (row.risk, row.priority, row.state, row.captured_at) == (0.9, 0.9, "open", "2026-11-21T12:00:00.000000Z")

    def test_the_language_of_the_assessment_counts_before_the_one_the_page_claims(
        self, casefile: Casefile, tmp_path: Path
    ) -> None:
        ad = listing(3, language="en")
        ingested(casefile, tmp_path / "later", [ad])
        save_assessments(casefile, [assessment(ad, language="sw")], actor="test")
        assert shown(casefile, language="sw") == [3]
        assert shown(casefile, language="en") == []

    def test_facets_count_values_most_first(self, casefile: Casefile) -> None:
        found = facets(casefile, QueueFilter())
        assert found["product"] == [("sildenafil", 1), ("tadalafil", 1), ("tramadol", 1)]
        assert found["country"] == [("CN", 1), ("IN", 1)]
        assert found["language"] == [("de", 1)]

    def test_a_facet_shows_its_other_values_and_the_rest_is_narrowed(self, casefile: Casefile) -> None:
        found = facets(casefile, QueueFilter(site="other.example"))
        assert found["site"] == [("other.example", 1), ("shop.example", 1)]
        assert found["product"] == [("tramadol", 1)]
        assert found["suspected"] == []


class TestSearch:
    @pytest.fixture(autouse=True)
    def scene(self, casefile: Casefile, tmp_path: Path) -> None:
        texts = {
            1: "Overnight DELIVERY to your door, 50% off",
            2: "在线购买药片无需处方",
            3: "شراء حبوب بدون وصفة طبية",
            4: "Ｆｕｌｌ－ｗｉｄｔｈ Ｖｉａｇｒａ",
            5: "ask on wickr: fast.meds_77",
        }
        queued(casefile, tmp_path, [(listing(number, text=text), 0.5) for number, text in texts.items()])

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("overnight", [1]), ("OVERNIGHT delivery", [1]), ("vernigh", [1]), ('"delivery to your"', [1]),
            ('"to delivery"', []), ("无需处方", [2]), ("处方", [2]), ("方", [2]), ("وصفة", [3]), ("صف", [3]),
            ("viagra", [4]), ("full-width", [4]), ("meds_77", [5]), ("77", [5]), ("50% off", [1]), ("5%", []),
            ("delivery wickr", []), ("quick meds", [1, 2, 3, 4, 5]), ("shop.example", [1, 2, 3, 4, 5]),
            ('"', [1, 2, 3, 4, 5]), ("NEAR(", []), ("title:overnight", []), ("wickr OR delivery", []), ("*", []),
            ("o'clock", []),
        ],
    )  # fmt: skip
    def test_fragments_of_any_script_are_found(self, casefile: Casefile, text: str, found: list[int]) -> None:
        assert shown(casefile, text=text) == found

    def test_common_words_are_found_by_walking_the_queue(
        self, casefile: Casefile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queue_walk, "RARE", 2)
        assert shown(casefile, text="offer number") == [1, 2, 3, 4, 5]
        assert shown(casefile, text="offer number", site="shop.example") == [1, 2, 3, 4, 5]

    def test_a_search_that_walked_far_hands_back_a_cursor_to_go_on(
        self, casefile: Casefile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queue_walk, "WALK", 2)
        found: list[int] = []
        steps, after = 0, None
        while True:
            part = page(casefile, QueueFilter(text="77"), after=after)
            found += ids(part.rows)
            steps, after = steps + 1, part.next_cursor
            if after is None:
                break
        assert (found, steps) == ([5], 3)

    def test_changed_text_is_found_under_its_new_words_only(self, casefile: Casefile, tmp_path: Path) -> None:
        new = listing(1, text="Collect in person", minutes=5)
        queued(casefile, tmp_path, [(new, 0.5)], run_id="run-2", version=2)
        assert shown(casefile, text="overnight") == []
        assert shown(casefile, text="collect") == [1]
        with casefile.write("test") as tx:
            tx.execute("INSERT INTO queue_search (queue_search, rank) VALUES ('integrity-check', 1)")
            tx.audit("checked", "search")


class TestFollowing:
    def test_a_listing_without_assessment_is_not_in_the_queue(self, casefile: Casefile, tmp_path: Path) -> None:
        ingested(casefile, tmp_path, [listing(1)])
        assert shown(casefile) == []
        assert counts(casefile)["all"] == 0

    def test_counters_follow_every_change(self, casefile: Casefile, tmp_path: Path, ada: Person, ben: Person) -> None:
        dice = random.Random(5)  # noqa: S311 - not for secrets
        found = [listing(number, site=f"s{number % 3}.example") for number in range(12)]
        queued(casefile, tmp_path, [(one, 0.6) for one in found])
        for step in range(60):
            one = dice.choice(found)
            who = dice.choice((ada, ben))
            match dice.choice(("decide", "undo", "assess")):
                case "decide":
                    verdict = dice.choice(VERDICTS)
                    decide(casefile, one.id, verdict, person_id=who.id, version=1)
                case "undo":
                    undo_last(casefile, person_id=who.id)
                case "assess":
                    again = assessment(one, risk=dice.random(), substances=(dice.choice("abc"),), model=f"m{step}")
                    save_assessments(casefile, [again], actor="test")
            assert counters(casefile) == recounted(casefile)
        assert counts(casefile)["all"] == 12

    def test_a_new_assessment_moves_the_row(self, casefile: Casefile, tmp_path: Path) -> None:
        queued(casefile, tmp_path, [(listing(1), 0.2), (listing(2), 0.5)])
        save_assessments(casefile, [assessment(listing(1), risk=0.8, model="model-2")], actor="test")
        assert shown(casefile) == [1, 2]

    def test_a_new_version_shows_once_it_is_assessed(self, casefile: Casefile, tmp_path: Path) -> None:
        queued(casefile, tmp_path, [(listing(1), 0.2)])
        ingested(casefile, tmp_path, [listing(1, text="New.", minutes=5)], run_id="run-2")
        assert page(casefile, QueueFilter()).rows[0].version == 1
        due = [one for batch in unassessed(casefile, model_id="model-1") for one in batch]
        save_assessments(casefile, [assessment(one, risk=0.7) for one in due], actor="test")
        row = page(casefile, QueueFilter()).rows[0]
        assert (row.version, row.risk) == (2, 0.7)

    def test_a_late_assessment_of_an_old_version_does_not_take_the_row_back(
        self, casefile: Casefile, tmp_path: Path
    ) -> None:
        queued(casefile, tmp_path, [(listing(1), 0.2)])
        queued(casefile, tmp_path, [(listing(1, text="New.", minutes=5), 0.7)], run_id="run-2", version=2)
        save_assessments(casefile, [assessment(listing(1), risk=0.1, model="model-2", version=1)], actor="test")
        row = page(casefile, QueueFilter()).rows[0]
        assert (row.version, row.risk) == (2, 0.7)

    def test_saving_the_same_assessment_again_changes_nothing_shown(self, casefile: Casefile, tmp_path: Path) -> None:
        queued(casefile, tmp_path, [(listing(1), 0.2)])
        before = page(casefile, QueueFilter()), counters(casefile)
        save_assessments(casefile, [assessment(listing(1), risk=0.2)] * 2, actor="test")
        assert (page(casefile, QueueFilter()), counters(casefile)) == before

    def test_an_assessment_of_an_unknown_version_is_refused_with_its_batch(
        self, casefile: Casefile, tmp_path: Path
    ) -> None:
        ingested(casefile, tmp_path, [listing(1)])
        for wrong in (assessment(listing(9)), assessment(listing(1), version=2)):
            with pytest.raises(CasefileError, match="does not have"):
                save_assessments(casefile, [assessment(listing(1)), wrong], actor="test")
        assert get_assessment(casefile, listing(1).id) is None


class TestUnassessed:
    def test_batches_hold_every_listing_once(self, casefile: Casefile, tmp_path: Path) -> None:
        ingested(casefile, tmp_path, [listing(number) for number in range(7)])
        batches = list(unassessed(casefile, model_id=None, batch=3))
        assert [len(batch) for batch in batches] == [3, 3, 1]
        assert len({one.id for batch in batches for one in batch}) == 7

    def test_a_run_that_was_stopped_goes_on_with_the_rest(self, casefile: Casefile, tmp_path: Path) -> None:
        ingested(casefile, tmp_path, [listing(number) for number in range(7)])
        for batch in unassessed(casefile, model_id="model-1", batch=3):
            save_assessments(casefile, [assessment(one) for one in batch], actor="test")
            break
        assert [len(batch) for batch in unassessed(casefile, model_id="model-1")] == [4]

    def test_another_model_sees_all_listings(self, casefile: Casefile, tmp_path: Path) -> None:
        queued(casefile, tmp_path, [(listing(1), 0.5)])
        assert list(unassessed(casefile, model_id="model-1")) == []
        assert list(unassessed(casefile, model_id=None)) == []
        assert [len(batch) for batch in unassessed(casefile, model_id="model-2")] == [1]

    def test_new_words_of_the_shop_make_its_listings_due_again(self, casefile: Casefile, tmp_path: Path) -> None:
        queued(casefile, tmp_path, [(listing(1), 0.5), (listing(2, site="other.example"), 0.5)], sites=[site()])
        assert list(unassessed(casefile, model_id="model-1")) == []
        ingested(casefile, tmp_path, [], run_id="run-2", sites=[site(policy="We ship anything.", minutes=9)])
        due = [one for batch in unassessed(casefile, model_id="model-1") for one in batch]
        assert [one.id for one in due] == [listing(1).id]
        assert "We ship anything." in (due[0].site_text or "")

    def test_a_shown_listing_keeps_the_shop_text_its_cues_point_into(self, casefile: Casefile, tmp_path: Path) -> None:
        queued(casefile, tmp_path, [(listing(1), 0.5)], sites=[site(policy="Old words.")])
        ingested(casefile, tmp_path, [], run_id="run-2", sites=[site(policy="New words.", minutes=9)])
        kept = get_listing(casefile, listing(1).id)
        assert kept is not None
        assert "Old words." in (kept.site_text or "")
        save_assessments(casefile, [assessment(listing(1))], actor="test")
        fresh = get_listing(casefile, listing(1).id)
        assert fresh is not None
        assert "New words." in (fresh.site_text or "")


class TestNextItem:
    def test_the_most_valuable_open_item_comes_first(self, casefile: Casefile, tmp_path: Path, ada: Person) -> None:
        queued(casefile, tmp_path, [(listing(1), 0.2), (listing(2), 0.9), (listing(3), 0.5)])
        first = next_item(casefile, QueueFilter(), person=ada.id)
        assert first is not None
        assert first.listing_id == listing(2).id
        following = next_item(casefile, QueueFilter(), person=ada.id, after=first.key)
        assert following is not None
        assert following.listing_id == listing(3).id

    def test_skipped_items_are_passed_over(self, casefile: Casefile, tmp_path: Path, ada: Person) -> None:
        queued(casefile, tmp_path, [(listing(number), 0.5) for number in range(5)])
        skip = [listing(number).id for number in range(4)]
        last = next_item(casefile, QueueFilter(), person=ada.id, skip=skip)
        assert last is not None
        assert last.listing_id == listing(4).id
        assert next_item(casefile, QueueFilter(), person=ada.id, skip=[*skip, last.listing_id]) is None

    def test_who_confirmed_first_is_not_asked_again(
        self, casefile: Casefile, tmp_path: Path, ada: Person, ben: Person
    ) -> None:
        queued(casefile, tmp_path, [(listing(1), 0.9), (listing(2), 0.5)])
        decide(casefile, listing(1).id, "confirm", person_id=ada.id, version=1)
        second = QueueFilter(state="needs_second")
        assert next_item(casefile, second, person=ada.id) is None
        assert page(casefile, second, person=ada.id).rows == ()
        item = next_item(casefile, second, person=ben.id)
        assert item is not None
        assert (item.listing_id, item.first_decider) == (listing(1).id, ada.pseudonym)
        assert len(page(casefile, second).rows) == 1
