"""From listings to assessments: pure, deterministic, bounded time per listing; the one entrance to the classifier."""

import gc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from casefile.records import KINDS, SUSPECTED_CLASSES, Assessment, Listing
from classifier.cascade import Cascade, Weighed
from classifier.concepts import load_concepts
from classifier.cues.finder import CueCatalogue, CueMatch
from classifier.goods import load_goods
from classifier.harm import harm_of, priority_of
from classifier.hashed import LONGEST_TEXT
from classifier.model import Model
from classifier.ngrams import BUCKETS
from classifier.persist import ModelError, load_model
from classifier.reading import Reading, features, lexicon_id_of, read
from classifier.signals import SIGNALS
from classifier.stage_two import StageTwo
from classifier.text.reference import collector_at_rest

DEFAULT_MODEL = Path(__file__).resolve().parent.parent / "models" / "default"

BATCH = 256
"""Listings scored together: enough that the array operations are worth their call."""
_BATCH_CHARACTERS = 300_000
"""Characters scored together: what bounds memory, and what stays near the processor."""

_DECIMALS = 6
_MOST_CUES = 50
"""Cues kept per listing, first in reading order; a page stuffed with one phrase needs no thousand of them."""


class Assessor:
    """A model with its lexicon and cue catalogue; ``cascade`` where the model has a stage two."""

    def __init__(
        self,
        model: Model,
        *,
        model_id: str,
        languages: frozenset[str],
        catalogue: CueCatalogue,
        cascade: Cascade | None = None,
    ) -> None:
        self._model = model
        self._cascade = cascade
        self._languages = languages
        self._catalogue = catalogue
        self.model_id = model_id
        self.lexicon_id = lexicon_id_of(catalogue)

    @classmethod
    def load(cls, folder: Path | None = None) -> "Assessor":
        """Load the model in ``folder`` (by default the packaged one); raises :class:`ModelError`.

        Everything that reading a listing needs is loaded here, so that damaged data (``CatalogueError``,
        ``LexiconError``, ``ConceptError``) is reported once and not for each listing.
        """
        with collector_at_rest():
            made = cls._load(folder or DEFAULT_MODEL)
        gc.freeze()  # what was loaded stays to the end: looking through it again took longer than a first answer
        return made

    @classmethod
    def _load(cls, where: Path) -> "Assessor":
        arrays, manifest = load_model(where)
        about = manifest["about"]
        if about.get("signals") != list(SIGNALS):
            raise ModelError(f"{where}: made for other signals than this program has; run `pharmakon train`")
        if about.get("concepts") != list(load_concepts().names):
            raise ModelError(f"{where}: made for other concepts than data/concepts has; run `pharmakon train`")
        try:
            model = Model.from_arrays(arrays, buckets=BUCKETS, signals=len(SIGNALS))
            stage_two = StageTwo.from_arrays(arrays)
        except (KeyError, ValueError) as error:
            raise ModelError(
                f"{where}: the weights do not fit this program ({error}); run `pharmakon train`"
            ) from error
        languages = frozenset(str(tag) for tag in about.get("languages", ()))
        load_goods()
        cascade = Cascade.load(stage_two) if stage_two else None
        catalogue = CueCatalogue.load()
        return cls(model, model_id=str(manifest["id"]), languages=languages, catalogue=catalogue, cascade=cascade)

    @property
    def model(self) -> Model:
        """The linear model, for whoever explains it."""
        return self._model

    @property
    def catalogue(self) -> CueCatalogue:
        """The cue catalogue with its lexicon."""
        return self._catalogue

    def assess(self, listing: Listing) -> Assessment:
        """Assess one listing."""
        return self.assess_batch([listing])[0]

    def assess_batch(self, listings: Sequence[Listing]) -> list[Assessment]:
        """Assess ``listings``, same order; how they are batched changes nothing in the result."""
        return [Assessment.model_validate(fields) for fields in self.fields(listings)]

    def fields(self, listings: Sequence[Listing]) -> Iterator[dict[str, Any]]:
        """Yield the fields of each assessment as plain data; for streams, where building records costs too much."""
        for batch in _batches(listings):
            readings = [read(self._catalogue, listing) for listing in batch]
            weighed = self._weigh(readings)
            for row, (listing, reading) in enumerate(zip(batch, readings, strict=True)):
                yield self._one(listing, reading, weighed, row)

    def _weigh(self, readings: Sequence[Reading]) -> Weighed:
        hashed, signals = features(readings)
        inputs = self._model.inputs(hashed, signals)
        scores = self._model.answer(inputs)
        if self._cascade is None:
            return Weighed(scores, [1] * len(readings), [None] * len(readings))
        texts, taught = [r.text for r in readings], [self._taught(r.language) for r in readings]
        return self._cascade.weigh(scores, self._model.logits(inputs), signals=signals, texts=texts, taught=taught)

    def _taught(self, language: str | None) -> bool:
        return language is None or language.split("-")[0].lower() in self._languages

    def _one(self, listing: Listing, reading: Reading, weighed: Weighed, row: int) -> dict[str, Any]:
        kinds, suspected = weighed.scores.kind[row].tolist(), weighed.scores.suspected[row].tolist()
        kind = KINDS[max(range(len(kinds)), key=kinds.__getitem__)]
        risk = round(float(weighed.scores.risk[row]), _DECIMALS)
        harm = harm_of(kind, reading.findings)
        language = reading.language
        notes = []
        if any(f.normalised.cut for f in reading.findings.fields):
            notes.append("a field was cut: only its beginning was read")
        if len(reading.text) > LONGEST_TEXT:
            notes.append(f"the n-gram model read the first {LONGEST_TEXT} characters; cues and lexicon read on")
        if not reading.text.strip():
            notes.append("no readable text")
        said = weighed.notes[row]
        if said:
            notes.append(said)
        fields: dict[str, Any] = {
            "id": listing.id, "version": listing.version, "kind": kind,
            "kind_probabilities": {k: round(p, _DECIMALS) for k, p in zip(KINDS, kinds, strict=True)},
            "risk": risk,
            "suspected": {c: round(p, _DECIMALS) for c, p in zip(SUSPECTED_CLASSES, suspected, strict=True)},
            "cues": [_cue(match) for match in reading.findings.cues[:_MOST_CUES]],
            "harm": round(harm, _DECIMALS), "priority": round(priority_of(risk, harm), _DECIMALS),
            "audience": reading.findings.audience, "language": language,
            "language_supported": self._taught(language),
            "substances": _substances(reading),
            "notes": notes, "stage": weighed.stages[row], "model": self.model_id, "lexicon": self.lexicon_id,
        }  # fmt: skip
        return fields


