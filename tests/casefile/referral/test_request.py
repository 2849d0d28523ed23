from dataclasses import replace

import pytest

from casefile.policy import Policy
from casefile.referral.errors import ReferralError
from casefile.referral.request import ReferralRequest
from tests.casefile.referral.desk import REQUEST

NOTHING_SET = Policy()


@pytest.mark.parametrize("field", ["legal_basis", "purpose", "agency"])
@pytest.mark.parametrize("empty", [None, "", "  \n"])
def test_what_is_missing_is_named_with_the_option_and_the_policy_field(field: str, empty: str | None) -> None:
    name = field.replace("_", " ")
    with pytest.raises(
        ReferralError, match=f"the {name} is missing.*--{field.replace('_', '-')}.*{field} in policy.yaml"
    ):
        replace(REQUEST, **{field: empty}).completed(NOTHING_SET)  # type: ignore[arg-type] # a text field


@pytest.mark.parametrize("recipients", [(), ("",), (" ", "\t")])
def test_a_referral_needs_a_recipient(recipients: tuple[str, ...]) -> None:
    with pytest.raises(ReferralError, match="no recipient"):
        replace(REQUEST, recipients=recipients).completed(NOTHING_SET)


def test_the_policy_fills_what_is_left_open() -> None:
    policy = Policy(agency="A", legal_basis="B", purpose="C", handling="TLP:GREEN")
    found = ReferralRequest(recipients=("R",)).completed(policy)
    assert (found.agency, found.legal_basis, found.purpose, found.handling) == ("A", "B", "C", "TLP:GREEN")


def test_what_is_stated_goes_before_the_policy() -> None:
    policy = Policy(agency="A", legal_basis="B", purpose="C", handling="TLP:GREEN")
    found = replace(REQUEST, handling="TLP:RED").completed(policy)
    assert found.legal_basis == REQUEST.legal_basis
    assert found.handling == "TLP:RED"


@pytest.mark.parametrize("label", ["TLP:WHITE", "tlp:amber", "AMBER", "secret"])
def test_an_unknown_handling_label_is_refused_with_the_known_ones(label: str) -> None:
    with pytest.raises(ReferralError, match=r"handling .* is unknown: use one of TLP:RED, TLP:AMBER\+STRICT"):
        replace(REQUEST, handling=label).completed(NOTHING_SET)


def test_an_unknown_europol_code_is_refused() -> None:
    with pytest.raises(ReferralError, match="Europol code 'H4' is unknown: use one of H0, H1, H2, H3"):
        replace(REQUEST, europol="H4").completed(NOTHING_SET)


def test_a_follow_up_needs_a_reason() -> None:
    with pytest.raises(ReferralError, match="a follow-up needs a reason"):
        replace(REQUEST, again=True).completed(NOTHING_SET)
    assert replace(REQUEST, again=True, reason="new listings").completed(NOTHING_SET).type == "follow_up"


def test_a_correction_needs_a_reason_and_is_no_follow_up() -> None:
    with pytest.raises(ReferralError, match="a correction needs a reason"):
        replace(REQUEST, correction=True).completed(NOTHING_SET)
    with pytest.raises(ReferralError, match="not both"):
        replace(REQUEST, correction=True, again=True, reason="x").completed(NOTHING_SET)


@pytest.mark.parametrize("field", ["legal_basis", "purpose", "agency", "reason"])
def test_an_endless_text_is_refused(field: str) -> None:
    with pytest.raises(ReferralError, match="4001 characters; at most 4000"):
        replace(REQUEST, **{field: "x" * 4001}).completed(NOTHING_SET)  # type: ignore[arg-type] # a text field


def test_endless_recipients_are_refused() -> None:
    with pytest.raises(ReferralError, match="51 recipients"):
        replace(REQUEST, recipients=("R",) * 51).completed(NOTHING_SET)
