"""Texts made to stop a reader: each is assessed, whole, in a number of steps that the text's length bounds.

Time itself is not asserted; the numbers that bound it are (``python -m bench.assess_traps`` prints the seconds).
"""

import pytest

from bench.assess_traps import TRAPS
from casefile.records import Listing
from classifier.assess import Assessor
from classifier.lines import assess_lines, dump_line


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_assessed_like_any_text(assessor: Assessor, name: str) -> None:
    found = assessor.assess(Listing(id="trap", description=TRAPS[name](20_000)))
    assert 0 <= found.risk <= 1
    assert len(found.cues) <= 50


def test_what_is_remembered_of_words_stays_bounded(assessor: Assessor) -> None:
    runs = assessor._catalogue.book.table._runs
    assessor.assess(Listing(id="long", description="q" * 5_000 + " " + "z" * 41))
    assert "q" * 5_000 not in runs
    assert "z" * 41 not in runs


def test_lone_surrogates_in_a_line_do_not_stop_the_stream(assessor: Assessor) -> None:
    line = b'{"id": "s", "description": "' + b"\\ud800 viagra \\udfff" * 500 + b'"}'
    (row,) = assess_lines(assessor, [line])
    assert "error" not in row
    assert dump_line(row).decode("utf-8")
