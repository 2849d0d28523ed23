"""``pharmakon user``: who may work with the casefile. There is no default person and no default password."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click

from casefile.permissions import ROLES
from cli.workspace import open_casefile, refuse, workspace_option

ACTOR = "cli"
ROLE_HELP = f"One of {', '.join(ROLES)}; repeat for several."


@contextmanager
def _refusals() -> Iterator[None]:
    """End the command with one line when the casefile refuses."""
    from casefile.people import PeopleError
    from casefile.store import CasefileError

    try:
        yield
    except (PeopleError, CasefileError) as error:
        raise refuse(str(error)) from error


@click.group()
def user() -> None:
    """Add people, give them roles and log-in links, shut them out.

    Example: pharmakon user add "Ada Investigator" --role investigator
    """


@user.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, help=ROLE_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the person as JSON.")
@workspace_option
def add(name: str, roles: tuple[str, ...], as_json: bool, workspace: Path) -> None:
    """Add a person. They log in with a one-time link (`pharmakon user link`) or once a password is set.

    Example: pharmakon user add "Ada Investigator" --role investigator
    """
    from casefile.people import add_person

    with _refusals(), open_casefile(workspace) as casefile:
        person = add_person(casefile, name, roles=roles, actor=ACTOR)
    if as_json:
        click.echo(json.dumps({"id": person.id, "name": person.name, "pseudonym": person.pseudonym}))
    else:
        click.echo(f"{person.name} was added as {', '.join(sorted(person.roles))} (in referrals: {person.pseudonym})")
        click.echo(f'next: pharmakon user link "{person.name}"')


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a person.")
@workspace_option
def list_(as_json: bool, workspace: Path) -> None:
    """List everybody, disabled people too.

    Example: pharmakon user list
    """
    from casefile.people import list_people

    with _refusals(), open_casefile(workspace) as casefile:
        people = list_people(casefile)
    for one in people:
        data = {"id": one.id, "name": one.name, "pseudonym": one.pseudonym}
        if as_json:
            click.echo(json.dumps(data | {"roles": sorted(one.roles), "active": one.active}))
        else:
            state = "" if one.active else "  disabled"
            click.echo(f"{one.name:<30} {one.pseudonym}  {', '.join(sorted(one.roles))}{state}")
    if not people and not as_json:
        click.echo("nobody yet: pharmakon user add NAME --role investigator", err=True)


@user.command("roles")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, help=ROLE_HELP)
@workspace_option
def roles_(name: str, roles: tuple[str, ...], workspace: Path) -> None:
    """Give a person these roles and no others, from their next click on.

    Example: pharmakon user roles "Ada Investigator" --role investigator --role reviewer
    """
    from casefile.people import set_roles

    with _refusals(), open_casefile(workspace) as casefile:
        person = set_roles(casefile, name, roles=roles, actor=ACTOR)
    click.echo(f"{person.name} is now {', '.join(sorted(person.roles))}")


@user.command()
@click.argument("name")
@workspace_option
def disable(name: str, workspace: Path) -> None:
    """Shut a person out at once: sessions, links and password end. What they decided stays.

    Example: pharmakon user disable "Ada Investigator"
    """
    from casefile.people import disable_person

    with _refusals(), open_casefile(workspace) as casefile:
        disable_person(casefile, name, actor=ACTOR)
    click.echo(f"{name} is shut out")


@user.command()
@click.argument("name")
@click.option(
    "--hours", type=click.IntRange(1, 24 * 14), default=24, show_default=True, help="How long it is good for."
)
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="Where the desk is served.")
@workspace_option
def link(name: str, hours: int, url: str, workspace: Path) -> None:
    """Print a link that logs a person in once. It is not stored and cannot be shown again.

    Example: pharmakon user link "Ada Investigator" --hours 2
    """
    from casefile.people import make_login_link, person_named

    with _refusals(), open_casefile(workspace) as casefile:
        person = person_named(casefile, name)
        token = make_login_link(casefile, person.id, actor=ACTOR, valid_for=timedelta(hours=hours))
    click.echo(f"{url.rstrip('/')}/login/link?token={token}")


@user.command()
@click.argument("name")
@workspace_option
def password(name: str, workspace: Path) -> None:
    """Set a person's password, typed twice or read as one line from a pipe.

    Example: pharmakon user password "Ada Investigator"
    """
    from casefile.people import person_named, set_password

    with _refusals(), open_casefile(workspace) as casefile:
        person = person_named(casefile, name)
        given = (
            click.prompt("Password", hide_input=True, confirmation_prompt=True)
            if sys.stdin.isatty()
            else sys.stdin.readline().rstrip("\r\n")
        )
        set_password(casefile, person.id, given, actor=ACTOR)
    click.echo(f"the password of {person.name} is set; a lock on the name is lifted and open sessions ended")
