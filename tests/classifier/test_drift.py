import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from classifier.drift import FEWEST, DriftError, Read, compare
from cli.drift import drift


def reads(n: int, seed: int, *, risk: float = 0.2, language: str = "en", bent: float = 0.1) -> list[Read]:
    dice = random.Random(seed)  # noqa: S311 - test data
    return [
        Read(
            risk=min(1.0, max(0.0, dice.gauss(risk, 0.1))), kind=dice.choice(["medicine", "other"]), language=language,
            obfuscation=0.2 if dice.random() < bent else 0.0,
            cues=frozenset({"price_bait"} if dice.random() < 0.3 else ()),
        )
        for _ in range(n)
    ]  # fmt: skip


def changed(old: list[Read], new: list[Read]) -> set[str]:
    return {test.what for test in compare(old, new) if test.changed}


def test_two_samples_of_one_market_do_not_differ() -> None:
    assert changed(reads(400, 1), reads(400, 2)) == set()


def test_higher_scores_and_more_bent_words_are_told_apart() -> None:
    assert changed(reads(400, 1), reads(400, 2, risk=0.4)) == {"risk"}
    assert changed(reads(400, 1), reads(400, 2, bent=0.5)) == {"rewritten by the normaliser"}


def test_a_new_language_is_told() -> None:
    assert "language" in changed(reads(200, 1), reads(150, 2) + reads(50, 3, language="ru"))


def test_too_few_listings_are_refused_rather_than_judged() -> None:
    with pytest.raises(DriftError, match=str(FEWEST)):
        compare(reads(FEWEST - 1, 1), reads(100, 2))


def test_the_command_compares_two_files(tmp_path: Path) -> None:
    plain, bent = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    plain.write_text("".join(f'{{"id": "{i}", "title": "Paracetamol 500 mg, pack {i}"}}\n' for i in range(40)))
    bent.write_text("".join(f'{{"id": "{i}", "title": "V1agra 100 mg no prescription {i}"}}\n' for i in range(40)))
    result = CliRunner().invoke(drift, ["--old", str(plain), "--new", str(bent)])
    assert result.exit_code == 0, result.output
    assert "changed  risk" in result.output and "changed  rewritten by the normaliser" in result.output


def test_the_command_wants_two_periods(tmp_path: Path) -> None:
    result = CliRunner().invoke(drift, ["--split", "2026-01-01", "--old", __file__])
    assert result.exit_code == 2 and "--split DAY" in result.output
