"""The labels in code are those of the codebook, word for word."""

import re
from pathlib import Path

from casefile.records import CUES, KINDS, SUSPECTED_CLASSES

CODEBOOK = (Path(__file__).parents[3] / "data" / "CODEBOOK.md").read_text(encoding="utf-8")


def section(number: int) -> str:
    return CODEBOOK.split(f"## {number}. ")[1].split("\n## ")[0]


def test_kinds_and_suspected_classes_are_those_of_the_codebook() -> None:
    assert tuple(re.findall(r"^- (\w+): ", section(1), re.M)) == KINDS
    assert tuple(re.findall(r"^- (\w+): ", section(3), re.M)) == SUSPECTED_CLASSES


def test_cues_are_those_of_the_codebook_in_its_order() -> None:
    body = section(4).split("shows it\n")[1]
    without_remarks = re.sub(r"\([^()]*\)", "", body)
    assert tuple(re.findall(r"[a-z_]+", without_remarks)) == CUES
