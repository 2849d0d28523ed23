import unicodedata
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from casefile.records import Assessment, DecidedListing, Explanation, Listing
from classifier.assess import Assessor
from classifier.clauses import sentences
from classifier.concepts import concept_grams, concepts_of, load_concepts
from classifier.contributions import RISK, contributions, pooled_shares
from classifier.examples import read_corpus
from classifier.explain import Explainer
from classifier.model import pool
from classifier.nearest import CaseIndex
from classifier.plain_words import concept_words, signal_words
from classifier.reading import features, read
from classifier.signals import SIGNALS
from classifier.train import CORPUS
from classifier.what_if import load_statements, stated, what_if, without
from tests.casefile.making import NOON

ROGUE = Listing(
    id="1", title="Xanax 2mg", description="No prescription needed. Pay in Bitcoin, WhatsApp only, discreet."
)
ARABIC = Listing(id="2", title="ترامادول للبيع", description="بدون وصفة طبية. الدفع بالبيتكوين، تواصل واتساب.")
BENT = Listing(
    id="3", title="Оху\u200bcodone 30mg", description="n0 presсription n&#101;eded, 100% discreet\nvacuum sealed"
)
CHINESE = Listing(id="4", title="曲马多 片剂", description="无需处方，微信下单，保密发货。")
PLAIN = Listing(id="5", title="Garden chair", site_text="We deliver to your door. Visa and Mastercard.")
EMPTY = Listing(id="6", title="-")


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


@pytest.fixture(scope="module")
def rogue(assessor: Assessor) -> Explanation:
    return Explainer(assessor).explain(ROGUE)


def decided(listing: Listing, verdict: str = "confirmed") -> DecidedListing:
    return DecidedListing.model_validate({"listing": listing, "decided": verdict, "people": 2, "at": NOON})


def test_the_terms_add_up_to_the_score_of_the_model_in_every_language(assessor: Assessor) -> None:
    listings = [ROGUE, ARABIC, BENT, CHINESE, PLAIN, EMPTY, *(e.listing for e in read_corpus(CORPUS)[::40])]
    for listing in listings:
        reading = read(assessor.catalogue, listing)
        hashed, signals = features([reading])
        score = assessor.model.logits(np.hstack((assessor.model.layer.scores(hashed), signals)))[0, RISK]
        found = contributions(assessor.model, reading)
        assert sum(term.log_odds for term in found.terms) == pytest.approx(score, abs=1e-4), listing.id
        explained = Explainer(assessor).explain(listing)
        assert sum(term.log_odds for term in explained.terms) == pytest.approx(explained.log_odds, abs=1e-9)


def test_a_term_stands_in_the_listing_where_it_says(assessor: Assessor) -> None:
    for listing in (ROGUE, ARABIC, BENT, CHINESE):
        found = Explainer(assessor).explain(listing)
        placed = [term for term in found.terms if term.places]
        assert {"words", "clause", "signal"} <= {term.sort for term in placed}
        for term in placed:
            first = term.places[0]
            assert getattr(listing, first.field)[first.start : first.end] == term.quote


def test_bent_words_are_named_straight_and_quoted_as_they_stand(assessor: Assessor) -> None:
    found = contributions(assessor.model, read(assessor.catalogue, BENT))
    words = {term.name: term.quote for term in found.terms if term.sort == "words"}
    named = next(name for name in words if "oxycodone" in name)
    assert "Оху\u200bcodone" in (words[named] or "")


def test_words_are_whole_in_every_script(assessor: Assessor) -> None:
    hindi = Listing(id="h", title="ट्रामाडोल टैबलेट", description="डॉक्टर का पर्चा नहीं चाहिए")
    thai = Listing(id="t", title="ยานอนหลับ", description="ไม่ต้องใช้ใบแพทย์")
    for listing, lone in ((hindi, "Mc Mn"), (thai, "Mn")):
        found = contributions(assessor.model, read(assessor.catalogue, listing))
        words = [term for term in found.terms if term.sort == "words" and term.places]
        assert words and all(unicodedata.category(term.name[0]) not in lone.split() for term in words)
        for term in words:
            after = getattr(listing, term.places[0].field)[term.places[0].end :][:1]
            assert not after or unicodedata.category(after) not in lone.split(), term.name
    quotes = {
        t.quote for t in contributions(assessor.model, read(assessor.catalogue, hindi)).terms if t.sort == "words"
    }
    assert any("पर्चा" in (quote or "") or "चाहिए" in (quote or "") for quote in quotes)


def test_clause_shares_add_up_to_what_the_model_pools() -> None:
    random = np.random.default_rng(1)
    for clauses in range(5):
        scores = np.clip(random.normal(0, 4, (clauses, 2)), -6, 6)
        shares, absent = pooled_shares(scores)
        pooled = pool(scores, np.zeros(clauses, dtype=np.int32), 1)[0]
        assert shares.sum(axis=0) + absent == pytest.approx(pooled)


def test_concept_keys_are_spelled_back() -> None:
    numbers = [3, 1, 70]
    keys, _ = concept_grams([(place, number) for place, number in enumerate(numbers)], [0])
    spelled = {concepts_of(key) for key in keys.tolist()}
    singles = {((3,), True), ((1,), True), ((70,), True)}
    assert spelled == singles | {((3, 1), True), ((1, 70), True), ((3, 70), False), ((3, 1, 70), True)}
    assert len(load_concepts().names) < 1 << 10 and sentences("a. b")


def test_every_signal_has_a_name_in_plain_words() -> None:
    names = [signal_words(name) for name in SIGNALS]
    assert len(set(names)) == len(names) and not any(
        ":" in n.replace("protection:", "").replace("product:", "") for n in names
    )
    assert not any("_" in name for name in names)


