"""Microdata (``itemscope``, ``itemprop``) and RDFa Lite (``typeof``, ``property``) to nodes, in one pass."""

from lxml.etree import XPath
from lxml.html import HtmlElement

from crawler.extract.document import Document, found_elements, one_line
from crawler.extract.nodes import MAX_NODES, Node, short_name
from crawler.extract.text import visible_text

_URL_ATTRIBUTE = {"a": "href", "area": "href", "link": "href", "img": "src", "audio": "src", "video": "src",
                  "source": "src", "embed": "src", "iframe": "src", "object": "data"}  # fmt: skip
_RDFA_TYPES = frozenset({"product", "offer", "aggregateoffer", "organization", "person", "brand", "individualproduct",
                         "productmodel", "breadcrumblist", "listitem", "webpage", "drug", "imageobject"})  # fmt: skip
_HEAD_VOCABULARIES = ("og:", "fb:", "twitter:", "article:", "product:", "business:", "place:")
_MAX_PROPERTIES = 20_000
_MARKED = XPath("//*[@itemscope or @itemprop or @typeof or @property]")


def read_microdata(document: Document) -> list[Node]:
    """Return the top-level nodes in page order. Linear: each element looks only at its nearest marked ancestor."""
    top: list[Node] = []
    scope_of: dict[HtmlElement, Node] = {}
    count = 0
    # Document order: an ancestor with a scope is always met before what it holds.
    for element in found_elements(_MARKED, document.root)[:_MAX_PROPERTIES]:
        scoped = element.get("itemscope") is not None or _is_schema_typeof(element)
        names = (element.get("itemprop") or _rdfa_property(element) or "").split()
        if not scoped and not names:
            continue
        parent = _nearest(element, scope_of)
        if scoped:
            count += 1
            if count > MAX_NODES:
                break
            types = (element.get("itemtype") or element.get("typeof") or "").split()
            node = Node("microdata", frozenset(map(short_name, types)), element=element)
            scope_of[element] = node
            if parent is None or not names:
                top.append(node)
            else:
                for name in names:
                    parent.add(short_name(name), node)
        elif parent is not None:
            value = property_value(element, document)
            for name in names:
                parent.add(short_name(name), value)
    return top


def property_value(element: HtmlElement, document: Document) -> str:
    """Return the value of a property element: ``content``, an address, a machine-readable time, or its text."""
    stated = element.get("content")
    if stated is not None:
        return one_line(stated)
    tag = element.tag
    attribute = _URL_ATTRIBUTE.get(tag)
    if attribute and element.get(attribute):
        if element.get("itemprop") in ("name", "title", "brand", "manufacturer", "seller", "price", "sku"):
            return one_line(visible_text(element, limit=500)) or element.get("alt") or ""
        return document.absolute(element.get(attribute)) or element.get(attribute)
    if tag in ("data", "meter") and element.get("value"):
        return str(element.get("value"))
    if tag == "time" and element.get("datetime"):
        return str(element.get("datetime"))
    return visible_text(element)


def _is_schema_typeof(element: HtmlElement) -> bool:
    stated = element.get("typeof")
    return bool(stated) and any(short_name(name) in _RDFA_TYPES for name in stated.split())


def _rdfa_property(element: HtmlElement) -> str | None:
    stated = element.get("property")
    return stated if stated and not stated.startswith(_HEAD_VOCABULARIES) else None


def _nearest(element: HtmlElement, scope_of: dict[HtmlElement, Node]) -> Node | None:
    ancestor = element.getparent()
    while ancestor is not None:
        node = scope_of.get(ancestor)
        if node is not None:
            return node
        ancestor = ancestor.getparent()
    return None
