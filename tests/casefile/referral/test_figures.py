import pytest

from bench import referral


def test_the_figures_of_a_referral_are_printed_by_their_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(referral, "ROUNDS", 1)
    referral.main(2)
    printed = capsys.readouterr().out
    assert "2 listings, 4 files of evidence" in printed
    for figure in ("make + sign + pack", "verify: median", "baseline"):
        assert figure in printed
