from pathlib import Path

import pytest

from casefile.policy import MAX_BYTES, Policy, PolicyError, load_policy


def write(tmp_path: Path, text: str) -> None:
    (tmp_path / "policy.yaml").write_text(text, encoding="utf-8")


def test_without_a_file_two_people_must_confirm(tmp_path: Path) -> None:
    assert load_policy(tmp_path) == Policy()
    assert load_policy(tmp_path).confirmations_needed == 2


@pytest.mark.parametrize("text", ["", "# nothing decided yet\n", "---\n"])
def test_an_empty_file_decides_nothing(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    assert load_policy(tmp_path) == Policy()


def test_what_an_agency_decides_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        "second_confirmation: false\nsecond_confirmation_reason: One inspector only.\nagency: Agency of Examplia\n"
        "jurisdiction: EX\nlegal_basis: Medicines Act, section 12\nhandling: TLP:RED\n",
    )
    policy = load_policy(tmp_path)
    assert (policy.confirmations_needed, policy.agency, policy.jurisdiction) == (1, "Agency of Examplia", "EX")
    assert (policy.legal_basis, policy.handling) == ("Medicines Act, section 12", "TLP:RED")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("second_confirmation: false\n", "without a second_confirmation_reason"),
        ("second_confirmation: false\nsecond_confirmation_reason: '  '\n", "without a second_confirmation_reason"),
        ("second_confirmation: 'no'\n", "field 'second_confirmation'"),
        ("second_confirmation: 0\n", "field 'second_confirmation'"),
        ("second_confirmations: false\n", "field 'second_confirmations'.*known fields: second_confirmation,"),
        ("jurisdiction: Examplia\n", "field 'jurisdiction'"),
        ("- a list\n", "not list"),
        ("just words\n", "not str"),
        ("a: [1\n", "not valid YAML"),
        ("a: !!python/object/apply:os.system ['true']\n", "not valid YAML"),
        ("[" * 1200, "not valid YAML"),
        ("x" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_a_wrong_file_is_refused_by_name_and_field(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, text)
    with pytest.raises(PolicyError, match=message) as caught:
        load_policy(tmp_path)
    assert str(tmp_path / "policy.yaml") in str(caught.value)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_bytes("agency: Behörde".encode("latin-1"))
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(tmp_path)
