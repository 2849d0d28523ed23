"""The address of a listing's page."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,200}")


def item_path(listing_id: str, query: Mapping[str, str | None] | None = None, **more: str | None) -> str:
    """Return where a listing is shown, within the filter that ``query`` holds.

    Ids of imported rows are free text; one that holds a slash or is ``..`` would be rewritten by the browser, so it
    travels as a parameter.
    """
    parameters = {name: value for name, value in {**(query or {}), **more}.items() if value}
    if _PLAIN.fullmatch(listing_id):
        path = f"/item/{listing_id}"
    else:
        path = "/item"
        parameters = {"id": listing_id.encode("utf-8", "replace").decode(), **parameters}
    return f"{path}?{urlencode(parameters)}" if parameters else path
