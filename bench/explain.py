"""What an explanation costs beside the assessment it explains. ``python -m bench explain``.

Listings of the sandbox market, each explained beside 200 decided cases that are known already (a desk that runs). An
explanation assesses the listing some ten times with one thing changed, so it is counted in assessments: the baseline is
one assessment of the same listing in the same run.
"""

import time

from casefile.records import DecidedListing, utc_text
from casefile.store import utc_now
from classifier.assess import Assessor
from classifier.explain import Explainer
from cli.frozen import sandbox_examples

EVERY = 4
CASES = 200


def main() -> None:
    """Measure and print."""
    examples = sandbox_examples()
    now = utc_text(utc_now())
    cases = [
        DecidedListing.model_validate(
            {"listing": e.listing, "decided": "confirmed" if e.suspicion == 2 else "rejected", "people": 2, "at": now}
        )
        for e in examples[:CASES]
    ]
    assessor = Assessor.load()
    explainer = Explainer(assessor)
    chosen = [e.listing for e in examples[::EVERY]]
    explainer.explain(chosen[0], cases)  # reads the cases, as the first question of a desk does
    assessing, explaining, farthest = [], [], 0.0
    for listing in chosen:
        started = time.perf_counter()
        assessor.assess(listing)
        between = time.perf_counter()
        found = explainer.explain(listing, cases)
        explaining.append(time.perf_counter() - between)
        assessing.append(between - started)
        farthest = max(farthest, abs(sum(term.log_odds for term in found.terms) - found.log_odds))
    explaining.sort()
    one, each = sum(assessing) / len(chosen), sum(explaining) / len(chosen)
    print(f"{len(chosen)} listings beside {len(cases)} decided cases")
    print(f"one assessment {one * 1000:.1f} ms; one explanation {each * 1000:.1f} ms, {each / one:.1f} x an assessment")
    print(f"p95 of an explanation {explaining[int(len(explaining) * 0.95)] * 1000:.1f} ms")
    print(f"largest gap between the sum of the terms and the score: {farthest:.1e} log-odds")


if __name__ == "__main__":
    main()
