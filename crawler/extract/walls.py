"""Pages that are not the page: bot walls, and shells that stay empty without JavaScript."""

import re
from typing import Final, Literal

from lxml.etree import XPath

from crawler.extract.document import Document
from crawler.extract.words import phrases

_WALL_MARKUP: Final = re.compile(
    r"(?:g-recaptcha|h-captcha|hcaptcha\.com|cf-challenge|challenge-platform|cf-turnstile|captcha-delivery\.com|"
    r"px-captcha|"
    r"distil_r_captcha|_incapsula_|geetest|id=\"captcha|class=\"captcha|datadome)",
    re.IGNORECASE,
)
MAX_WALL_TEXT: Final = 1_500
"""Characters: a wall says little, a shop page that has a captcha in its contact form says more."""
_ROOTS: Final = ("root", "app", "__next", "__nuxt", "main-app", "react-root", "___gatsby", "svelte", "application")
_EMPTY_ROOT = XPath("//*[@id=$root][string-length(normalize-space(.)) < 60]")
_NEEDS_SCRIPT = re.compile(
    r"(?:enable|requires?|need|without|activate|aktivieren|activez|active|habilit\w+|включите|abilita\w*|"
    r"aktifleştir\w*|aktifkan|启用|啟用|有効).{0,40}javascript|"
    r"javascript.{0,40}(?:enable|required|disabled|aktivier|activ|habilit|включ|отключ|requis|nécessaire|"
    r"deaktiviert|necesario|richiesto)",
    re.IGNORECASE | re.DOTALL,
)


def wall_kind(document: Document, text: str) -> Literal["blocked", "captcha"] | None:
    """Return what kind of wall a short page is, None for a page that is itself."""
    if len(text) > MAX_WALL_TEXT:
        return None
    said = f"{document.title or ''}\n{text}"
    if phrases("captcha").find(said):
        return "captcha"
    if len(text) < 600 and _WALL_MARKUP.search(document.source):
        return "captcha"
    return "blocked" if phrases("block").find(said) else None


def looks_empty(document: Document, text: str) -> bool:
    """Whether the page shows next to nothing and a script would fill it."""
    if len(text) >= 400:
        return False
    scripts = document.root.xpath("count(//script[@src or string-length(.) > 200])")
    if not scripts:
        return False
    if any(_EMPTY_ROOT(document.root, root=root) for root in _ROOTS):
        return True
    return len(text) < 80 or bool(_NEEDS_SCRIPT.search(document.source[:200_000]))
