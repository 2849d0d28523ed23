"""The contract of a referral: ``data/schemas/referral-1.json`` (JSON Schema 2020-12)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from casefile.referral.errors import ReferralError

SCHEMA_PATH = Path(__file__).resolve().parents[2] / "data" / "schemas" / "referral-1.json"
MAX_SHOWN = 200


@cache
def load_schema() -> dict[str, Any]:
    """Return the schema that this version of the program writes and reads."""
    loaded: dict[str, Any] = json.loads(SCHEMA_PATH.read_bytes())
    return loaded


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(load_schema())


def check_schema(referral: Any) -> None:  # noqa: ANN401 - any JSON value
    """Raise ``ReferralError`` that names the first field of ``referral`` which the schema refuses."""
    stated = referral.get("format") if isinstance(referral, dict) else None
    known = load_schema()["properties"]["format"]["const"]
    if stated != known:
        raise ReferralError(f"referral format {stated!r} is unknown here; this version reads {known!r}")
    fault = best_match(_validator().iter_errors(referral))
    if fault is not None:
        where = ".".join(map(str, fault.absolute_path)) or "the referral itself"
        raise ReferralError(f"{where}: {fault.message[:MAX_SHOWN]} (schema referral-1)")
