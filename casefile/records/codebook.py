"""The labels of ``data/CODEBOOK.md``, word for word."""

from typing import Literal, get_args

Kind = Literal["medicine", "device", "document", "supplement", "street_drug", "information", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SuspectedClass = Literal["falsified", "substandard", "unregistered", "illegal_supply", "fraud"]
SUSPECTED_CLASSES: tuple[SuspectedClass, ...] = get_args(SuspectedClass)

CueName = Literal[
    "no_prescription",
    "controlled_substance",
    "anonymous_payment",
    "messaging_contact",
    "stealth_shipping",
    "reship_guarantee",
    "worldwide_shipping",
    "bulk_offer",
    "price_bait",
    "miracle_claim",
    "disease_claim",
    "counterfeit_admission",
    "unapproved_product",
    "research_use_only",
    "certificate_sale",
    "impossible_offer",
    "expired_or_degraded",
    "cold_chain_breach",
    "unsterile_or_homemade",
    "missing_identity",
    "foreign_or_diverted",
    "veterinary_for_human",
    "obfuscated_text",
    "false_authority",
]
CUES: tuple[CueName, ...] = get_args(CueName)

Audience = Literal["person", "health_facility", "public_agency"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
