"""What an agency decides for itself: ``policy.yaml`` in the workspace.

    second_confirmation: true          # two different people confirm before a case can be referred
    agency: Medicines Authority of Examplia
    legal_basis: Medicines Act 2020, section 12

Without the file the defaults below hold. A file with an unknown or misspelt field is refused: a policy that is
silently not applied is worse than none.
"""

from pathlib import Path

import yaml
from pydantic import Field, ValidationError, model_validator

from casefile.records import Record

POLICY_NAME = "policy.yaml"
MAX_BYTES = 256 * 1024


class PolicyError(Exception):
    """The policy file was refused; the message names the file and the field."""


class Policy(Record):
    """The rules this workspace works under."""

    second_confirmation: bool = True
    """Whether two different people must confirm a listing before it can be referred."""
    second_confirmation_reason: str | None = Field(default=None, max_length=1000)
    """Why one person is enough; required when ``second_confirmation`` is false, and stated in every referral."""
    agency: str | None = Field(default=None, max_length=200)
    """Who sends referrals."""
    agency_contact: str | None = Field(default=None, max_length=500)
    """How a recipient reaches the agency."""
    jurisdiction: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    """ISO 3166-1 alpha-2."""
    legal_basis: str | None = Field(default=None, max_length=1000)
    """The law that allows the agency to pass this data on; no referral is made without one."""
    purpose: str | None = Field(default=None, max_length=1000)
    """What the recipient may use a referral for."""
    handling: str = Field(default="TLP:AMBER", max_length=40)
    """Handling code of referrals unless another is asked for."""

    @property
    def confirmations_needed(self) -> int:
        """Return how many different people must confirm."""
        return 2 if self.second_confirmation else 1

    @model_validator(mode="after")
    def _reason_for_one_pair_of_eyes(self) -> "Policy":
        if not self.second_confirmation and not (self.second_confirmation_reason or "").strip():
            raise ValueError(
                "second_confirmation is false without a second_confirmation_reason: every referral will state that "
                "reason, so write one sentence"
            )
        return self


def load_policy(workspace: Path) -> Policy:
    """Read ``policy.yaml`` of the workspace, or the defaults when there is none; raises :class:`PolicyError`."""
    path = workspace / POLICY_NAME
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PolicyError(f"{path} is larger than {MAX_BYTES} bytes: that is no policy file")
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Policy()
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path} cannot be read: {error}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise PolicyError(f"{path} is not valid YAML: {str(error).splitlines()[0]}") from error
    if data is None:
        return Policy()
    if not isinstance(data, dict):
        raise PolicyError(f"{path} must hold fields such as 'second_confirmation: true', not {type(data).__name__}")
    try:
        return Policy.model_validate(data, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "second_confirmation"
        known = ", ".join(Policy.model_fields)
        hint = f" (known fields: {known})" if first["type"] == "extra_forbidden" else ""
        raise PolicyError(f"{path}, field '{where}': {first['msg']}{hint}") from error
