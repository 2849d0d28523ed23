"""The fixed words of a referral: definitions, handling codes and what each cue means to a reader outside the house."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

WORDING_PATH = Path(__file__).resolve().parents[2] / "data" / "referral" / "wording.yaml"


@cache
def wording() -> dict[str, Any]:
    """Return ``data/referral/wording.yaml``: section name to its texts."""
    loaded = yaml.safe_load(WORDING_PATH.read_text("utf-8"))
    if not isinstance(loaded, dict):
        raise TypeError(f"{WORDING_PATH} must hold a mapping of sections")
    return loaded
