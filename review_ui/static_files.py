"""The desk's own style sheet, script and icon."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from review_ui.access import Desk, Visit


def show(desk: Desk, visit: Visit) -> Response:
    """Send one static file; its address carries its digest, so the browser may keep it for good."""
    found = desk.pages.static.get(visit.request.path_params["name"])
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    current = visit.request.query_params.get("v") == found.digest
    keeping = "public, max-age=31536000, immutable" if current else "no-cache"
    return Response(found.body, media_type=found.media_type, headers={"cache-control": keeping})
