import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from casefile.records import KINDS, SUSPECTED_CLASSES, Listing
from classifier.assess import DEFAULT_MODEL, Assessor
from classifier.calibrate import Calibration
from classifier.cues.finder import CueCatalogue
from classifier.embeddings.folder import MODEL, EncoderError
from classifier.embeddings.runtime import OnnxEncoder
from classifier.model import ANSWERS, Scores
from classifier.persist import ModelError, load_model, save_model
from classifier.signals import SIGNALS
from classifier.stage_two import PARTS, PROOF, ROUTES, StageTwo, routes_of
from tests.classifier.embeddings.tiny import WIDTH, write_tiny

LISTINGS = [
    Listing(id="1", title="Amoxicillin 500 mg", description="Buy tablets. Read the leaflet before use."),
    Listing(id="2", title="Gloves", description="Nitrile gloves, box of 100."),
    Listing(id="3", title="Xanax", description="No prescription needed, pay in Bitcoin, WhatsApp only."),
    Listing(id="4", title="-"),
]
ALWAYS = np.full((len(ROUTES),), True)
LEVEL = Calibration(np.array([-10.0, 10.0]), np.array([0.01, 0.99]))


def stage_two(encoder: OnnxEncoder, *, parts: tuple[bool, bool, bool] = (True, True, True)) -> StageTwo:
    weights = np.zeros((len(ANSWERS) + WIDTH, len(ANSWERS)))
    weights[: len(ANSWERS)] = np.eye(len(ANSWERS))
    weights[len(ANSWERS) :, len(KINDS)] = np.linspace(-4, 4, WIDTH).astype(np.float32)
    return StageTwo(
        encoder=encoder.digest, weights=weights, offsets=np.zeros(len(ANSWERS)), risk_calibration=LEVEL,
        suspected_calibration=(LEVEL,) * len(SUSPECTED_CLASSES), parts=np.array(parts), routes=ALWAYS,
        proof=encoder.encode(PROOF),
    )  # fmt: skip


@pytest.fixture(scope="module")
def catalogue() -> CueCatalogue:
    return CueCatalogue.load()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder, the packaged model with a stage two on it, and the same model without; copied for each test."""
    folder = tmp_path_factory.mktemp("cascade")
    encoder = OnnxEncoder(write_tiny(folder / "embeddings").folder(folder / "embeddings"))
    arrays, manifest = load_model(DEFAULT_MODEL)
    plain = {name: array for name, array in arrays.items() if not name.startswith("two_")}
    save_model(folder / "model", plain | stage_two(encoder).to_arrays(), about=manifest["about"])
    save_model(folder / "plain", plain, about=manifest["about"])
    return folder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PHARMAKON_EMBEDDINGS", str(tmp_path / "embeddings"))
    return tmp_path / "embeddings"


@pytest.fixture
def folder(made: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalogue: CueCatalogue) -> Path:
    """The folder of a model with a stage two that every listing goes through."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr("classifier.assess.CueCatalogue.load", lambda: catalogue)  # read once, for it takes a second
    monkeypatch.setattr("classifier.stage_two.BAND", (0.0, 1.0))
    return tmp_path / "model"


def test_a_listing_that_asks_is_answered_by_stage_two_and_says_so(folder: Path) -> None:
    one, two = Assessor.load(folder.with_name("plain")), Assessor.load(folder)
    for before, after in zip(one.assess_batch(LISTINGS), two.assess_batch(LISTINGS), strict=True):
        assert (before.stage, after.stage) == (1, 2)
        assert any("risk near the threshold" in note and "weighed in" in note for note in after.notes)
        assert before.risk != after.risk and before.model != after.model
        assert not any("embeddings" in note for note in before.notes)


def test_without_the_encoder_stage_one_answers_and_it_is_never_silent(folder: Path, root: Path) -> None:
    (root / "gone").mkdir()
    next(p for p in root.iterdir() if p.name != "gone").rename(root / "gone" / "away")
    one, two = Assessor.load(folder.with_name("plain")), Assessor.load(folder)
    for before, after in zip(one.assess_batch(LISTINGS), two.assess_batch(LISTINGS), strict=True):
        assert after.stage == 1 and after.risk == before.risk and after.kind_probabilities == before.kind_probabilities
        assert any("not on this machine" in note and "embeddings export" in note for note in after.notes)


def test_batching_changes_not_one_bit_with_embeddings_either(folder: Path) -> None:
    assessor = Assessor.load(folder)
    together = assessor.assess_batch(LISTINGS)
    assert together == [assessor.assess(listing) for listing in LISTINGS]
    assert together == Assessor.load(folder).assess_batch(LISTINGS)  # now out of the cache


