"""What explains a listing's risk to the desk: the model is loaded when first asked, decided cases when they change."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from cli.explain import COMPARED

if TYPE_CHECKING:
    from casefile.records import DecidedListing, Explanation, Listing
    from casefile.store import Casefile
    from classifier.explain import Explainer


class DeskExplainer:
    """Explains one listing at a time; may be called from any thread.

    A model that is adopted while the desk runs is taken up at the next question.
    """

    def __init__(self, casefile: "Casefile", folder: Path | None = None) -> None:
        self._casefile = casefile
        self._folder = folder
        self._lock = threading.Lock()
        self._explainer: Explainer | None = None
        self._made: int | None = None
        self._decided: list[DecidedListing] = []
        self._seen: object = None

    def __call__(self, listing: "Listing") -> "Explanation":
        """Return why ``listing`` has its risk; raises ``ExplainError``."""
        from casefile.policy import PolicyError
        from classifier.persist import ModelError
        from review_ui.explanation import ExplainError

        with self._lock:
            try:
                return self._model().explain(listing, self._cases())
            except (ModelError, PolicyError, OSError) as error:
                raise ExplainError(str(error)) from error

    def _model(self) -> "Explainer":
        from classifier.assess import DEFAULT_MODEL, Assessor
        from classifier.explain import Explainer
        from classifier.persist import MANIFEST

        made = ((self._folder or DEFAULT_MODEL) / MANIFEST).stat().st_mtime_ns
        if self._explainer is None or made != self._made:
            self._explainer, self._made = Explainer(Assessor.load(self._folder)), made
        return self._explainer

    def _cases(self) -> "list[DecidedListing]":
        from casefile.labels import decided_listings, labels_mark

        mark = labels_mark(self._casefile)
        if mark != self._seen:
            self._decided = list(decided_listings(self._casefile, most=COMPARED))
            self._seen = mark
        return self._decided
