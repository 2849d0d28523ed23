"""``pharmakon batch``: listings to review together, and what their random part says of all others."""

import json
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.workspace import open_casefile, refuse, workspace_option

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from casefile.batches import Batch, FrameRow
    from casefile.store import Casefile
    from classifier.sampling import Prevalence


@click.group()
def batch() -> None:
    """Choose listings to review, and estimate how common true cases are."""


@batch.command()
@click.option("--size", type=click.IntRange(1, 5000), default=100, show_default=True, help="Listings in the batch.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Makes the choice repeatable [default: a new one].")
@click.option("--blind/--no-blind", default=True, show_default=True,
              help="Hide the model's word on the randomly drawn listings until they are decided.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the batch as JSON.")
@workspace_option
def make(size: int, seed: int | None, blind: bool, as_json: bool, workspace: Path) -> None:
    """Choose a batch from the undecided listings: 60 % top, 25 % at the margin and unlike each other, 15 % random.

    Each listing is kept with the probability of its being chosen. Only the random part tells how common true cases
    are; it is drawn from all undecided listings, so it may hit one that was chosen already.

    Example: pharmakon batch make --size 100
    """
    from casefile.store import CasefileError

    casefile = open_casefile(workspace)
    try:
        made = _make(casefile, size, secrets.randbelow(2**31) if seed is None else seed, blind)
        _print(made, as_json)
    except CasefileError as error:
        raise refuse(str(error)) from error
    finally:
        casefile.close()


def _make(casefile: "Casefile", size: int, seed: int, blind: bool) -> "Batch":
    import numpy as np

    from casefile.batches import BatchPick, frame, make_batch
    from classifier.sampling import THRESHOLD, choose

    rows = frame(casefile)
    if not rows:
        raise refuse(
            f"{casefile.path}: no undecided listing is in the queue, so there is nothing to choose from; crawl or "
            "import listings and run `pharmakon assess`"
        )
    risk, priority = np.array([row.risk for row in rows]), np.array([row.priority for row in rows])
    picks = choose(risk, priority, _vectors(casefile, rows), size=size, seed=seed)
    drawn = sum(pick.drawn for pick in picks)
    chosen = [
        BatchPick(
            rows[pick.row].listing_id, rows[pick.row].version, pick.part, pick.drawn, pick.probability,
            rows[pick.row].risk, blind and pick.drawn,
        )
        for pick in picks
    ]  # fmt: skip
    batch_id = make_batch(
        casefile, chosen, seed=seed, model=_model_of(casefile, chosen[0].listing_id), threshold=THRESHOLD,
        frame_size=len(rows), drawn=drawn, actor="batch make",
    )  # fmt: skip
    return _found(casefile, batch_id)


def _vectors(casefile: "Casefile", rows: "Sequence[FrameRow]") -> "Callable[[Sequence[int]], csr_matrix]":
    """Return what turns rows of the frame into comparable texts; only the few at the margin are ever read."""
    from casefile.listings import get_listing
    from casefile.records import Listing
    from classifier.nearest import text_vectors

    def vectors(asked: Sequence[int]) -> "csr_matrix":
        found = [get_listing(casefile, rows[row].listing_id, rows[row].version) for row in asked]
        return text_vectors([one or Listing(id="gone", title="-") for one in found])

    return vectors


def _model_of(casefile: "Casefile", listing_id: str) -> str:
    from casefile.assessments import get_assessment

    assessment = get_assessment(casefile, listing_id)
    return assessment.model if assessment else "unknown"


@batch.command()
@click.argument("batch_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the batch, each listing and the estimate as JSON.")
@workspace_option
def show(batch_id: str, as_json: bool, workspace: Path) -> None:
    """Show how far a batch is, and how common true cases are by its random part.

    Example: pharmakon batch show B2026-00001
    """
    from casefile.policy import PolicyError

    casefile = open_casefile(workspace)
    try:
        _print(_found(casefile, batch_id), as_json)
    except PolicyError as error:
        raise refuse(str(error)) from error
    finally:
        casefile.close()


@batch.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the batches as JSON.")
@workspace_option
def list_(as_json: bool, workspace: Path) -> None:
    """List all batches, and what their random parts say together.

    Example: pharmakon batch list
    """
    from casefile.batches import batch_ids
    from casefile.policy import PolicyError

    casefile = open_casefile(workspace)
    try:
        found = [_found(casefile, one) for one in batch_ids(casefile)]
    except PolicyError as error:
        raise refuse(str(error)) from error
    finally:
        casefile.close()
    together = estimate(found)
    if as_json:
        data = {"batches": [_data(one) for one in found], "prevalence": asdict(together) if together else None}
        click.echo(json.dumps(data, indent=1))
        return
    for one in found:
        left = sum(item.state == "open" for item in one.items)
        click.echo(f"{one.id}  {one.made_at[:10]}  {len(one.items)} listings, {left} open  {_said(estimate([one]))}")
    click.echo(f"all batches together: {_said(together)}" if found else "no batch was made yet: pharmakon batch make")


def _found(casefile: "Casefile", batch_id: str) -> "Batch":
    from casefile.batches import get_batch

    found = get_batch(casefile, batch_id)
    if found is None:
        raise refuse(f"{casefile.path}: holds no batch {batch_id}; `pharmakon batch list` shows all")
    return found


def estimate(batches: "Sequence[Batch]") -> "Prevalence | None":
    """Return how common true cases are, from the randomly drawn listings of ``batches`` alone."""
    from classifier.sampling import prevalence

    drawn = [(item.outcome, one.draw_probability) for one in batches for item in one.items if item.drawn]
    return prevalence([outcome for outcome, _ in drawn], [chance for _, chance in drawn])


def _said(found: "Prevalence | None") -> str:
    if found is None:
        return "prevalence: not known, none of the randomly drawn listings is decided"
    text = (
        f"prevalence {found.estimate:.2%}, 95 % interval {found.low:.2%} to {found.high:.2%}, from {found.decided} "
        "randomly drawn listings"
    )
    if found.pending:
        text += f" ({found.pending} of the draw pending: between {found.least:.2%} and {found.most:.2%} if they decide)"
    return text


def prevalence_words(batches: "Sequence[Batch]") -> str:
    """Return, in words, how common true cases are by the random part of ``batches``."""
    return _said(estimate(batches))


def _data(made: "Batch") -> dict[str, Any]:
    found = estimate([made])
    return asdict(made) | {"prevalence": asdict(found) if found else None}


def _print(made: "Batch", as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_data(made), indent=1, ensure_ascii=False))
        return
    click.echo(
        f"batch {made.id}: {len(made.items)} of {made.frame} undecided listings, seed {made.seed}, "
        f"model {made.model[:12]}"
    )
    for part in ("top", "margin", "random"):
        states = Counter(item.state for item in made.items if item.part == part)
        done = ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in sorted(states.items()))
        click.echo(f"  {part:7} {done or 'none'}")
    both = sum(item.drawn and item.part != "random" for item in made.items)
    if both:
        click.echo(f"  {both} of the top and the margin were drawn at random as well, and count there")
    click.echo(f"  {_said(estimate([made]))}")
    click.echo(f"review it: pharmakon serve, then /batch?id={made.id}")
