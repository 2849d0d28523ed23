"""What a person states when asking for a referral: on which legal basis, for what, to whom, how to be handled."""

from dataclasses import dataclass
from typing import Literal

from casefile.policy import Policy
from casefile.referral.errors import ReferralError
from casefile.referral.wording import wording

ReferralType = Literal["initial", "follow_up", "correction"]
MAX_TEXT = 4000
MAX_RECIPIENTS = 50


@dataclass(frozen=True, kw_only=True)
class ReferralRequest:
    """The sender's part of a referral. What is None is taken from ``policy.yaml`` by :meth:`completed`."""

    recipients: tuple[str, ...]
    """Names of the authorities it is meant for."""
    legal_basis: str | None = None
    """For example ``Article 61 of Law 3/2019; GDPR Art. 10``."""
    purpose: str | None = None
    """What the recipient shall use it for."""
    handling: str | None = None
    """TLP 2.0 label."""
    europol: str | None = None
    """Europol handling code ``H0`` to ``H3``."""
    agency: str | None = None
    """Who sends it."""
    again: bool = False
    """Make a follow-up of a case that was referred before."""
    correction: bool = False
    """Make a referral that takes the place of the case's latest one (a wrong legal basis, recipient, purpose...)."""
    reason: str | None = None
    """Why a follow-up or correction is made; needed with either."""

    def completed(self, policy: Policy) -> "CompleteRequest":
        """Fill the gaps from ``policy``; raises ``ReferralError`` that names what is missing or unknown."""
        recipients = tuple(name.strip() for name in self.recipients if name.strip())
        if not recipients:
            raise ReferralError("no recipient: name the authority this referral is for (--recipient)")
        if len(recipients) > MAX_RECIPIENTS:
            raise ReferralError(f"{len(recipients)} recipients; at most {MAX_RECIPIENTS} are possible")
        handling = self.handling or policy.handling
        _known("handling", handling, wording()["tlp"])
        if self.europol is not None:
            _known("Europol code", self.europol, wording()["europol"])
        reason = _short("reason", (self.reason or "").strip())
        if self.again and self.correction:
            raise ReferralError("a referral is a follow-up or a correction, not both: drop --again or --correction")
        if self.again and not reason:
            raise ReferralError("a follow-up needs a reason: say what is new since the last referral (--reason)")
        if self.correction and not reason:
            raise ReferralError("a correction needs a reason: say what was wrong in the last referral (--reason)")
        return CompleteRequest(
            agency=_stated("agency", self.agency or policy.agency, "who sends this referral", "--agency"),
            legal_basis=_stated(
                "legal basis",
                self.legal_basis or policy.legal_basis,
                "the law that allows passing this on",
                "--legal-basis",
            ),
            purpose=_stated(
                "purpose", self.purpose or policy.purpose, "what the recipient shall use it for", "--purpose"
            ),
            recipients=tuple(_short("recipient", name) for name in recipients),
            handling=handling,
            europol=self.europol,
            type="correction" if self.correction else "follow_up" if self.again else "initial",
            reason=reason or None,
        )


@dataclass(frozen=True, kw_only=True)
class CompleteRequest:
    """A :class:`ReferralRequest` with nothing left open."""

    agency: str
    legal_basis: str
    purpose: str
    recipients: tuple[str, ...]
    handling: str
    europol: str | None
    type: ReferralType
    reason: str | None


def _known(name: str, value: str, known: dict[str, str]) -> None:
    if value not in known:
        raise ReferralError(f"{name} {value!r} is unknown: use one of {', '.join(known)}")


def _short(name: str, text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ReferralError(f"the {name} has {len(text)} characters; at most {MAX_TEXT} are possible")
    return text


def _stated(name: str, text: str | None, what: str, option: str) -> str:
    if text is None or not text.strip():
        field = name.replace(" ", "_")
        raise ReferralError(f"the {name} is missing: state {what} ({option}), or set {field} in policy.yaml")
    return _short(name, text.strip())
