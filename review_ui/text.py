"""Foreign text made safe to read: cue spans marked, hidden characters spelled out, addresses defanged.

Escaping is the template engine's work; what is done here is what escaping cannot do. A right-to-left override can make
"exe.gpj" read as a picture, a zero-width space can split a brand name, a lone surrogate cannot be sent at all: the
reader must see that they are there.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_ALWAYS_HIDDEN: Final = (
    "\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"  # C0 and C1 controls but tab and line breaks
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"  # soft hyphen, joiners and fillers
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero-width, bidi and format controls
    "\u3164\uffa0\ud800-\udfff\U000e0000-\U000e007f"  # Hangul fillers, lone surrogates, tag characters
)
HIDDEN: Final = re.compile(f"[{_ALWAYS_HIDDEN}]|[\u200c\u200d]")
"""Characters a reader cannot see but that change what is read (Unicode TR 36, sections 2.4 and 3.1)."""

_JOINERS: Final = "\u200c\u200d"
_JOINING_SCRIPTS: Final = (
    "ARABIC", "SYRIAC", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA",
    "MALAYALAM", "SINHALA", "MYANMAR", "KHMER", "MONGOLIAN", "TIBETAN",
)  # fmt: skip
_SPACES: Final = re.compile(r"\s+")
_URL: Final = re.compile(r"^([a-z][a-z0-9+.-]*):(//)?([^/?#]*)(.*)$", re.IGNORECASE | re.DOTALL)


def _needed_joiner(text: str, at: int) -> bool:
    """Tell whether the joiner at ``at`` belongs to the spelling: Persian, the Indic scripts and emoji need them."""
    for neighbour in (text[at - 1 : at], text[at + 1 : at + 2]):
        if neighbour and unicodedata.category(neighbour) == "So":
            return True
        if neighbour and unicodedata.name(neighbour, "").startswith(_JOINING_SCRIPTS):
            return True
    return False


def code_name(character: str) -> str:
    """Return ``U+202E`` for a right-to-left override."""
    return f"U+{ord(character):04X}"


def _split_hidden(text: str, start: int, end: int) -> Iterator[tuple[str, bool]]:
    """Yield ``(text, is_hidden)`` runs of ``text[start:end]``; a hidden run is the code of one character."""
    at = start
    for match in HIDDEN.finditer(text, start, end):
        if match.group() in _JOINERS and _needed_joiner(text, match.start()):
            continue
        if match.start() > at:
            yield text[at : match.start()], False
        yield code_name(match.group()), True
        at = match.end()
    if at < end:
        yield text[at:end], False


def visible(text: str, limit: int = 300) -> str:
    """Return ``text`` on one line, at most ``limit`` code points, with hidden characters as ``[U+202E]``."""
    line = _SPACES.sub(" ", text[: limit * 2]).strip()
    shown = "".join(f"[{run}]" if hidden else run for run, hidden in _split_hidden(line, 0, min(len(line), limit)))
    return f"{shown}…" if len(line) > limit or len(text) > limit * 2 else shown


def defang(url: str, limit: int = 500) -> str:
    """Return an address that nothing will turn into a link: ``hxxps://shop[.]example/path``."""
    match = _URL.match(url)
    if match is None:
        return visible(url.replace(".", "[.]"), limit)
    scheme, slashes, host, rest = match.groups()
    scheme = re.sub("^http", "hxxp", scheme, flags=re.IGNORECASE)
    return visible(f"{scheme}:{slashes or ''}{host.replace('.', '[.]')}{rest}", limit)


@dataclass(frozen=True, slots=True)
class Span:
    """The place of one cue in a raw field, in code points."""

    number: int
    """Number of the cue in the list beside the text, from 1."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that lies under the same cues."""

    text: str
    hidden: bool = False
    """True when ``text`` is the code of a character that cannot be seen."""
    cues: tuple[int, ...] = ()
    """Numbers of the cues this run lies under."""
    begins: tuple[int, ...] = ()
    """Numbers of the cues that begin with this run."""
    ends: tuple[int, ...] = ()
    """Numbers of the cues that end with this run."""


def pieces(text: str, spans: Iterable[Span] = (), *, start: int = 0, limit: int | None = None) -> list[Piece]:
    """Cut ``text[start:start + limit]`` into runs; overlapping spans give runs that carry several cue numbers.

    Joined together, the runs that are not hidden give the raw text, unchanged. A span outside the text is cut to it;
    an empty one is left out.
    """
    stop = len(text) if limit is None else min(len(text), start + limit)
    kept = [s for s in spans if max(s.start, start) < min(s.end, stop)]
    edges = sorted({start, stop, *(max(s.start, start) for s in kept), *(min(s.end, stop) for s in kept)})
    result: list[Piece] = []
    for left, right in itertools.pairwise(edges):
        cues = tuple(s.number for s in kept if s.start <= left and s.end >= right)
        begins = tuple(s.number for s in kept if max(s.start, start) == left)
        ends = tuple(s.number for s in kept if min(s.end, stop) == right)
        runs = list(_split_hidden(text, left, right))
        for position, (run, hidden) in enumerate(runs):
            result.append(
                Piece(run, hidden, cues, begins if position == 0 else (), ends if position == len(runs) - 1 else ())
            )
    return result


def hidden_count(text: str) -> int:
    """Return how many characters of ``text`` are spelled out on screen because they cannot be seen."""
    return sum(
        1 for match in HIDDEN.finditer(text) if not (match.group() in _JOINERS and _needed_joiner(text, match.start()))
    )
