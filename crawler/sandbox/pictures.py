"""Placeholder pictures of the sandbox, drawn on demand and always the same bytes for the same listing."""

import hashlib
import io
from functools import lru_cache
from html import escape
from typing import Final

from PIL import Image, ImageDraw
from starlette.responses import Response

SIZE: Final = (240, 180)
_MONTH: Final = {"Cache-Control": "public, max-age=2592000"}


def _tints(key: str) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    digest = hashlib.sha256(key.encode()).digest()
    light = (190 + digest[0] % 60, 190 + digest[1] % 60, 190 + digest[2] % 60)
    dark = (40 + digest[3] % 110, 40 + digest[4] % 110, 40 + digest[5] % 110)
    return light, dark


@lru_cache(maxsize=1024)
def png(key: str, caption: str = "") -> bytes:
    """Draw a pill, a box or a vial in tints that follow from ``key``; ``caption`` is written below (ASCII only)."""
    light, dark = _tints(key)
    image = Image.new("RGB", SIZE, light)
    draw = ImageDraw.Draw(image)
    shape = hashlib.sha256(key.encode()).digest()[6] % 3
    if shape == 0:
        draw.rounded_rectangle((60, 60, 180, 115), radius=27, fill=dark)
        draw.line((120, 60, 120, 115), fill=light, width=3)
    elif shape == 1:
        draw.rectangle((65, 40, 175, 125), fill=dark)
        draw.rectangle((65, 70, 175, 90), fill=light)
    else:
        draw.rectangle((100, 35, 140, 50), fill=(120, 120, 120))
        draw.rounded_rectangle((90, 50, 150, 130), radius=8, fill=dark)
    written = caption.encode("ascii", "ignore").decode().strip()[:38]
    if written:
        draw.text((8, 150), written, fill=(0, 0, 0))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=False)
    return buffer.getvalue()


def png_response(key: str, caption: str = "") -> Response:
    """Answer with the picture of ``key`` as PNG."""
    return Response(png(key, caption), media_type="image/png", headers=_MONTH)


def svg_response(key: str, label: str) -> Response:
    """Answer with a plain SVG card that carries ``label``, escaped."""
    light, dark = ("#{:02x}{:02x}{:02x}".format(*tint) for tint in _tints(key))
    body = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="240" height="180" viewBox="0 0 240 180">'
        f'<rect width="240" height="180" fill="{light}"/><circle cx="120" cy="80" r="42" fill="{dark}"/>'
        f'<text x="12" y="165" font-size="14">{escape(label[:30])}</text></svg>'
    )
    return Response(body, media_type="image/svg+xml", headers=_MONTH)
