"""Who may do what: one table, deny by default."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from casefile.person import Person

Permission = Literal["read", "decide", "refer", "admin", "audit"]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

ROLES: dict[str, frozenset[Permission]] = {
    "investigator": frozenset({"read", "decide"}),
    "reviewer": frozenset({"read", "decide", "refer"}),
    "exporter": frozenset({"read", "refer"}),
    "auditor": frozenset({"audit"}),
    "admin": frozenset({"admin"}),
}
"""What each role may do. ``read`` sees listings and cases, ``audit`` sees the log and nothing else."""

ALONE = frozenset({"admin", "auditor"})
"""Roles nobody holds beside another one: who manages people or checks the log has no say in what it records."""


def roles_fault(roles: Iterable[str]) -> str | None:
    """Return why this set of roles cannot be given to one person, or None when it can."""
    wanted = set(roles)
    unknown = sorted(wanted - ROLES.keys())
    if unknown:
        return f"role '{unknown[0]}' is unknown; the roles are {', '.join(ROLES)}"
    if not wanted:
        return f"a person needs at least one role of {', '.join(ROLES)}"
    alone = sorted(wanted & ALONE)
    if alone and len(wanted) > 1:
        return f"role '{alone[0]}' goes with no other role: make a second person for the other work"
    return None


def allowed(person: "Person", permission: str) -> bool:
    """Return whether ``person`` may do this; an inactive person, unknown role or unknown permission never may."""
    if not person.active or roles_fault(person.roles) is not None:
        return False
    return any(permission in ROLES[role] for role in person.roles)
