"""The names of signals and concepts as a person reads them."""

from collections.abc import Sequence

_SIGNAL: dict[str, str] = {
    "cues:distinct": "how many different cues were found",
    "cues:on_site": "a cue on the shop's own pages",
    "cues:offer": "how many cues speak of the way it is offered",
    "cues:offer_on_regulated": "a cue beside a prescription-only, controlled or unapproved product",
    "cues:no_prescription_on_regulated": "no prescription asked for a product that needs one",
    "cues:protected_only": "every cue was taken away by what stands beside it",
    "cues:two_offer": "two or more cues about the way it is offered",
    "cues:three_offer": "three or more cues about the way it is offered",
    "cues:research_on_unapproved": "an unapproved product sold 'for research'",
    "protections:any": "something in the text speaks for the offer",
    "protections:against_cues": "how many cues were taken away by what stands beside them",
    "names:nothing": "no product the lexicon knows is named",
    "names:nothing_medical": "nothing medical is named",
    "text:obfuscation": "share of words written to dodge a filter",
    "text:bent_word": "a word written to dodge a filter",
    "price:crypto": "priced in a crypto-currency",
    "price:crypto_on_regulated": "a regulated product priced in a crypto-currency",
}

_FAMILY: dict[str, str] = {
    "cue": "cue '{}'",
    "protection": "protection: {}",
    "names": "names a product: {}",
    "title_names": "the title names a product: {}",
    "names_kind": "names goods that are {}",
    "title_kind": "the title names goods that are {}",
    "goods": "words of the trade in {}",
    "title_goods": "the title has words of the trade in {}",
}

_STATUS: dict[str, str] = {
    "never_retail": "a product never sold retail",
    "controlled": "a controlled medicine",
    "unapproved": "an unapproved product",
    "prescription": "a prescription medicine",
    "over_counter": "an over-the-counter medicine",
    "rx": "prescription",
    "bodyuse": "use on the body",
    "foreignpack": "pack of another market",
    "hiddendrug": "hidden medicine",
    "safe100": "wholly safe",
}


def signal_words(name: str) -> str:
    """Return a signal's name in plain words.

    >>> signal_words("cue:no_prescription"), signal_words("price:crypto")
    ("cue 'no prescription'", 'priced in a crypto-currency')
    """
    if name in _SIGNAL:
        return _SIGNAL[name]
    family, _, rest = name.partition(":")
    plain = rest.replace("_", " ")
    return _FAMILY[family].format(plain) if family in _FAMILY else f"{family.replace('_', ' ')} {plain}".strip()


_TOPIC = "t_"
"""How data/concepts begins the name of a topic."""


def concept_words(names: Sequence[str], *, adjacent: bool) -> str:
    """Return what one concept, or two or three that stand together, are called.

    >>> concept_words(["we", "never", "ship"], adjacent=True), concept_words(["not", "rx"], adjacent=False)
    ('‘we’, ‘never’, ‘ship’ in a row', '‘not’ near ‘prescription’')
    """
    plain = [f"‘{_plain(name)}’" for name in names]
    if len(plain) == 1:
        if names[0].startswith("cue:"):
            return signal_words(names[0])
        return f"the {'topic' if names[0].startswith(_TOPIC) else 'meaning'} {plain[0]}"
    return f"{', '.join(plain)} in a row" if adjacent else " near ".join(plain)


def _plain(name: str) -> str:
    return _STATUS.get(name) or name.removeprefix("cue:").removeprefix(_TOPIC).replace("_", " ")
