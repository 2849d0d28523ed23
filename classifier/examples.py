"""Labelled listings to learn from: the authored corpus, its minimal pairs, hand-labelled gold, and licensed venues."""

import gzip
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from casefile.records import KINDS, SUSPECTED_CLASSES, Kind, Listing

Says = Literal["suspected", "clauses"]
"""Parts of a label that a source may be silent about: which classes are suspected, which clauses hold the evidence."""


class DataError(Exception):
    """A file of labelled listings cannot be used; the message says which line and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One labelled listing.

    ``origin`` names the data set (``corpus``, ``pairs``, ``gold``, ``venue``, ``decision``), ``source`` where the text
    came from (a file of the corpus, a shop of the gold rows), ``group`` what must stay on one side of any split.
    ``evidence`` and ``protective`` are quotes: exact substrings of a field. ``cues`` holds ``(cue, quote)``.
    """

    listing: Listing
    kind: Kind | None
    """None where nobody said (rows of a venue that sells several kinds)."""
    suspicion: int
    suspected: frozenset[str]
    cues: tuple[tuple[str, str], ...]
    optional_cues: frozenset[str] = frozenset()
    protective: tuple[str, ...]
    origin: str
    source: str
    file: str
    language: str
    group: str
    pair: str | None
    function: str | None
    silent: frozenset[Says] = frozenset()
    """What this label says nothing of, beside what is None: it then teaches nothing there."""
    not_kinds: frozenset[Kind] = frozenset()
    """Kinds that somebody ruled out where nobody said which it is."""


_LABELS = ("kind", "suspicion", "suspected", "cues", "cues_optional", "protective", "pair", "group", "function",
           "phenomenon", "platform", "source", "row_id", "note", "language")  # fmt: skip


def read_examples(path: Path, *, origin: str) -> list[Example]:
    """Read the labelled rows of a JSON-lines file; raises :class:`DataError`."""
    return list(_examples(path, origin))


def read_corpus(folder: Path) -> list[Example]:
    """Read ``*.jsonl`` (origin ``corpus``) and ``pairs/*.jsonl`` (origin ``pairs``) below ``folder``."""
    found = [e for path in sorted(folder.glob("*.jsonl")) for e in _examples(path, "corpus")]
    found += [e for path in sorted((folder / "pairs").glob("*.jsonl")) for e in _examples(path, "pairs")]
    if not found:
        raise DataError(f"{folder}: no labelled listings (*.jsonl) found; is this a full checkout?")
    return found


def _group(row: dict[str, object], file: str, language: str) -> str:
    """Return what must stay together: the stated group, the source, the minimal pair, or one author's language."""
    if row.get("group") or row.get("source"):
        return str(row.get("group") or row["source"])
    if row.get("function"):
        return "+".join(sorted((str(row["id"]), str(row.get("pair") or ""))))
    return f"{file}-{language}"


VENUES: dict[str, Kind | None] = {
    "alert_fda_warning_letters_en": "information",
    "licit_bdpm_fr": "medicine",
    "licit_drogasil_pt": "supplement",
    "licit_ema_epar_en": "medicine",
    "licit_halodoc_id": None,
    "licit_iherb_supplements_en": "supplement",
    "licit_india_brands_en": "medicine",
    "market_negatives_amazon_google_abt_buy_en": "other",
}
"""Files of licensed platforms, registers and plain e-commerce, with the kind nearly all their rows have.

Only harmless venues are used: their rows show what ordinary medicine text looks like. A row of an illicit venue proves
nothing by where it stood (many rogue shops have innocent item texts), so none is taken as evidence.
"""


_KIND_OF_CATEGORY: dict[str, Kind] = {
    "obat keras (merah)": "medicine", "obat bebas terbatas (biru)": "medicine", "obat bebas (hijau)": "medicine",
    "herbal": "medicine", "vitamin & suplemen": "supplement", "produk konsumen": "supplement",
    "alat kesehatan & medis habis pakai": "device", "pangan olahan diet khusus": "supplement",
    "pangan olahan keperluan medis khusus": "supplement",
}  # fmt: skip
"""Indonesia's legal categories of goods, as a licensed platform states them for each of its rows."""