def _batches(listings: Sequence[Listing]) -> Iterator[list[Listing]]:
    batch: list[Listing] = []
    held = 0
    for listing in listings:
        batch.append(listing)
        held += sum(min(LONGEST_TEXT, len(t)) for t in (listing.title, listing.description, listing.site_text) if t)
        if len(batch) >= BATCH or held >= _BATCH_CHARACTERS:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


_NO_SUBSTANCE = frozenset(
    {
        "vaccine", "steroids", "anabolic steroids", "sarms", "prohormone", "racetams", "research peptides",
        "underground laboratory brand", "weight loss pill",
    }
)  # fmt: skip
"""Entries of medicine classes that name a group, a maker or a trade, not a substance or a brand."""


def _substances(reading: Reading) -> list[str]:
    """Return the medicines the item's own fields name: INN where there is one, never a class of goods."""
    return sorted(
        {
            t.name
            for f in reading.findings.fields
            if f.field != "site_text"
            for t in f.terms
            if t.kind == "medicine" and t.name not in _NO_SUBSTANCE
        }
    )


def _cue(match: CueMatch) -> dict[str, Any]:
    return {
        "cue": match.cue, "quote": match.quote, "field": match.field, "start": match.start, "end": match.end,
        "source": f"{match.rule}: {match.source}",
    }  # fmt: skip
