"""The text a reader of the page sees."""

from collections.abc import Iterator
from typing import Final

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from crawler.extract.document import UNSEEN_TAGS, one_line

BLOCKS: Final = frozenset(
    "address article aside blockquote br caption center dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4"
    " h5 h6 header hr legend li main nav ol p pre section table tbody td tfoot th thead tr ul option".split()
)
_CELLS: Final = frozenset({"td", "th"})


def pieces(element: HtmlElement, *, limit: int = 200_000) -> Iterator[str]:
    """Yield the text below ``element`` piece by piece, a line feed where a block or line ends; no unseen elements."""
    walker = iterwalk(element, events=("start", "end"))
    size = 0
    unseen: HtmlElement | None = None
    for event, node in walker:
        tag = node.tag
        if event == "start":
            if tag in UNSEEN_TAGS and node is not element:
                unseen = node
                walker.skip_subtree()
                continue
            if tag in BLOCKS:
                yield "\n"
            text = node.text
        else:
            if tag in BLOCKS and node is not unseen:
                yield "\n"
            unseen = None
            text = node.tail if node is not element else None
        if text:
            yield text
            size += len(text)
            if size > limit:
                return


def visible_text(element: HtmlElement, *, limit: int = 200_000) -> str:
    """Return the text below ``element`` as a reader sees it: one line a block, runs of blanks as one."""
    return joined_lines("".join(pieces(element, limit=limit)))[:limit]


def joined_lines(text: str) -> str:
    """Return the lines of a text that say anything, runs of blanks as one."""
    return "\n".join([" ".join(line.split()) for line in text.split("\n") if line and not line.isspace()])


def inline_text(element: HtmlElement, *, limit: int = 2_000) -> str:
    """Return the text below ``element`` on one line."""
    if not len(element):
        return one_line(element.text or "")[:limit]
    return one_line("".join(pieces(element, limit=limit)))[:limit]
