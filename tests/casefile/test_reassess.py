from pathlib import Path

from casefile.assessments import get_assessment, save_assessments
from casefile.listings import count_unassessed, unassessed
from casefile.store import Casefile
from tests.casefile.making import assessment, listing
from tests.casefile.scene import ingested, queued


def due(casefile: Casefile, model: str | None, lexicon: str | None = None) -> list[str]:
    found = [one.id for batch in unassessed(casefile, model_id=model, lexicon_id=lexicon, batch=2) for one in batch]
    assert len(found) == count_unassessed(casefile, model_id=model, lexicon_id=lexicon)
    return found


def assess(casefile: Casefile, numbers: range, model: str, lexicon: str = "lexicon-1", risk: float = 0.5) -> None:
    rows = [assessment(listing(n), risk=risk, model=model, lexicon=lexicon) for n in numbers]
    save_assessments(casefile, rows, actor="test")


def kept(casefile: Casefile) -> list[tuple[str, int]]:
    with casefile.read() as db:
        rows = db.execute("SELECT model, count(*) FROM assessments GROUP BY model ORDER BY model").fetchall()
    return [(row[0], row[1]) for row in rows]


def test_a_new_model_assesses_what_the_old_one_did_and_the_old_word_stays_as_history(
    casefile: Casefile, tmp_path: Path
) -> None:
    queued(casefile, tmp_path, [(listing(n), 0.5) for n in range(5)])
    assert due(casefile, None) == [] and due(casefile, "model-1") == [] and len(due(casefile, "model-2")) == 5
    assess(casefile, range(3), "model-2", risk=0.9)
    assert due(casefile, "model-2") == [listing(3).id, listing(4).id]
    assert kept(casefile) == [("model-1", 5), ("model-2", 3)]
    shown = get_assessment(casefile, listing(0).id)
    assert shown is not None and (shown.model, shown.risk) == ("model-2", 0.9)


def test_an_older_model_that_is_taken_up_again_is_shown_again(casefile: Casefile, tmp_path: Path) -> None:
    queued(casefile, tmp_path, [(listing(n), 0.5) for n in range(2)])
    assess(casefile, range(2), "model-2", risk=0.9)
    assert len(due(casefile, "model-1")) == 2  # it spoke once, but what is shown is the other's word
    assess(casefile, range(2), "model-1")
    shown = get_assessment(casefile, listing(0).id)
    assert shown is not None and shown.model == "model-1" and due(casefile, "model-1") == []
    assert kept(casefile) == [("model-1", 2), ("model-2", 2)]


def test_another_lexicon_is_another_reading(casefile: Casefile, tmp_path: Path) -> None:
    ingested(casefile, tmp_path, [listing(n) for n in range(2)])
    assess(casefile, range(2), "model-1", "lexicon-1")
    assert due(casefile, "model-1", "lexicon-1") == []
    assert len(due(casefile, "model-1", "lexicon-2")) == 2
    assert due(casefile, "model-1") == []