def read_venues(folder: Path, *, rows: int, seed: int) -> list[Example]:
    """Draw up to ``rows`` listings from each file of :data:`VENUES` found in ``folder``; suspicion 0 by venue.

    Raises :class:`DataError`.
    """
    found: list[Example] = []
    for name, kind in VENUES.items():
        path = folder / f"{name}.jsonl.gz"
        if not path.is_file():
            continue
        try:
            with gzip.open(path, "rt", encoding="utf-8") as stream:
                lines = [line for line in stream if line.strip()]
            drawn = random.Random(f"{seed} {name}").sample(lines, min(rows, len(lines)))  # noqa: S311 - a sample
            found.extend(_venue_example(json.loads(line), name, kind) for line in drawn)
        except (OSError, EOFError, ValueError) as error:
            raise DataError(f"{path}: cannot be read as listings: {error}") from error
    return found


def _venue_example(row: dict[str, object], name: str, kind: Kind | None) -> Example:
    language = str(row.get("language") or "und")
    content = {k: v for k, v in row.items() if k in ("id", "title", "description", "price", "currency")}
    if not (content.get("title") or content.get("description")):
        content["title"] = "-"
    stated = kind or _KIND_OF_CATEGORY.get(str(row.get("category")))
    return Example(
        listing=Listing.from_row(content), kind=stated, suspicion=0, suspected=frozenset(), cues=(), protective=(),
        origin="venue", source=name, file=name, language=language.split("-")[0], group=name, pair=None, function=None,
    )  # fmt: skip


def _examples(path: Path, origin: str) -> Iterator[Example]:
    try:
        with path.open(encoding="utf-8") as lines:
            yield from _parse(lines, path, origin)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as UTF-8 text: {error}") from error


def _parse(lines: Iterable[str], path: Path, origin: str) -> Iterator[Example]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _example(json.loads(line), path, origin)
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path}, line {number}: not a labelled listing: {error}") from error


def _example(row: dict[str, object], path: Path, origin: str) -> Example:
    kind, suspicion = row["kind"], row["suspicion"]
    suspected = row.get("suspected") or []
    if kind not in KINDS or suspicion not in (0, 1, 2):
        raise ValueError(f"kind {kind!r} or suspicion {suspicion!r} is not in the codebook")
    if not isinstance(suspected, list) or not set(suspected) <= set(SUSPECTED_CLASSES):
        raise ValueError(f"suspected {suspected!r} is not in the codebook")
    content = {k: v for k, v in row.items() if k not in _LABELS}
    if not (content.get("title") or content.get("description")):
        content["title"] = "-"  # gold holds rows with no text at all; the codebook calls them kind other
    language = str(row.get("language") or "und")
    source = str(row.get("source") or f"{path.stem}")
    cues, protective = row.get("cues") or [], row.get("protective") or []
    optional = row.get("cues_optional") or []
    if not (isinstance(cues, list) and isinstance(protective, list) and isinstance(optional, list)):
        raise ValueError("'cues', 'cues_optional' and 'protective' are lists")
    return Example(
        listing=Listing.from_row(content),
        kind=kind,
        suspicion=int(suspicion),
        suspected=frozenset(suspected),
        cues=tuple((c["cue"], c["quote"]) for c in cues),
        optional_cues=frozenset(optional),
        protective=tuple(p["quote"] for p in protective),
        origin=origin,
        source=source,
        file=str(row.get("row_id") or path.stem).rpartition("-")[0] or path.stem,
        language=language.split("-")[0],
        group=_group(row, path.stem, language),
        pair=str(row["pair"]) if row.get("pair") else None,
        function=str(row["function"]) if row.get("function") else None,
    )
