"""The people who work with a casefile: names, pseudonyms, roles.

How they prove who they are stands in :mod:`casefile.logins`, and is offered here as well.
"""

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from casefile.logins import (
    LockedOut,
    close_session,
    make_login_link,
    open_session,
    redeem_login_link,
    session_person,
    set_password,
    verify_password,
)
from casefile.permissions import roles_fault
from casefile.person import PERSON_SQL, PeopleError, Person, find_person, load_person, person_of_row
from casefile.records import utc_text

if TYPE_CHECKING:
    from casefile.store import Casefile, Transaction

__all__ = [
    "LockedOut", "PeopleError", "Person", "add_person", "close_session", "disable_person", "find_person", "get_person",
    "list_people", "load_person", "make_login_link", "open_session", "person_named", "redeem_login_link",
    "session_person", "set_password", "set_roles", "verify_password",
]  # fmt: skip

MAX_NAME = 100


def get_person(casefile: "Casefile", person_id: str) -> Person | None:
    """Return the person of this id."""
    with casefile.read() as db:
        return load_person(db, person_id)


def person_named(casefile: "Casefile", name: str) -> Person:
    """Return the person of this name; raises :class:`PeopleError` when there is none."""
    with casefile.read() as db:
        person = find_person(db, name)
    if person is None:
        raise PeopleError(f"nobody is called '{name}': see `pharmakon user list`")
    return person


def list_people(casefile: "Casefile") -> list[Person]:
    """Return everybody, disabled ones too, by name."""
    with casefile.read() as db:
        return [person_of_row(row) for row in db.execute(f"{PERSON_SQL} ORDER BY p.name")]


def add_person(casefile: "Casefile", name: str, *, roles: Iterable[str], actor: str) -> Person:
    """Add a person who can log in only through a link (:func:`casefile.logins.make_login_link`) at first.

    Raises :class:`PeopleError` for an empty or taken name and for roles that do not exist or do not go together.
    """
    name, wanted = name.strip(), frozenset(roles)
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise PeopleError(f"a name has 1 to {MAX_NAME} printable characters")
    _check_roles(wanted)
    with casefile.write(actor) as tx:
        if find_person(tx, name) is not None:
            raise PeopleError(f"there is already somebody called '{name}': choose another name")
        person_id = secrets.token_hex(8)
        pseudonym = f"P-{secrets.token_hex(4)}"
        tx.execute(
            "INSERT INTO people (id, name, pseudonym, active, created_at) VALUES (?, ?, ?, 1, ?)",
            (person_id, name, pseudonym, utc_text(tx.now)),
        )
        _put_roles(tx, person_id, wanted)
        tx.audit("person_added", f"person:{person_id}", roles=sorted(wanted), pseudonym=pseudonym)
    return Person(person_id, name, pseudonym, wanted, active=True)


def set_roles(casefile: "Casefile", name: str, *, roles: Iterable[str], actor: str) -> Person:
    """Give a person these roles and no others; holds from their next request on."""
    wanted = frozenset(roles)
    _check_roles(wanted)
    person = person_named(casefile, name)
    with casefile.write(actor) as tx:
        tx.execute("DELETE FROM person_roles WHERE person_id = ?", (person.id,))
        _put_roles(tx, person.id, wanted)
        tx.audit("roles_set", f"person:{person.id}", roles=sorted(wanted), before=sorted(person.roles))
    return Person(person.id, person.name, person.pseudonym, wanted, person.active)


def disable_person(casefile: "Casefile", name: str, *, actor: str) -> None:
    """Shut a person out at once: sessions and links end. What they decided stays."""
    person = person_named(casefile, name)
    with casefile.write(actor) as tx:
        now = utc_text(tx.now)
        tx.execute("UPDATE people SET active = 0, password_hash = NULL WHERE id = ?", (person.id,))
        tx.execute("UPDATE sessions SET closed_at = ? WHERE person_id = ? AND closed_at IS NULL", (now, person.id))
        tx.execute("UPDATE login_links SET used_at = ? WHERE person_id = ? AND used_at IS NULL", (now, person.id))
        tx.audit("person_disabled", f"person:{person.id}")


def _check_roles(roles: frozenset[str]) -> None:
    fault = roles_fault(roles)
    if fault:
        raise PeopleError(fault)


def _put_roles(tx: "Transaction", person_id: str, roles: frozenset[str]) -> None:
    tx.executemany("INSERT INTO person_roles VALUES (?, ?)", [(person_id, role) for role in sorted(roles)])
