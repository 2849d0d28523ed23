"""Which model an agency works with is its decision: taken by a person, with its figures, and kept in the audit log."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from casefile.store import Casefile


def record_adoption(
    casefile: "Casefile", *, model: str, replaces: str | None, worse: Sequence[str], reason: str | None, actor: str
) -> None:
    """Put an adoption into the audit log; ``worse`` names the figures that fell, ``reason`` why it was taken anyway."""
    detail: dict[str, object] = {"worse": list(worse)}
    if replaces is not None:
        detail["replaces"] = replaces
    if reason is not None:
        detail["anyway"] = reason
    with casefile.write(actor) as tx:
        tx.audit("model_adopted", f"model:{model}", **detail)
