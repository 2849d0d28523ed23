"""Seconds of processor time that texts made to stop a reader take, one row each.

Run: ``python -m bench.assess_traps``. Every row must stay below two seconds.
"""

import json
import time
from collections.abc import Callable

from casefile.records import Listing
from classifier.assess import Assessor

_WORDS = "no prescription needed buy viagra without rx discreet shipping worldwide bitcoin not expired "

TRAPS: dict[str, Callable[[int], str]] = {
    "one letter": lambda size: "a" * size,
    "one letter and spaces": lambda size: "a " * (size // 2),
    "one digit": lambda size: "1" * size,
    "distinct words": lambda size: " ".join(f"w{n:x}q" for n in range(size // 6)),
    "only emoji": lambda size: "😀💊" * (size // 2),
    "lone surrogates": lambda size: "\ud800" * size,
    "one cue again and again": lambda size: _WORDS * (size // len(_WORDS)),
    "every sentence a cue": lambda size: (_WORDS.strip() + ". ") * (size // len(_WORDS)),
    "one clause of cues": lambda size: "without prescription " * (size // 21),
    "negations": lambda size: "no not never without " * (size // 21),
    "bent letters": lambda size: "v.i.a.g.r.a " * (size // 12),
    "leet": lambda size: "v1agr4 c1al1s " * (size // 14),
    "combining marks": lambda size: "e" + "\u0301" * size,
    "tags": lambda size: "<b>" * (size // 3),
    "open tags": lambda size: "<b" * (size // 2),
    "references": lambda size: "&amp;" * (size // 5),
    "nested references": lambda size: "&" + "amp;" * (size // 4),
    "full stops": lambda size: "." * size,
    "commas": lambda size: ", " * (size // 2),
    "quotes": lambda size: "'" * size,
    "line breaks": lambda size: "\n" * size,
    "Chinese": lambda size: "无需处方购买伟哥" * (size // 8),
    "Arabic": lambda size: "بدون وصفة طبية " * (size // 15),
    "all scripts": lambda size: "no нет 无 ไม่ لا नहीं όχι לא " * (size // 27),
}


def main() -> None:
    """Print one JSON object: seconds per trap of ten million characters."""
    assessor = Assessor.load()
    assessor.assess(Listing(id="first", title="Xanax 2mg without prescription"))
    seconds = {}
    for name, make in TRAPS.items():
        listing = Listing(id="trap", description=make(10_000_000))
        started = time.process_time()
        assessor.assess(listing)
        seconds[name] = round(time.process_time() - started, 2)
    print(json.dumps(seconds, indent=1))


if __name__ == "__main__":
    main()
