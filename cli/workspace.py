"""Where a run keeps its state, and how a verb opens the casefile there."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from casefile.store import Casefile

F = TypeVar("F", bound=Callable[..., Any])

CHECKOUT = Path(__file__).resolve().parent.parent
"""The folder that holds the packages; in a checkout it also holds ``data/`` and ``models/``."""


def default_workspace() -> Path:
    """Return ``data/workspace`` of the checkout, or the user's data folder for an installed copy.

    Never the working directory: a casefile must not depend on where a command was typed.
    """
    if (CHECKOUT / "pyproject.toml").is_file():
        return CHECKOUT / "data" / "workspace"
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "pharmakon"


def workspace_option(function: F) -> F:
    """Add ``--workspace`` (a folder, also from ``PHARMAKON_WORKSPACE``) to a command."""
    return click.option(
        "--workspace",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="PHARMAKON_WORKSPACE",
        default=default_workspace,
        show_default="data/workspace of the checkout",
        help="Folder that holds the casefile, the evidence, the keys and the policy.",
    )(function)


def refuse(message: str) -> click.ClickException:
    """Return the exception that ends a command with one line on stderr and exit status 1."""
    return click.ClickException(message)


def open_casefile(workspace: Path) -> "Casefile":
    """Open (and on first use create) the casefile of ``workspace``; ends the command when that is refused."""
    from casefile.store import Casefile, CasefileError

    try:
        return Casefile.open(workspace)
    except CasefileError as error:
        raise refuse(str(error)) from error
