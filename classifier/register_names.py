"""Names as registers and listings write them, brought to one form: salts stripped, INN spellings of all languages."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final
from urllib.parse import urlsplit

from casefile.records import Listing
from casefile.records.register import RegisterEntry
from classifier.identity import read_identity
from classifier.identity.units import load_file, words_of
from classifier.text.glyphs import fold
from classifier.text.lexicon import Lexicon

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W_]+)*|\d+[^\W\d_]+")
_LINKING: Final = frozenset(
    "de du des d of di da do del della la le les the and et und y e as als eq equivalent a l".split()
)
_SHORTEST_KEY = 3
_SHORTEST_WORD = 4
_LONGEST_NAME = 300
_BATCH_WORDS = re.compile(
    r"(?:batch|lot|lote|lotto|charge|ch\.?-?b\.?|chargen|seria|parti|серия|серии|партия|批号|批號|ロット|lô|เลขที่ผลิต)"
    r"\s*(?:numbers?|no\.?|nr\.?|n°|nummer|num\.?|№)?\s*[:#.]?\s*([a-z0-9][a-z0-9/-]{2,19})"
)
_SHORTEST_BATCH = 4
_SHORTEST_LICENCE = 5


@cache
def _salts() -> frozenset[str]:
    return frozenset(words_of(load_file("salts.yaml", "salts")["salts"]))


def folded_words(text: str) -> frozenset[str]:
    """Return the words of a name without salts and linking words, folded.

    >>> sorted(folded_words("Chlorhydrate de métformine"))
    ['metformine']
    """
    words = _WORD.findall(fold(text[:_LONGEST_NAME]).replace("'", " "))
    kept = frozenset(word for word in words if word not in _LINKING)
    return kept - _salts() or kept


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a listing, for names that no lexicon holds."""

    title: tuple[str, ...]
    """In order, without salts and linking words."""
    everywhere: frozenset[str]
    """Also of the description and the maker's fields."""


def words_of_listing(listing: Listing) -> Words:
    """Return the words of a listing as names are compared."""
    title = [w for w in _WORD.findall(fold((listing.title or "")[:_LONGEST_NAME])) if w not in _LINKING | _salts()]
    texts = (listing.title, listing.description, listing.brand, listing.seller.name if listing.seller else None)
    every = frozenset(word for text in texts for word in _WORD.findall(fold((text or "")[:20_000])))
    return Words(tuple(title), every)


def product_name(name: str) -> str:
    """Return a pack's name without strength and form: ``DOLIPRANE 500 mg, comprimé`` is ``DOLIPRANE``."""
    head = re.split(r"[,(]|\s\d", name[:_LONGEST_NAME], maxsplit=1)[0]
    return head if head.strip() else name[:_LONGEST_NAME]


def name_keys(name: str) -> list[str]:
    """Return what a name is kept and looked for under: itself without salts, and each of its longer words."""
    words = folded_words(name)
    whole = " ".join(sorted(words))
    keys = [f"p:{whole}"] if len(whole) >= _SHORTEST_KEY else []
    return keys + [f"p:{word}" for word in sorted(words) if len(word) >= _SHORTEST_WORD and word != whole]


@lru_cache(maxsize=4_000)
def spellings_of(substance: str) -> tuple[str, ...]:
    """Return the spellings of a substance in all languages of the lexicon, and the parts of a combination."""
    entry = Lexicon.load().entries.get(substance)
    names = (substance, *entry.names) if entry else (substance,)
    parts = tuple(part for part in substance.split("-") if len(part) > _SHORTEST_WORD) if "-" in substance else ()
    return (*names, *parts)


def host_key(address: str) -> str:
    """Return the host of an address as it is compared: whole, in lower case, without ``www.`` and port; "" for none.

    The whole host, never a part of it: ``pharmacie.example`` in a list does not license ``pharmacie.example.evil.tld``,
    ``evil-pharmacie.example`` or ``shop.pharmacie.example``.

    >>> host_key("https://WWW.Pharmacie.example:443/produits")
    'h:pharmacie.example'
    """
    address = address.strip().lower()
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
        host = host.rstrip(".").encode("idna").decode("ascii") if not host.isascii() else host.rstrip(".")
    except (ValueError, UnicodeError):
        return ""
    host = host.removeprefix("www.")
    return f"h:{host}" if "." in host else ""


def licence_key(number: str) -> str:
    """Return a licence number as it is compared: letters and digits only; "" when too short to tell anybody apart."""
    plain = "".join(char for char in fold(number) if char.isalnum())
    return f"l:{plain}" if len(plain) >= _SHORTEST_LICENCE and any(c.isdigit() for c in plain) else ""


def batch_key(number: str) -> str:
    """Return a batch number as it is compared: letters and digits only; "" when too short or without a digit."""
    plain = "".join(char for char in fold(number) if char.isalnum())
    return f"t:{plain}" if len(plain) >= _SHORTEST_BATCH and any(c.isdigit() for c in plain) else ""


def batches_of(listing: Listing) -> list[str]:
    """Return the batch numbers a listing states, in its field and in its words."""
    found = [listing.batch] if listing.batch else []
    for text in (listing.title, listing.description):
        found += _BATCH_WORDS.findall(fold((text or "")[:20_000]))
    return found[:50]


@dataclass(frozen=True, slots=True)
class EntryParts:
    """An entry's product, read as a listing's is."""

    substances: tuple[str, ...]
    strengths: tuple[str, ...]
    forms: tuple[str, ...]


@lru_cache(maxsize=20_000)
def entry_parts(entry: RegisterEntry) -> EntryParts:
    """Read substances (INN where the lexicon knows them), strengths and forms of a register's entry."""
    named = read_identity(Listing(id="entry", title=entry.name))
    stated = [_inn(substance) for substance in entry.substances]
    strength = read_identity(Listing(id="entry", title=entry.strength)) if entry.strength else named
    form = read_identity(Listing(id="entry", title=entry.form)) if entry.form else named
    return EntryParts(
        tuple(dict.fromkeys(stated)) or named.values("substances"), strength.values("strengths"), form.values("forms")
    )


@lru_cache(maxsize=20_000)
def _inn(substance: str) -> str:
    found = read_identity(Listing(id="substance", title=substance)).values("substances")
    return found[0] if len(found) == 1 else " ".join(sorted(folded_words(substance)))
