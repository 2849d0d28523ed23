import json
from pathlib import Path

import pytest

from casefile.records import CUES, KINDS, SUSPECTED_CLASSES, Listing
from classifier.assess import BATCH, Assessor
from classifier.examples import read_corpus
from classifier.hashed import LONGEST_TEXT
from classifier.persist import MANIFEST, ModelError
from classifier.text.entries import LexiconError
from classifier.train import CORPUS

ROGUE = Listing(
    id="1", title="Xanax 2mg", description="No prescription needed. Pay in Bitcoin, WhatsApp only, discreet."
)
HONEST = Listing(
    id="2", title="Xanax 2mg", description="Prescription required. We check it with your doctor before dispensing."
)


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


@pytest.fixture(scope="module")
def listings() -> list[Listing]:
    return [example.listing for example in read_corpus(CORPUS)[::12]]


def test_an_assessment_says_kind_risk_classes_and_quotes(assessor: Assessor) -> None:
    found = assessor.assess(ROGUE)
    assert found.id == "1" and found.kind == "medicine" and found.risk > 0.5
    assert found.suspected.keys() == set(SUSPECTED_CLASSES) and found.suspected["illegal_supply"] > 0.5
    assert found.kind_probabilities.keys() == set(KINDS)
    assert sum(found.kind_probabilities.values()) == pytest.approx(1.0, abs=1e-4)
    assert {"no_prescription", "controlled_substance"} <= {c.cue for c in found.cues} <= set(CUES)
    assert found.substances == ("alprazolam",) and found.harm > 0.5
    assert found.model == assessor.model_id and found.lexicon == assessor.lexicon_id


def test_the_clause_that_protects_decides_between_two_listings_of_one_product(assessor: Assessor) -> None:
    rogue, honest = assessor.assess_batch([ROGUE, HONEST])
    assert rogue.risk > 0.5 > honest.risk


def test_what_the_shop_says_elsewhere_raises_the_risk_of_an_innocent_item(assessor: Assessor) -> None:
    item = {"id": "3", "title": "Ozempic 1 mg pen", "description": "Semaglutide for adults with type 2 diabetes."}
    shop = "You do not need a prescription to order. Pay with Bitcoin. We ship in plain envelopes past customs."
    alone, with_shop = assessor.assess_batch([Listing(**item), Listing(**item, site_text=shop)])
    assert with_shop.risk > alone.risk + 0.2
    assert any(c.field == "site_text" for c in with_shop.cues)


def test_every_quote_is_exactly_what_stands_there(assessor: Assessor, listings: list[Listing]) -> None:
    for listing, found in zip(listings, assessor.assess_batch(listings), strict=True):
        for cue in found.cues:
            field = listing.price.currency if cue.field == "currency" and listing.price else getattr(listing, cue.field)
            assert isinstance(field, str) and field[cue.start : cue.end] == cue.quote


def test_batching_changes_not_one_bit(assessor: Assessor, listings: list[Listing]) -> None:
    some = listings[: BATCH + 9]
    together = assessor.assess_batch(some)
    assert together == [assessor.assess(listing) for listing in some]
    assert together == list(reversed(assessor.assess_batch(list(reversed(some)))))


def test_priority_is_risk_weighed_by_harm(assessor: Assessor, listings: list[Listing]) -> None:
    for found in assessor.assess_batch(listings):
        assert found.priority == pytest.approx(found.risk * (0.5 + 0.5 * found.harm), abs=1e-5)


@pytest.mark.parametrize(
    "text",
    ["", " ", "\u200b", "😀" * 500, "a" * 100_000, "1 " * 60_000, "no prescription " * 8_000, "\n" * 50_000,
     "\ufffd" * 99, "ж" * 70_000, "不" * 70_000, "buy, " * 30_000, "x" * 1_000_000],
    ids=lambda text: f"{text[:4]!r}x{len(text)}",
)  # fmt: skip
def test_any_text_gets_an_assessment(assessor: Assessor, text: str) -> None:
    found = assessor.assess(Listing(id="odd", title="-", description=text))
    assert 0 <= found.risk <= 1
    assert bool(found.notes) == (len(text) > LONGEST_TEXT - 2)


def test_a_language_nobody_taught_is_said_so(assessor: Assessor) -> None:
    georgian = assessor.assess(Listing(id="ka", title="წამლები რეცეპტის გარეშე იყიდება"))
    assert not georgian.language_supported
    assert assessor.assess(ROGUE).language_supported


@pytest.mark.parametrize("features", ["signals", "concepts"])
def test_a_model_for_other_signals_or_concepts_is_refused(tmp_path: Path, features: str) -> None:
    from classifier.assess import DEFAULT_MODEL

    for path in DEFAULT_MODEL.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    manifest["about"][features].pop()
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=f"other {features}.*pharmakon train"):
        Assessor.load(tmp_path)


def test_substances_are_medicines_and_never_groups_of_goods(assessor: Assessor) -> None:
    text = "Syringes, face masks, vitamin c, research peptides and a vaccine card; also sildenafil and Ozempic."
    found = assessor.assess(Listing(id="4", title="Viagra 100mg", description=text))
    assert found.substances == ("semaglutide", "sildenafil")


def test_damaged_data_is_reported_when_the_model_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> None:
        raise LexiconError("goods.yaml: is not a table of goods; restore it from the repository")

    monkeypatch.setattr("classifier.assess.load_goods", damaged)
    with pytest.raises(LexiconError, match="restore it"):
        Assessor.load()
