"""Which tool and which libraries did the work: written into every capture, WARC file and run report."""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def own_version() -> str:
    """Return the version of the installed distribution, or ``0+unknown`` when it runs without being installed."""
    try:
        return version("pharmakon")
    except PackageNotFoundError:
        return "0+unknown"


@cache
def tool_version() -> str:
    """Return ``pharmakon/<version>``: the actor in custody entries and the tool of captures."""
    return f"pharmakon/{own_version()}"


def library_versions(*names: str) -> dict[str, str]:
    """Return the versions of ``names`` that are installed, with Python and this tool."""
    found = {"pharmakon": own_version(), "python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
