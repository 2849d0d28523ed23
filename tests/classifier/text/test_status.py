import re

import pytest

from classifier.text.lexicon import Lexicon
from classifier.text.status import FOLDER, in_words, known_countries, status_of, statuses


@pytest.mark.parametrize(
    ("substance", "country", "prescription", "controlled"),
    [
        ("alprazolam", "US", "yes", "Schedule IV"),
        ("alprazolam", "AU", "yes", "Schedule 8"),
        ("tramadol", "GB", "yes", "Class C"),
        ("tramadol", "DE", "yes", None),
        ("trenbolone", "US", "yes", "Schedule III"),
        ("metonitazene", "GB", "unknown", "Class A"),
        ("methylphenidate", "IN", "yes", "Schedule X"),
        ("ketamine", "FR", "yes", "stupéfiant"),
        ("semaglutide", "FR", "yes", None),
        ("sildenafil", "GB", "varies", None),
        ("codeine", "CA", "varies", "Schedule I"),
        ("insulin", "CA", "no", None),
        ("paracetamol", "FR", "no", None),
    ],
)
def test_the_status_is_that_of_the_country(
    substance: str, country: str, prescription: str, controlled: str | None
) -> None:
    found = status_of(substance, country)
    assert (found.prescription, found.controlled) == (prescription, controlled)
    assert found.source


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    assert status_of("semaglutide", "KE").prescription == "unknown"
    assert status_of("semaglutide", "KE").source is None
    assert status_of("nobody knows this", "US").prescription == "unknown"
    assert statuses(["semaglutide"], ["KE"]) == []


def test_international_control_is_shown_where_the_country_is_unknown() -> None:
    (found,) = statuses(["diazepam"], ["KE"])
    assert str(found) == "prescription unknown, controlled internationally (1971 Schedule IV)"


def test_every_name_in_the_data_is_one_the_lexicon_knows() -> None:
    lexicon = Lexicon.load()
    known = set(lexicon.entries) | {f"class:{name}" for name in lexicon.classes}
    named: set[str] = set()
    for path in FOLDER.glob("*.yaml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            match = re.fullmatch(r'\s+"?[^:#]+"?: "(.*)"', line)
            if match and not line.strip().startswith(("source", "licence")):
                named.update(match[1].split(", "))
    assert named - known == set()
    assert len(known_countries()) >= 8


def test_one_line_says_it_for_all_countries_asked() -> None:
    assert in_words("alprazolam", ["FR", "US", "KE"]) == (
        "alprazolam: prescription-only in FR, US; controlled: psychotrope FR, Schedule IV US, 1971 Schedule IV (UN)"
    )
    assert in_words("semaglutide", ["KE"]) == ""