def test_an_explanation_carries_cues_and_what_speaks_for_the_offer(assessor: Assessor, rogue: Explanation) -> None:
    assert {"no_prescription", "anonymous_payment"} <= {cue.cue for cue in rogue.cues}
    warned = ROGUE.model_copy(update={"description": "We never ship without a prescription."})
    found = Explainer(assessor).explain(warned)
    assert found.protections and all(getattr(warned, p.field)[p.start : p.end] == p.quote for p in found.protections)


def test_what_would_have_lowered_it_is_assessed_and_not_guessed(assessor: Assessor, rogue: Explanation) -> None:
    assert rogue.what_if and [w.risk for w in rogue.what_if] == sorted(w.risk for w in rogue.what_if)
    assert all(what.risk < rogue.risk for what in rogue.what_if)
    all_gone = next(w for w in rogue.what_if if w.change == "without_all_cues")
    assert all_gone.risk == assessor.assess(without(ROGUE, rogue.cues)).risk
    said = next(w for w in rogue.what_if if w.change == "with_statement")
    assert said.risk == assessor.assess(stated(ROGUE, said.texts[0])).risk


def test_the_fewest_quotes_are_found_one_cue_after_another(assessor: Assessor) -> None:
    listing = Listing(id="1", title="Xanax: no prescription, bitcoin only, WhatsApp me")
    real = assessor.assess(listing)
    tried: list[str] = []

    def assess(listings: Sequence[Listing]) -> list[Assessment]:
        """Stand in for a model by which two of the three words are one too many."""
        out = []
        for one in listings:
            tried.append(one.title or "")
            left = sum(word in (one.title or "") for word in ("no prescription", "bitcoin", "WhatsApp"))
            out.append(real.model_copy(update={"risk": (0.1, 0.4, 0.8, 0.9)[left]}))
        return out

    found = what_if(listing, real.model_copy(update={"risk": 0.9}), assess)
    few = next(one for one in found if one.change == "fewest_quotes")
    assert len(few.texts) == 2 and few.risk == 0.4
    assert len(tried) < 40


def test_quotes_that_overlap_are_cut_out_once() -> None:
    cues = [
        {"cue": "stealth_shipping", "quote": "Discreet shipping", "field": "title", "start": 0, "end": 17},
        {"cue": "worldwide_shipping", "quote": "shipping worldwide", "field": "title", "start": 9, "end": 27},
    ]
    listing = Listing(id="1", title="Discreet shipping worldwide, pills")
    found = Explanation.model_validate(
        {
            "id": "1",
            "risk": 0.5,
            "linear_risk": 0.5,
            "log_odds": 0.0,
            "terms": (),
            "cues": cues,
            "model": "m",
            "lexicon": "l",
        }
    )
    assert without(listing, found.cues).title == ", pills"
    assert without(listing, found.cues[:1]).title == "worldwide, pills"


def test_the_statement_is_in_the_language_of_the_listing(assessor: Assessor) -> None:
    found = Explainer(assessor).explain(ARABIC)
    said = [w.texts[0] for w in found.what_if if w.change in ("with_statement", "statement_instead")]
    of_arabic = {sentences["ar"] for _, sentences in load_statements().values()}
    assert set(said) <= of_arabic


def test_the_nearest_cases_are_three_confirmed_and_one_rejected_and_never_the_listing_itself() -> None:
    near = [Listing(id=f"n{n}", title=f"Xanax 2mg bars {n}", description="No prescription needed") for n in range(5)]
    far = Listing(id="far", title="Garden chair, folding")
    cases = [decided(one) for one in near] + [decided(far, "rejected"), decided(ROGUE), decided(near[0], "rejected")]
    confirmed, rejected = CaseIndex().nearest(ROGUE, cases)
    assert [case.id for case in confirmed] and len(confirmed) == 3 and "1" not in {c.id for c in confirmed}
    assert [case.id for case in rejected] == ["n0"] and rejected[0].similarity > 0.3
    assert confirmed == sorted(confirmed, key=lambda case: -case.similarity)


def test_a_known_case_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from classifier import nearest

    read_texts: list[int] = []
    real = nearest.text_vectors

    def counted(listings: Sequence[Listing]) -> csr_matrix:
        read_texts.append(len(listings))
        return real(listings)

    monkeypatch.setattr(nearest, "text_vectors", counted)
    index = CaseIndex()
    cases = [decided(ARABIC), decided(PLAIN)]
    assert index.nearest(ROGUE, cases) == index.nearest(ROGUE, cases)
    assert read_texts == [2, 1, 1]


def test_a_listing_without_text_is_explained_too(assessor: Assessor) -> None:
    for listing in (EMPTY, Listing(id="7", title="💊💊💊"), Listing(id="8", title="\u200b\u202e")):
        found = Explainer(assessor).explain(listing)
        assert sum(term.log_odds for term in found.terms) == pytest.approx(found.log_odds, abs=1e-9)


def test_a_risk_that_a_second_stage_moved_is_said_so(assessor: Assessor, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Assessor.assess
    monkeypatch.setattr(Assessor, "assess", lambda self, one: real(self, one).model_copy(update={"risk": 0.25}))
    found = Explainer(assessor).explain(ROGUE)
    assert any("second stage" in note and "0.250" in note for note in found.notes)
    assert found.risk == 0.25 and found.linear_risk != 0.25


def test_a_topic_is_named_as_one() -> None:
    assert concept_words(["t_antibiotic"], adjacent=True) == "the topic ‘antibiotic’"
    assert concept_words(["never"], adjacent=True) == "the meaning ‘never’"
