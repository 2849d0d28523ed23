"""Who somebody is: the record of a person and how it is looked up."""

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from casefile.store import Reads


class PeopleError(Exception):
    """Something about a person was refused; the message says what and what to do."""


@dataclass(frozen=True)
class Person:
    """Someone with a login."""

    id: str
    name: str
    """Known in the house only."""
    pseudonym: str
    """The form that leaves the house: in referrals and exports."""
    roles: frozenset[str]
    active: bool


PERSON_SQL = """
    SELECT p.id, p.name, p.pseudonym, p.active,
        (SELECT group_concat(role) FROM person_roles r WHERE r.person_id = p.id) AS roles
    FROM people p"""


def person_of_row(data: sqlite3.Row) -> Person:
    """Return the person that a row of :data:`PERSON_SQL` holds."""
    return Person(
        id=data["id"],
        name=data["name"],
        pseudonym=data["pseudonym"],
        roles=frozenset((data["roles"] or "").split(",")) - {""},
        active=bool(data["active"]),
    )


def load_person(reads: "Reads", person_id: str) -> Person | None:
    """Return the person of this id, as the connection or transaction sees them."""
    row = reads.execute(f"{PERSON_SQL} WHERE p.id = ?", (person_id,)).fetchone()
    return person_of_row(row) if row else None


def find_person(reads: "Reads", name: str) -> Person | None:
    """Return the person of this name (letter case does not matter)."""
    row = reads.execute(f"{PERSON_SQL} WHERE p.name = ?", (name.strip(),)).fetchone()
    return person_of_row(row) if row else None
