"""The generic page as a web-poet page object: what the spider is given for each page, and what a site may replace.

A site whose pages need more gets a module of its own beside this one::

    @handle_urls("shop.example", instead_of=GenericPage)
    class ShopPage(GenericPage):
        def extract(self) -> PageExtract: ...

A pattern without a port does not match a URL that names one: write ``shop.example:8080`` where the site does.
"""

from web_poet import WebPage

from crawler.pages.generic import extract_page
from crawler.pages.page import PageExtract


class GenericPage(WebPage[PageExtract]):
    """Any page. Building it costs nothing: the body is parsed by :meth:`extract`, after its bounds were checked."""

    def extract(self) -> PageExtract:
        """Read the page; as :func:`~crawler.pages.generic.extract_page`."""
        response = self.response
        return extract_page(bytes(response.body), str(response.url), content_type=response.headers.get("Content-Type"))

    async def to_item(self) -> PageExtract:
        """Return what web-poet calls the item of the page, for its fixtures and its test runner."""
        return self.extract()
