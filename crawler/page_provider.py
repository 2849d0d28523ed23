"""What page objects are given: the response as the recorder passed it on, whatever bytes its headers hold."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from scrapy.http import Response
from scrapy_poet.page_input_providers import PageObjectInputProvider
from web_poet import HttpResponse, HttpResponseHeaders


class RecordedResponseProvider(PageObjectInputProvider):
    """Provides ``HttpResponse`` with headers read as ISO 8859-1, which every byte is (RFC 9110, section 5.5).

    scrapy-poet's own provider reads them as UTF-8 and fails on any other byte, so that a shop could hide each of its
    pages behind one header.
    """

    provided_classes = {HttpResponse}  # noqa: RUF012 - declared by the base class
    name: ClassVar[str] = "recorded_response"

    def __call__(self, to_provide: set[Callable[..., object]], response: Response) -> Sequence[HttpResponse]:
        """Return the one response."""
        headers = HttpResponseHeaders(
            [(name.decode("latin-1"), value.decode("latin-1")) for name in response.headers
             for value in response.headers.getlist(name)]
        )  # fmt: skip
        return [HttpResponse(url=response.url, body=response.body, status=response.status, headers=headers)]
