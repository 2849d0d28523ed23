"""Tags and character references that an extractor left in a text."""

import html
import re

from classifier.text.edits import Edit, Mapped, apply
from classifier.text.glyphs import FOLD

_TAG = re.compile(
    r"<(?:!--|/?(?:a|abbr|b|big|blockquote|body|br|button|center|code|col|dd|div|dl|dt|em|font|footer|form|h[1-6]|head|header|hr|"
    r"html|i|iframe|img|input|label|li|link|main|meta|nav|o:p|ol|option|p|pre|s|script|section|select|small|span|strike|strong|"
    r"style|sub|sup|svg|table|tbody|td|tfoot|th|thead|title|tr|u|ul|video)(?=[\s/>]))[^<>]{0,2000}>"
)
_REFERENCE = re.compile(r"&(?:amp;)*(?:#[0-9]{1,8}|#x[0-9a-f]{1,7}|[a-z][a-z0-9]{1,30});")


def present(text: str) -> bool:
    """Return whether ``text`` may hold tags or references."""
    return ("<" in text and _TAG.search(text) is not None) or ("&" in text and _REFERENCE.search(text) is not None)


def _resolved(reference: str) -> str:
    name = (
        "&" + reference.rpartition("&")[2].rpartition("amp;")[2].lstrip("&") if "amp;" in reference[:-4] else reference
    )
    plain = html.unescape(name)
    if plain == name:
        return reference if name == reference else name
    return plain.translate(FOLD)


def resolve(mapped: Mapped) -> Mapped:
    """Replace each tag by a space and each reference by what it stands for."""
    if "&" in mapped.text:
        mapped = apply(mapped, [Edit(m.start(), m.end(), _resolved(m[0])) for m in _REFERENCE.finditer(mapped.text)])
    if "<" in mapped.text:
        mapped = apply(mapped, [Edit(m.start(), m.end(), " ") for m in _TAG.finditer(mapped.text)])
    return mapped
