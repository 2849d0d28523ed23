"""The way from stage one to stage two: which listings go on, who computes their embeddings, and what is said of it.

The encoder is checked when the model is loaded and started when the first listing asks for it: a run in which none does
never imports onnxruntime. Where the encoder was never exported, stage one's answer stands and the assessment says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.embeddings.encoder import Embeddings, Encoder
from classifier.embeddings.folder import ADVICE, CACHE, EncoderError, embeddings_root, folder_of, verify
from classifier.model import Scores
from classifier.stage_two import PROOF, ROUTES, Floats, StageTwo, routes_of


@dataclass(frozen=True, slots=True)
class Weighed:
    """Answers of the whole cascade: ``stages`` says of each listing which stage answered, ``notes`` why."""

    scores: Scores
    stages: list[int]
    notes: list[str | None]


class Cascade:
    """Stage two with its encoder; ``encoder`` is None on a machine that has not exported it."""

    def __init__(self, stage: StageTwo, encoder: "Encoder | LazyEncoder | None") -> None:
        self._stage = stage
        self._encoder = encoder

    @classmethod
    def load(cls, stage: StageTwo, root: Path | None = None) -> "Cascade":
        """Find the encoder of ``stage`` below ``root``; raises :class:`EncoderError` for one that is not whole."""
        folder = folder_of(stage.encoder, root or embeddings_root())
        if not folder.is_dir():
            return cls(stage, None)
        manifest = verify(folder)
        if manifest.digest != stage.encoder:
            raise EncoderError(f"{folder}: is not the encoder that the model was fitted on; {ADVICE}")
        return cls(stage, LazyEncoder(stage, folder))

    def weigh(
        self,
        before: Scores,
        odds: Floats,
        *,
        signals: Floats,
        texts: Sequence[str],
        taught: Sequence[bool],
    ) -> Weighed:
        """Answer the listings that ask for it (see ``classifier.stage_two``); all sequences by listing."""
        routes = routes_of(before, signals, [len(text) for text in texts], taught)
        asked = self._stage.asked(routes)
        result = Weighed(before, [1] * len(texts), [None] * len(texts))
        for row in asked:
            why = ", ".join(ROUTES[route] for route in np.flatnonzero(routes[row] & self._stage.routes))
            result.notes[row] = f"sentence embeddings were asked for ({why}) and {_SAID[self._encoder is not None]}"
        if self._encoder is None or not len(asked):
            return result
        vectors = self._encoder.encode([texts[row] for row in asked])
        after = self._stage.answer(odds[asked], vectors, _rows(before, asked))
        for row in asked:
            result.stages[row] = 2
        return replace(result, scores=_put(before, asked, after))


_SAID = {
    True: "weighed in",
    False: "are not on this machine: the linear model alone answered; `pharmakon embeddings export` makes them",
}


class LazyEncoder:
    """The exported encoder of ``folder`` behind its cache, started on first use and made to prove itself then."""

    def __init__(self, stage: StageTwo, folder: Path) -> None:
        self._stage = stage
        self._folder = folder
        self._encoder: Encoder | None = None

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return texts x width; raises :class:`EncoderError` where the encoder computes something else."""
        if self._encoder is None:
            from classifier.embeddings.cache import CachedEncoder
            from classifier.embeddings.runtime import OnnxEncoder

            encoder = OnnxEncoder(self._folder)
            if not self._stage.trusts(encoder.encode(PROOF)):
                raise EncoderError(
                    f"{self._folder}: computes other embeddings than those the model was fitted on; {ADVICE}, or run "
                    "`pharmakon train` again"
                )
            self._encoder = CachedEncoder(encoder, self._folder / CACHE)
        return self._encoder.encode(texts)


def _rows(scores: Scores, rows: npt.NDArray[np.intp]) -> Scores:
    return Scores(scores.kind[rows], scores.risk[rows], scores.suspected[rows])


def _put(scores: Scores, rows: npt.NDArray[np.intp], new: Scores) -> Scores:
    out = Scores(scores.kind.copy(), scores.risk.copy(), scores.suspected.copy())
    out.kind[rows], out.risk[rows], out.suspected[rows] = new.kind, new.risk, new.suspected
    return out
