"""JSON-LD scripts to nodes: ``@graph`` flattened, ``@id`` references resolved, nesting and number bounded."""

import html
from typing import Any

from crawler.extract.document import Document
from crawler.extract.loose_json import parse_loose
from crawler.extract.nodes import MAX_NODE_DEPTH, MAX_NODES, Node, Syntax, short_name

MAX_SCRIPTS = 60


def read_jsonld(document: Document) -> list[Node]:
    """Return the top-level nodes of every JSON-LD script in page order."""
    builder = NodeBuilder("jsonld")
    scripts = 0
    for script in document.root.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        scripts += 1
        if scripts > MAX_SCRIPTS:
            break
        for value in parse_loose(script.text or ""):
            builder.add_top(value)
    return builder.resolved()


class NodeBuilder:
    """Turns JSON values into nodes within the bounds."""

    def __init__(self, syntax: Syntax) -> None:
        self._syntax = syntax
        self._count = 0
        self._top: list[Node] = []
        self._by_id: dict[str, Node] = {}

    def add_top(self, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Take a value of one script: an object, a list of them, or an object with ``@graph``."""
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, list):
                self._top.extend(node for part in entry if isinstance(part, dict) and (node := self.node(part)))
            if not isinstance(entry, dict):
                continue
            graph = entry.get("@graph")
            if isinstance(graph, list | dict):
                members = graph if isinstance(graph, list) else [graph]
                self._top.extend(node for part in members if isinstance(part, dict) and (node := self.node(part)))
            if "@type" in entry or not graph:
                node = self.node(entry)
                if node:
                    self._top.append(node)

    def node(self, data: dict[str, Any], depth: int = 0) -> Node | None:
        """Return the node of a JSON object, None once a bound is reached."""
        self._count += 1
        if depth > MAX_NODE_DEPTH or self._count > MAX_NODES:
            return None
        stated = data.get("@type", data.get("type"))
        types = [stated] if isinstance(stated, str) else stated if isinstance(stated, list) else []
        node = Node(self._syntax, frozenset(short_name(name) for name in types if isinstance(name, str)))
        for key, value in data.items():
            if key == "@id" and isinstance(value, str):
                node.id = value
            elif isinstance(key, str) and key not in ("@type", "@context", "@graph"):
                self._add(node, short_name(key), value, depth)
        if node.id and node.types:
            self._by_id.setdefault(node.id, node)
        return node

    def _add(self, node: Node, name: str, value: Any, depth: int) -> None:  # noqa: ANN401 - any JSON value
        if isinstance(value, list):
            for entry in value[:MAX_NODES]:
                if not isinstance(entry, list):
                    self._add(node, name, entry, depth)
        elif isinstance(value, dict):
            if "@value" in value and not isinstance(value["@value"], dict | list):
                self._add(node, name, value["@value"], depth)
            elif child := self.node(value, depth + 1):
                node.add(name, child)
        elif isinstance(value, bool):
            node.add(name, "true" if value else "false")
        elif isinstance(value, str):
            node.add(name, html.unescape(value) if "&" in value else value)
        elif isinstance(value, int | float):
            node.add(name, _number(value))

    def resolved(self) -> list[Node]:
        """Return the top-level nodes with references by ``@id`` replaced by what they refer to."""
        for node in [*self._top, *self._by_id.values()]:
            for values in node.properties.values():
                for place, value in enumerate(values):
                    if isinstance(value, Node) and value.id and not value.types and not value.properties:
                        values[place] = self._by_id.get(value.id, value)
        return self._top


def _number(value: int | float) -> str:
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else ""
    return f"{value:.10f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else ""
