"""Where the shipped reference data of the classifier lies, and where what was made of it is kept."""

import os
from pathlib import Path

DATA_FOLDER = Path(__file__).resolve().parents[2] / "data"
LEXICON_FOLDER = DATA_FOLDER / "lexicon"
CUES_FOLDER = DATA_FOLDER / "cues"


def kept_folder() -> Path:
    """Return the folder of what is kept to start sooner; it may be deleted at any time.

    ``PHARMAKON_KEPT`` if set; else ``data/workspace/kept`` of a checkout, or the user's cache folder.
    """
    stated = os.environ.get("PHARMAKON_KEPT")
    if stated:
        return Path(stated)
    if (DATA_FOLDER.parent / "pyproject.toml").is_file():
        return DATA_FOLDER / "workspace" / "kept"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pharmakon" / "kept"