def test_a_damaged_encoder_is_refused_when_the_model_is_loaded(folder: Path, root: Path) -> None:
    model = next(root.glob(f"*/{MODEL}"))
    model.write_bytes(model.read_bytes() + b"x")
    with pytest.raises(ModelError, match="does not match the digest"):
        Assessor.load(folder)


def test_an_encoder_that_computes_something_else_is_refused(folder: Path, root: Path, tmp_path: Path) -> None:
    impostor = write_tiny(tmp_path / "other", seed=7)  # other weights that claim the same digest
    here = impostor.folder(root)
    here.rename(tmp_path / "moved")
    impostor.folder(tmp_path / "other").rename(here)
    with pytest.raises(EncoderError, match="computes other embeddings"):
        Assessor.load(folder).assess(LISTINGS[0])


def test_a_part_that_was_not_allowed_stays_as_stage_one_gave_it(root: Path) -> None:
    encoder = OnnxEncoder(write_tiny(root).folder(root))
    before = Scores(
        np.full((1, len(KINDS)), 1 / len(KINDS)), np.array([0.5]), np.full((1, len(SUSPECTED_CLASSES)), 0.5)
    )
    odds = np.full((1, len(ANSWERS)), 3.0)
    for place, name in enumerate(PARTS):
        allowed = [False] * len(PARTS)
        allowed[place] = True
        stage = stage_two(encoder, parts=(allowed[0], allowed[1], allowed[2]))
        after = stage.answer(odds + np.arange(len(ANSWERS)), encoder.encode(["buy"]), before)
        changed = [not np.array_equal(getattr(before, n), getattr(after, n)) for n in ("kind", "risk", "suspected")]
        assert changed == allowed, name


def test_stage_two_survives_its_files(folder: Path) -> None:
    arrays, _ = load_model(folder)
    again = StageTwo.from_arrays(arrays)
    assert again is not None
    assert all(np.array_equal(array, arrays[name]) for name, array in again.to_arrays().items())


@pytest.mark.parametrize("name", ["two_weights", "two_encoder", "two_routes", "two_proof"])
def test_weights_of_another_shape_are_refused(folder: Path, name: str) -> None:
    arrays, manifest = load_model(folder)
    save_model(folder, arrays | {name: arrays[name][:-1]}, about=manifest["about"])
    with pytest.raises(ModelError, match="pharmakon train"):
        Assessor.load(folder)


def signals(**found: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    row = np.zeros((1, len(SIGNALS)))
    for name, value in found.items():
        row[0, SIGNALS.index(name.replace("__", ":"))] = value
    return row


@pytest.mark.parametrize(
    ("route", "risk", "kind", "found", "length", "taught"),
    [
        ("risk near the threshold", 0.45, 0.9, {}, 10, True),
        ("kind in doubt", 0.01, 0.4, {}, 10, True),
        ("words were bent", 0.01, 0.9, {"text__bent_word": 1.0}, 10, True),
        ("a cue and protection against it", 0.99, 0.9,
         {"protections__against_cues": 0.7, "cues__distinct": 0.7}, 10, True),
        ("a language nobody taught", 0.01, 0.9, {}, 10, False),
        ("a long text in which rules find nothing", 0.01, 0.9, {"names__nothing": 1.0}, 900, True),
        (None, 0.01, 0.9, {"names__nothing": 1.0}, 20, True),
        (None, 0.99, 0.9, {"names__nothing": 1.0, "cue__no_prescription": 1.0}, 900, True),
    ],
)  # fmt: skip
def test_each_route_is_asked_for_by_what_it_names(
    route: str | None, risk: float, kind: float, found: dict[str, float], length: int, taught: bool
) -> None:
    kinds = np.full((1, len(KINDS)), (1 - kind) / (len(KINDS) - 1))
    kinds[0, 2] = kind
    scores = Scores(kinds, np.array([risk]), np.zeros((1, len(SUSPECTED_CLASSES))))
    led = routes_of(scores, signals(**found), [length], [taught])[0]
    assert [name for name, on in zip(ROUTES, led, strict=True) if on] == ([route] if route else [])


def test_what_does_not_embed_imports_neither_torch_nor_onnxruntime(folder: Path) -> None:
    code = (
        "import sys, json; from pathlib import Path; from casefile.records import Listing;"
        "from classifier.assess import Assessor; import classifier.stage_two as two;"
        "heavy = ('torch', 'onnxruntime', 'sklearn', 'transformers', 'tokenizers');"
        "a = Assessor.load(Path(sys.argv[1]));"
        "before = [m for m in heavy if m in sys.modules]; two.BAND = (0.0, 1.0);"
        "said = a.assess(Listing(id='1', title='buy gloves')).stage;"
        "print(json.dumps([before, said, [m for m in heavy if m in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=120)
    assert json.loads(done.stdout) == [[], 2, ["onnxruntime", "tokenizers"]], done.stderr
