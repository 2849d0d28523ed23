"""Error pages: what happened and what to do, plain, with no detail of the machine."""

import logging
from http import HTTPStatus
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casefile.store import CasefileError
from review_ui.access import Desk
from review_ui.security import add_security_headers

logger = logging.getLogger(__name__)

ADVICE: Final = {
    400: "The request could not be understood. Go back and try again.",
    403: "Your role does not allow this. Ask an admin for the role.",
    404: "There is nothing at this address.",
    405: "This address cannot be used that way.",
    500: "The desk made a mistake. Nothing was half-written. The log of 'pharmakon serve' holds the details.",
}


class ErrorPages:
    """Turns exceptions into answers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def _answer(self, request: Request, status: int, advice: str) -> Response:
        if request.headers.get("accept") == "application/json":
            return JSONResponse({"problem": advice}, status)
        return self._desk.pages.page(
            "error.html",
            status=status,
            code=status,
            title=HTTPStatus(status).phrase,
            advice=advice,
            signed_in=getattr(request.state, "person", None) is not None,
        )

    async def refused(self, request: Request, error: Exception) -> Response:
        """Answer for an ``HTTPException``."""
        if not isinstance(error, HTTPException):
            raise error
        detail = error.detail if error.detail != HTTPStatus(error.status_code).phrase else None
        answer = self._answer(request, error.status_code, detail or ADVICE.get(error.status_code, "Try again."))
        answer.headers.update(error.headers or {})
        return answer

    async def casefile_failed(self, request: Request, error: Exception) -> Response:
        """Answer for a casefile that cannot be read or written, for example on a full disk: the message says which."""
        logger.error("casefile: %s", error)
        if not isinstance(error, CasefileError):
            raise error
        return self._answer(request, HTTPStatus.SERVICE_UNAVAILABLE, str(error))

    async def broken(self, request: Request, error: Exception) -> Response:
        """Answer for a fault of the desk; this one runs outside the middleware, so it brings the headers itself."""
        answer = self._answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, ADVICE[500])
        add_security_headers(MutableHeaders(raw=answer.raw_headers), tls=self._desk.settings.tls)
        return answer
