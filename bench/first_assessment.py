"""Seconds from start to the first assessment, without and with embeddings: ``python -m bench.first_assessment``.

With embeddings: the packaged model and a stage two that the very first listing goes through, on the exported default
encoder. The baseline is a Python that imports sentence-transformers, loads the same encoder from its own files and
embeds one text, as a program without an export of its own must. Best of three; processor seconds of the child process
stand beside the wall clock, for other work on the machine lengthens only the latter. ``nothing_kept_yet`` is the very
first start after the program or its data changed, which builds what later ones open (``classifier.text.kept``).
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from casefile.records import SUSPECTED_CLASSES
from classifier.assess import DEFAULT_MODEL
from classifier.calibrate import Calibration
from classifier.embeddings.cache import CachedEncoder
from classifier.embeddings.export import PACKAGED, exported, find_source
from classifier.model import ANSWERS
from classifier.persist import load_model, save_model
from classifier.stage_two import PARTS, PROOF, ROUTES, StageTwo

_ASSESS = """
import sys
from pathlib import Path
from casefile.records import Listing
from classifier import stage_two
from classifier.assess import Assessor
stage_two.BAND = (0.0, 1.0)
found = Assessor.load(Path(sys.argv[1])).assess(Listing(id="1", title="Xanax 2mg without prescription " + sys.argv[2]))
print(found.stage)
"""
_SOURCE = """
import sys
from sentence_transformers import SentenceTransformer
print(SentenceTransformer(sys.argv[1], device="cpu", local_files_only=True).encode([sys.argv[2]]).shape[0])
"""


def _model_with_stage_two(folder: Path, encoder: CachedEncoder) -> None:
    arrays, manifest = load_model(DEFAULT_MODEL)
    level = Calibration(np.array([-10.0, 10.0]), np.array([0.01, 0.99]))
    weights = np.zeros((len(ANSWERS) + encoder.width, len(ANSWERS)))
    weights[: len(ANSWERS)] = np.eye(len(ANSWERS))
    stage = StageTwo(
        encoder=encoder.digest, weights=weights, offsets=np.zeros(len(ANSWERS)), risk_calibration=level,
        suspected_calibration=(level,) * len(SUSPECTED_CLASSES), parts=np.ones(len(PARTS), dtype=bool),
        routes=np.ones(len(ROUTES), dtype=bool), proof=encoder.encode(PROOF),
    )  # fmt: skip
    save_model(folder, arrays | stage.to_arrays(), about=manifest["about"])


def _start(code: str, where: Path, expected: str, *, kept: Path | None = None) -> dict[str, float]:
    """Run ``code`` three times on a text that no cache knows; returns the least wall and processor seconds.

    Below ``kept`` each run finds nothing kept of an earlier one.
    """
    wall, processor = [], []
    for number in range(3):
        surroundings = os.environ | ({"PHARMAKON_KEPT": str(kept / str(number))} if kept else {})
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [sys.executable, "-c", code, str(where), f"{os.getpid()} {number}"]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=surroundings)  # noqa: S603 - our own code
        wall.append(time.perf_counter() - started)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if done.stdout.split()[-1] != expected:
            raise RuntimeError(f"answered by another stage than {expected}: {done.stdout} {done.stderr}")
    return {"wall_seconds": round(min(wall), 2), "processor_seconds": round(min(processor), 2)}


def main() -> None:
    """Print one JSON object."""
    with tempfile.TemporaryDirectory(prefix="pharmakon-bench-") as scratch:
        root = Path(scratch) / "embeddings"
        os.environ["PHARMAKON_EMBEDDINGS"] = str(root)
        _model_with_stage_two(Path(scratch) / "model", exported(PACKAGED, root))
        found = {
            "nothing_kept_yet": _start(_ASSESS, DEFAULT_MODEL, "1", kept=Path(scratch) / "kept"),
            "without_embeddings": _start(_ASSESS, DEFAULT_MODEL, "1"),
            "with_embeddings": _start(_ASSESS, Path(scratch) / "model", "2"),
            "baseline_sentence_transformers_alone": _start(_SOURCE, find_source(PACKAGED), "1"),
        }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
