"""The rows that decide whether a model is adopted: never trained on, the same for the old model and the new."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.workspace import CHECKOUT, refuse

_WRITTEN = "2026-01-01T00:00:00Z"
"""A site record has a time; of the sandbox's pages none is true."""

if TYPE_CHECKING:
    from casefile.records import Site
    from classifier.examples import Example
    from crawler.sandbox.catalogue import Shop


FROZEN = CHECKOUT / "data" / "frozen"
"""Authored rows that come with the project for this purpose alone."""


def frozen_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files given, or those of ``data/frozen`` where none is given."""
    return list(paths) or sorted(FROZEN.glob("*.jsonl"))


def frozen_sets(paths: Sequence[Path]) -> "dict[str, list[Example]]":
    """Return each frozen set by name: the files given, or ``data/frozen`` and the sandbox market with its truth."""
    from classifier.examples import DataError, read_examples

    try:
        sets = {f"{path.parent.name}/{path.name}": read_examples(path, origin="frozen") for path in frozen_files(paths)}
        return sets if paths else sets | {"sandbox market": sandbox_examples()}
    except DataError as error:
        raise refuse(str(error)) from error


def digests(paths: Sequence[Path]) -> dict[str, str]:
    """Return the SHA-256 of each file, by path."""
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _site(key: str, shop: "Shop") -> "Site":
    """Return what a shop of the sandbox says of itself, as a crawl would have kept it."""
    from casefile.records import Site

    pages = [
        {"url": f"https://{key}.example{page.path}", "capture": page.path, "role": page.role, "text": page.text}
        for page in shop.pages
    ]
    return Site.model_validate({"host": f"{key}.example", "captured_at": _WRITTEN, "pages": pages})


def sandbox_examples() -> "list[Example]":
    """Return listings of the sandbox's shops with the codebook's truth and what each shop says of itself.

    Part of the market was filled from the corpus; those rows every model knows, and they are left out.
    """
    from casefile.listings import join_site_text
    from casefile.records import Listing
    from classifier.examples import Example, read_corpus
    from classifier.train import CORPUS
    from crawler.sandbox import SandboxError
    from crawler.sandbox.catalogue import load_catalogue
    from crawler.sandbox.truth import load_truth

    try:
        shops, truth = load_catalogue(), load_truth()
    except SandboxError as error:
        raise refuse(str(error)) from error
    learned = {e.listing.description for e in read_corpus(CORPUS)} | {None}
    texts = {key: join_site_text(_site(key, shop)) for key, shop in shops.items()}
    offered = {row.id: row for shop in shops.values() for row in shop.listings}
    out = []
    for row in truth:
        shown = offered[row.id]
        listing = Listing.from_row({
            "id": row.id, "site": f"{row.site}.example", "title": shown.title, "description": shown.description,
            "language": row.language, "site_text": texts[row.site],
            "price": shown.price.amount if shown.price else None,
            "currency": shown.price.currency if shown.price else None,
        })  # fmt: skip
        if listing.description in learned:
            continue
        cues = tuple((cue.cue, cue.quote) for cue in row.cues)
        out.append(Example(
            listing=listing, kind=row.kind, suspicion=row.suspicion, suspected=frozenset(row.suspected), cues=cues,
            protective=(), origin="frozen", source=row.site, file=row.site, language=row.language.split("-")[0],
            group=row.id, pair=None, function=None,
        ))  # fmt: skip
    return out
