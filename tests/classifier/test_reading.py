import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.concepts import load_concepts
from classifier.cues import CueCatalogue
from classifier.cues.catalogue import load_phrases
from classifier.goods import load_goods
from classifier.reading import lexicon_id_of
from classifier.text.lexicon import Lexicon
from classifier.text.places import DATA_FOLDER

PARTS: dict[str, Callable[[Path], str]] = {
    "lexicon": lambda folder: Lexicon.load(folder).lexicon_id,
    "cues": lambda folder: load_phrases(folder).digest,
    "concepts": lambda folder: load_concepts(folder).concepts_id,
    "goods": lambda folder: load_goods(folder).goods_id,
}


@pytest.mark.parametrize("part", PARTS)
def test_the_id_of_the_data_names_each_part_and_changes_with_it(tmp_path: Path, part: str) -> None:
    """An assessment names its data by this id; what was read by other words is read again."""
    named = lexicon_id_of(CueCatalogue.load()).split("+")
    shutil.copytree(DATA_FOLDER / part, tmp_path / part)
    assert PARTS[part](tmp_path / part) in named
    shutil.copytree(DATA_FOLDER / part, tmp_path / "changed" / part)
    changed = next(path for path in sorted((tmp_path / "changed" / part).iterdir()) if path.suffix == ".yaml")
    changed.write_bytes(changed.read_bytes() + b"\n# changed\n")
    assert PARTS[part](tmp_path / "changed" / part) not in named
