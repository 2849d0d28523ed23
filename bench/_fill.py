"""Fills a casefile with synthetic assessed listings, for measuring; every row goes through the casefile's own code.

Shaped like a real casefile: a few large sites and many small ones, risk near 0 for most rows, substances and languages
with a long tail, titles of about 60 and descriptions of about 250 characters in four scripts. The rows carry no
evidence: the bundle they name has no folder.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from casefile.assessments import save_assessments
from casefile.records import SUSPECTED_CLASSES, Assessment, Cue, Listing
from casefile.store import Casefile
from casefile.versions import Counts, add_listings, listing_row

BATCH = 5_000
START = datetime(2026, 1, 1, tzinfo=UTC)
SUBSTANCES = (
    "sildenafil", "tramadol", "alprazolam", "semaglutide", "oxycodone", "modafinil", "zolpidem", "tadalafil",
    "artemether", "insulin", "misoprostol", "ivermectin", "amoxicillin", "testosterone", "pregabalin", "diazepam",
)  # fmt: skip
WORDS = {
    "en": "buy online tablets without prescription fast discreet shipping worldwide original blister pharmacy order "
    "price discount secure payment bitcoin quality guaranteed delivery customer support generic brand strips".split(),
    "es": "comprar en línea pastillas sin receta envío rápido discreto farmacia precio descuento calidad".split(),
    "zh": "在线 购买 药片 无需处方 快速 发货 正品 药房 价格 优惠 支付 比特币 质量 保证".split(),
    "ar": "شراء حبوب بدون وصفة طبية شحن سريع صيدلية أصلية سعر خصم دفع آمن جودة مضمونة".split(),
}
LANGUAGES, SHARES = list(WORDS), (70, 15, 10, 5)
COUNTRIES = ("IN", "CN", "TR", "PK", "DE", "US", "NG", "AE", "RU", "BR")


def listings(rows: int, seed: int = 1) -> Iterator[Listing]:
    """Yield ``rows`` listings; the same seed gives the same rows."""
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    for number in range(rows):
        language = dice.choices(LANGUAGES, SHARES)[0]
        words = WORDS[language]
        substance = SUBSTANCES[min(int(dice.expovariate(0.4)), len(SUBSTANCES) - 1)]
        host = f"shop{min(int(dice.expovariate(0.02)), 2000)}.example"
        yield Listing(
            id=f"{dice.getrandbits(72):018x}{number:08x}",
            site=host,
            url=f"https://{host}/p/{number}",
            title=f"{substance} {dice.choice((5, 10, 20, 50, 100))} mg {' '.join(dice.choices(words, k=5))}",
            description=" ".join(dice.choices(words, k=35)) + f" item {number}",
            captured_at=START + timedelta(seconds=number),
            ships_from=dice.choice(COUNTRIES),
        )


def assessment(listing: Listing, dice: random.Random, model: str = "bench") -> Assessment:
    """Return an assessment of a synthetic listing: about one row in ten is flagged."""
    risk = round(dice.betavariate(0.15, 1.5), 4)
    substance = (listing.title or "").split()[0]
    suspected = {name: round(dice.random() * risk, 3) for name in SUSPECTED_CLASSES} | {"illegal_supply": risk}
    return Assessment.model_validate(
        {
            "id": listing.id, "version": listing.version, "kind": "medicine", "kind_probabilities": {"medicine": 1.0},
            "risk": risk, "suspected": suspected, "harm": 0.8, "priority": round(risk * 0.8, 6), "language": "en",
            "cues": (Cue(cue="price_bait", quote=substance, field="title", start=0, end=len(substance)),),
            "substances": (substance,), "model": model, "lexicon": "bench",
        }
    )  # fmt: skip


def fill(casefile: Casefile, rows: int, *, seed: int = 1, progress: Callable[[int, int], None] | None = None) -> None:
    """Put ``rows`` assessed listings into an empty casefile."""
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    bundle = "f" * 64
    with casefile.write("bench") as tx:
        tx.execute(
            "INSERT INTO bundles VALUES (?, 'bench', 'import', ?, ?, 'bench', 0, ?, 0, 0, '{}')",
            (bundle, START.isoformat(), START.isoformat(), rows),
        )
        tx.audit("ingested", f"bundle:{bundle}", listings=rows)
    batch: list[Listing] = []
    for number, listing in enumerate(listings(rows, seed), start=1):
        batch.append(listing)
        if len(batch) == BATCH or number == rows:
            with casefile.write("bench") as tx:
                add_listings(tx, bundle, [listing_row(one) for one in batch], Counts())
                tx.audit("filled", "bench", listings=len(batch))
            save_assessments(casefile, [assessment(one, dice) for one in batch], actor="bench")
            batch = []
            if progress is not None:
                progress(number, rows)
