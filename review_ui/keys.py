"""The page that lists the keys, for those who cannot or do not want to open the `?` dialog."""

from starlette.responses import Response

from review_ui.access import Desk, Visit
from review_ui.shell import shell


def show(desk: Desk, visit: Visit) -> Response:
    """Show the keys."""
    return desk.pages.page("keys.html", **shell(desk, visit))
