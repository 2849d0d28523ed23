"""Where the shipped reference data of the classifier lies."""

from pathlib import Path

DATA_FOLDER = Path(__file__).resolve().parents[2] / "data"
LEXICON_FOLDER = DATA_FOLDER / "lexicon"
CUES_FOLDER = DATA_FOLDER / "cues"
