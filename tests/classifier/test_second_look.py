import dataclasses

import pytest

from classifier.examples import Example, read_corpus
from classifier.fit import Rows, Table, fit_model
from classifier.model import Model
from classifier.second_look import SURE, second_look, site_folds
from classifier.train import CORPUS, Material, prepare

SITES = 6


def as_decision(example: Example, number: int) -> Example:
    site = f"s{number % SITES}.example"
    return dataclasses.replace(
        example, origin="decision", source=site, group=f"site {site}", kind=None,
        silent=frozenset({"clauses", "suspected"}),
    )  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> list[Example]:
    rows = [e for e in read_corpus(CORPUS) if e.language == "en" and e.suspicion != 1 and e.file in ("a", "b", "c")]
    return rows[::2][:160]


@pytest.fixture(scope="module")
def wrong(rows: list[Example]) -> Example:
    """A listing that says it sells without prescription, rejected by mistake."""
    plain = next(
        e for e in rows[100:] if e.suspicion == 2 and {"no_prescription", "anonymous_payment"} & {c for c, _ in e.cues}
    )
    return as_decision(dataclasses.replace(plain, suspicion=0, suspected=frozenset()), 1)


@pytest.fixture(scope="module")
def material(rows: list[Example], wrong: Example) -> Material:
    decisions = [as_decision(e, n) for n, e in enumerate(rows[100:]) if e.listing.id != wrong.listing.id]
    return prepare([*rows[:100], *decisions, wrong])


def test_folds_keep_every_site_whole_and_leave_none_out(material: Material) -> None:
    folds = site_folds(material.examples)
    assert len(folds) == 5 and sum(map(len, folds)) == SITES
    assert frozenset.union(*folds) == {f"site s{n}.example" for n in range(SITES)}


def test_a_rejection_the_model_contradicts_comes_first(
    material: Material, wrong: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []

    def fitted(table: Table, rows: Rows) -> Model:
        seen.append({material.examples[row].source for row in rows})
        return fit_model(table, rows)

    monkeypatch.setattr("classifier.second_look.fit_model", fitted)
    ticks: list[int] = []
    found = second_look(material, sure=0.5, folds=2, tick=lambda: ticks.append(1))
    assert wrong.listing.id in {one.id for one in found if one.decided == "rejected"}
    assert [one.strength for one in found] == sorted((one.strength for one in found), reverse=True)
    assert all((one.risk >= 0.5) == (one.decided == "rejected") for one in found)
    assert len(ticks) == 2
    for held, used in zip(site_folds(material.examples, 2), seen, strict=True):
        assert not {group.removeprefix("site ") for group in held} & used  # never judged by a model that saw the site
    assert {one.id for one in found if one.strength >= SURE} <= {e.listing.id for e in material.examples}
