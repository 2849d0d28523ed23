from collections.abc import Sequence

import numpy as np
import pytest

from casefile.records import KINDS, SUSPECTED_CLASSES, DecidedListing, Listing
from classifier.decided import MOST_DECISIONS, decision_examples, decision_sheet
from classifier.examples import Example
from classifier.fit import grouped_folds
from classifier.model import ANSWERS
from classifier.train import WEIGHTS, Material, prepare
from review_ui.reasons import REASONS
from tests.casefile.making import NOON


def decided(
    number: int, verdict: str, *reasons: str, site: str | None = "a.example", **fields: object
) -> DecidedListing:
    data = {"id": f"d{number}", "site": site, "title": f"Xanax {number}", "description": "No prescription, call us."}
    return DecidedListing.model_validate(
        {"listing": data | fields, "decided": verdict, "reasons": reasons, "people": 2, "at": NOON}
    )


@pytest.fixture(scope="module")
def material() -> Material:
    rows = [
        decided(0, "confirmed", "illegal_supply", "needs_evidence"),
        decided(1, "confirmed"),
        decided(2, "rejected", "nothing_shown", site="b.example"),
        decided(3, "rejected", "lawful_offer", site="b.example"),
        decided(4, "rejected", "not_in_scope", site="c.example"),
    ]
    return prepare(decision_examples(rows))


def heads(material: Material, row: int, names: Sequence[str]) -> list[int]:
    return [int(material.table.truth[row, ANSWERS.index(name)]) for name in names]


CLASSES = [f"suspected:{name}" for name in SUSPECTED_CLASSES]


def test_confirmed_is_evidence_and_rejected_is_none(material: Material) -> None:
    assert [heads(material, row, ["suspicion"]) for row in range(5)] == [[1], [1], [0], [0], [0]]


def test_reasons_name_the_suspected_classes_and_silence_names_none(material: Material) -> None:
    assert dict(zip(SUSPECTED_CLASSES, heads(material, 0, CLASSES), strict=True)) == {
        name: int(name == "illegal_supply") for name in SUSPECTED_CLASSES
    }
    assert heads(material, 1, CLASSES) == [-1] * 5  # nobody said of what it is suspected
    assert heads(material, 2, CLASSES) == [0] * 5


def test_only_a_reason_that_speaks_of_the_text_teaches_about_its_clauses(material: Material) -> None:
    truth, rows = material.table.clause_truth, material.table.clause_rows
    assert (truth[rows == 2][:, 0] == 0).all()
    for row in (0, 1, 3, 4):
        assert (truth[rows == row] == -1).all(), row


def test_a_kind_is_ruled_out_only_where_somebody_said_so(material: Material) -> None:
    kinds = [f"kind:{kind}" for kind in KINDS]
    said = dict(zip(KINDS, heads(material, 4, kinds), strict=True))
    assert said == {kind: 0 if kind in ("medicine", "device", "document") else -1 for kind in KINDS}
    assert heads(material, 0, kinds) == [-1] * len(KINDS)


def test_no_fold_parts_a_site() -> None:
    rows = decision_examples([decided(n, "rejected", site=f"{n % 4}.example") for n in range(20)])
    table = prepare(rows).table
    folds = grouped_folds(table, np.arange(20))
    for site in range(4):
        assert len(set(folds[site::4].tolist())) == 1


def test_a_listing_without_a_site_stays_with_its_seller() -> None:
    one, two = decision_examples([
        decided(1, "rejected", site=None, seller={"name": "Quick"}), decided(2, "rejected", site=None),
    ])  # fmt: skip
    assert one.group == "site Quick" and two.group == "site d2"


def test_every_reason_of_the_desk_is_known_here() -> None:
    teach = {*SUSPECTED_CLASSES, "nothing_shown", "cue_misread", "lawful_offer", "not_in_scope"}
    standing = {code for code, (_, verdicts) in REASONS.items() if set(verdicts) & {"confirm", "reject"}}
    assert standing == teach


def test_decisions_have_an_origin_and_a_stated_weight(material: Material) -> None:
    examples: list[Example] = list(material.examples)
    assert {e.origin for e in examples} == {"decision"}
    assert material.table.weight.tolist() == [WEIGHTS["decision"]] * 5


def test_the_data_sheet_names_the_labels_without_their_text() -> None:
    rows = [decided(0, "confirmed", "fraud"), decided(1, "rejected")]
    sheet = decision_sheet(rows, weight=1.0)
    assert sheet["rows"] == 2 and sheet["confirmed"] == sheet["rejected"] == 1 and sheet["weight"] == 1.0
    assert "Xanax" not in str(sheet)
    assert sheet["sha256"] != decision_sheet([decided(0, "rejected"), rows[1]], weight=1.0)["sha256"]
    assert sheet["sha256"] == decision_sheet(rows[::-1], weight=1.0)["sha256"]


def test_old_decisions_fall_away_beyond_the_bound() -> None:
    listing = Listing(id="x", title="t")
    one = DecidedListing.model_validate({"listing": listing, "decided": "rejected", "people": 1, "at": NOON})
    assert len(decision_examples([one] * (MOST_DECISIONS + 5))) == MOST_DECISIONS
