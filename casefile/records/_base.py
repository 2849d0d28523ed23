"""What every record shares: frozen, strict about fields, absent instead of empty."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints


def utc_text(moment: datetime) -> str:
    """Return ``moment`` as ISO 8601 in UTC with microseconds and ``Z`` (design rule 3)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _require_zone(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone; write it in UTC with a trailing Z")
    return moment.astimezone(UTC)


UtcTime = Annotated[datetime, AfterValidator(_require_zone), PlainSerializer(utc_text, return_type=str)]
"""A moment in UTC, written ``2026-11-21T10:00:00.000000Z``."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""Lower-case hexadecimal SHA-256."""

DecimalText = Annotated[str, StringConstraints(pattern=r"^-?\d{1,18}(\.\d{1,18})?$")]
"""An amount of money as a decimal string, never a float."""

CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3,5}$")]
"""ISO 4217, or the ticker in use for a crypto-currency (``BTC``, ``XMR``, ``USDT``)."""

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
"""A calibrated probability."""


class Record(BaseModel):
    """Base of all records: immutable, and unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data in which a missing value is absent (never null or empty)."""
        return {k: v for k, v in self.model_dump(mode="json", exclude_none=True).items() if v not in ("", [], {})}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Build the record from JSON data; raises ``pydantic.ValidationError``."""
        return cls.model_validate(data)
