"""Structured data in one shape, whichever syntax it came in: typed nodes with lists of values."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, Union

from lxml.html import HtmlElement

from crawler.extract.document import one_line

MAX_NODES: Final = 4_000
MAX_NODE_DEPTH: Final = 24
MAX_VALUE: Final = 50_000
"""Characters of one value."""

Syntax = Literal["jsonld", "microdata", "opengraph", "state"]
Value = Union[str, "Node"]


@dataclass(slots=True, eq=False)
class Node:
    """One thing with its properties; names and types are short and lower case (``product``, ``pricecurrency``)."""

    syntax: Syntax
    types: frozenset[str] = frozenset()
    properties: dict[str, list[Value]] = field(default_factory=dict)
    element: HtmlElement | None = None
    """Where the node stands in the page, when its syntax marks up elements."""
    id: str | None = None

    def add(self, name: str, value: Value) -> None:
        """Append a value; empty text is no value."""
        if isinstance(value, str):
            value = value[:MAX_VALUE].strip()
            if not value:
                return
        self.properties.setdefault(name, []).append(value)

    def texts(self, *names: str) -> Iterator[str]:
        """Yield the text values of the named properties; a node gives its name, value or id."""
        for name in names:
            for value in self.properties.get(name, ()):
                text = value if isinstance(value, str) else value.text("name", "value", "title", "url")
                if text:
                    yield text

    def text(self, *names: str) -> str | None:
        """Return the first text of the named properties on one line."""
        return next((line for line in map(one_line, self.texts(*names)) if line), None)

    def nodes(self, *names: str) -> Iterator["Node"]:
        """Yield the node values of the named properties."""
        for name in names:
            for value in self.properties.get(name, ()):
                if isinstance(value, Node):
                    yield value

    def is_a(self, *types: str) -> bool:
        """Whether the node has one of ``types``."""
        return not self.types.isdisjoint(types)


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield ``nodes`` and everything below them, each once."""
    seen: set[int] = set()
    stack = list(nodes)[::-1]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        below = [value for values in node.properties.values() for value in values if isinstance(value, Node)]
        stack.extend(reversed(below))


def short_name(name: str) -> str:
    """Return ``http://schema.org/Product`` and ``schema:Product`` as ``product``."""
    return name.strip().rstrip("/").rpartition("/")[2].rpartition("#")[2].rpartition(":")[2].lower()
