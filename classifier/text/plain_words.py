"""Everyday words of offers, by which a bent word is read although it names no medicine (``del1very``, ``t a b s``).

The list ships as ``data/lexicon/plain_words.txt``; ``python -m classifier.text.plain_words`` writes it anew from the
project's own texts: the authored corpus, and the words of cues, concepts and goods.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classifier.text.glyphs import fold
from classifier.text.places import CUES_FOLDER, DATA_FOLDER, LEXICON_FOLDER
from classifier.text.reference import read_yaml

PLAIN_WORDS = LEXICON_FOLDER / "plain_words.txt"
SHORTEST = 5
"""Letters: shorter words look like too many others."""

_LEAST = 3
"""Times a word stands in the corpus: fewer may be a slip of the pen, or a bent word itself."""
_WORD = re.compile(r"(?<![^\W_])[a-z]{5,20}(?![^\W_])")
_FIELDS = ("title", "description", "site_text")


def load_plain_words(path: Path = PLAIN_WORDS) -> list[str]:
    """Return the words of the list."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever YAML or JSON holds
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _corpus() -> Iterator[str]:
    for path in sorted((DATA_FOLDER / "corpus").rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            for side in (row, row.get("listing"), row.get("a"), row.get("b")):
                if isinstance(side, dict):
                    yield from (side[field] for field in _FIELDS if isinstance(side.get(field), str))


def gather() -> list[str]:
    """Return the words of the project's own texts, sorted."""
    counts = Counter(word for text in _corpus() for word in _WORD.findall(fold(text)))
    words = {word for word, count in counts.items() if count >= _LEAST}
    for folder in (CUES_FOLDER, DATA_FOLDER / "concepts", DATA_FOLDER / "goods"):
        for path in sorted(folder.glob("*.yaml")):
            data = read_yaml(path)
            for part in ("words", "rules", "concepts", "goods"):
                for text in _texts(data.get(part)):
                    words.update(_WORD.findall(fold(re.sub(r"@\w+|\w*[*?]\w*", " ", text))))
    return sorted(words)


_HEADER = (
    "# Everyday words of offers: a bent spelling of one is straightened, which by itself is no evidence of anything.\n"
    "# source: data/corpus, data/cues, data/concepts, data/goods (python -m classifier.text.plain_words);"
    " licence: CC0-1.0\n"
)

if __name__ == "__main__":
    PLAIN_WORDS.write_text(_HEADER + "\n".join(gather()) + "\n", encoding="utf-8")
