"""The cue catalogue as data, and the matchers that return exact quotes."""

from classifier.cues.catalogue import CatalogueError
from classifier.cues.finder import CueCatalogue, CueMatch, FieldText, Findings, Protection
from classifier.cues.scope import clause

__all__ = ["CatalogueError", "CueCatalogue", "CueMatch", "FieldText", "Findings", "Protection", "clause"]
