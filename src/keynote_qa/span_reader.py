"""Reading comprehension: which words of a text answer a question, and does it answer at all.

A `SpanReader` reads a question against a few contexts. The one that ships is the embedding model
itself, with a LoRA adapter (Hu et al., 2021, https://arxiv.org/abs/2106.09685) and two linear
heads, trained as `training/README.md` tells: extractive reading in the manner of SQuAD 2.0
(Rajpurkar, Jia and Liang, 2018, https://aclanthology.org/P18-2124/). Others plug in by name.

Nothing is ever downloaded here: a model comes with the package or lies on this machine already.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from keynote_qa.batching import Batched
from keynote_qa.embed import DEFAULT_MODEL, locate_model, offline_transformers
from keynote_qa.encoder import Encoder, Pieces, WordPieces, one_thread
from keynote_qa.errors import ModelError

DEFAULT_READER = "adapter"
"""The adapter that comes with the package."""

NO_READER = "none"
ADAPTER = Path(__file__).with_name("adapter")
MAX_TOKENS = 256
MAX_ANSWER_TOKENS = 120
TYPICAL_TOKENS = 40.0
"""Of two answers as likely by their ends, one longer by so many word pieces counts 1/e."""


Floats = NDArray[np.float64]
Offsets = tuple[int, int]


@dataclass(frozen=True)
class Spans:
    """What a reader says of one context.

    `answerable` is a logit: above 0 it thinks that the context answers. `starts` and `ends`,
    `(n,)`, are the probabilities that the answer, if there is one, starts or ends with each of
    the context's n word pieces; `offsets`, `(n, 2)`, where those stand in the context.
    """

    answerable: float
    starts: Floats
    ends: Floats
    offsets: NDArray[np.int64]

    @cached_property
    def _joint(self) -> Floats:
        """Probability `(n, n)` of each start with each end not before it, adding up to 1."""
        pairs = np.triu(np.outer(self.starts, self.ends))
        pairs -= np.triu(pairs, MAX_ANSWER_TOKENS)
        reach = np.arange(len(self.starts))
        pairs *= np.exp((reach[:, None] - reach) / TYPICAL_TOKENS)
        total = float(pairs.sum())
        return pairs / total if total > 0 else pairs

    def behind(self, start: int) -> Spans:
        """The same with no answer before a character: what stands there only tells the place."""
        held = self.offsets[:, 0] >= start
        return replace(self, starts=_shares(self.starts * held), ends=_shares(self.ends * held))

    def inside(self, start: int, end: int) -> float:
        """The probability that the answer lies within the characters `start..end`, half-open."""
        held = (self.offsets[:, 0] >= start) & (self.offsets[:, 1] <= end)
        pieces = np.flatnonzero(held)
        if not len(pieces):
            return 0.0
        first, last = pieces[0], pieces[-1] + 1
        return float(self._joint[first:last, first:last].sum())

    def best(self) -> tuple[int, int]:
        """The characters of the likeliest answer, half-open; `(0, 0)` of an empty context."""
        if not len(self.starts):
            return 0, 0
        first, last = np.unravel_index(int(self._joint.argmax()), self._joint.shape)
        return int(self.offsets[first, 0]), int(self.offsets[last, 1])


def _shares(values: Floats) -> Floats:
    total = float(values.sum())
    return values / total if total > 0 else values


class SpanReader(Protocol):
    """Reads a question against contexts; `name` and `sha256` say which one it is.

    Any thread may call it.
    """

    name: str

    def read(self, question: str, contexts: Sequence[str]) -> list[Spans]:
        """What it says of each context, in order."""
        ...


def open_span_reader(name: str = DEFAULT_READER) -> SpanReader | None:
    """A reader by name: the adapter that ships, `none`, or a model on this machine.

    Such a model answers questions extractively (`deepset/minilm-uncased-squad2`) or scores pairs
    (a cross-encoder with one score); it is given by its folder or by its name on the hub if it
    lies in the hub's cache on this machine.

    Raises:
        ModelError: it is not on this machine, cannot be loaded, or is of another kind.
    """
    if name == NO_READER:
        return None
    if name == DEFAULT_READER:
        return AdapterReader()
    return _model_reader(name)


class AdapterReader:
    """The default embedding model with the adapter and the heads of a folder.

    Any thread may use it; what several ask at a time is read together.

    Raises:
        ModelError: the folder lacks a file or holds weights of another shape.
    """

    def __init__(self, folder: Path = ADAPTER) -> None:
        import torch
        from safetensors.torch import load_file

        self.name = DEFAULT_READER if folder == ADAPTER else str(folder)
        base = locate_model(DEFAULT_MODEL)
        try:
            config = json.loads((folder / "adapter_config.json").read_text("utf-8"))
            adapter = load_file(folder / "adapter_model.safetensors")
            heads = load_file(folder / "heads.safetensors")
            scale = config["lora_alpha"] / config["r"]
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"{folder}: the reader's adapter cannot be read ({error}). Install the package "
                "again, or go without: --reader none"
            ) from error
        with one_thread(torch), torch.inference_mode():
            deltas = {}
            for name, down in adapter.items():
                if ".lora_A." not in name:
                    continue
                up = adapter[name.replace(".lora_A.", ".lora_B.")]
                target = name.removeprefix("base_model.model.").replace(".lora_A", "")
                deltas[target] = scale * (up.float() @ down.float())
            self._encoder = Encoder(base, deltas=deltas, half=_half_is_fast(torch))
        self._pieces = WordPieces(base)
        self._head = torch.cat([heads["span.weight"], heads["answerable.weight"]]).float().T
        self._bias = torch.cat([heads["span.bias"], heads["answerable.bias"]]).float()
        self._read: Batched[tuple[Pieces, Pieces], Spans] = Batched(self._read_pairs)

    def read(self, question: str, contexts: Sequence[str]) -> list[Spans]:
        """What it says of each context; a long question keeps its first pieces."""
        return self.read_many([(question, context) for context in contexts])

    def read_many(self, pairs: Sequence[tuple[str, str]]) -> list[Spans]:
        """What it says of questions, each with a context."""
        cut = []
        for question, context in pairs:
            asked = self._pieces.cut(question).first(MAX_TOKENS // 2 - 2)
            room = MAX_TOKENS - len(asked.ids) - 3
            cut.append((asked, self._pieces.cut(context).first(room)))
        return self._read(cut)

    def _read_pairs(self, pairs: Sequence[tuple[Pieces, Pieces]]) -> list[Spans]:
        scores = self._encoder.read([self._pieces.pair(*pair) for pair in pairs], self._scores)
        found = []
        for (asked, context), of_pair in zip(pairs, scores, strict=True):
            first = len(asked.ids) + 2
            held = of_pair[first : first + len(context.ids)]
            found.append(_spans(of_pair[0, 2], held[:, :2], context.offsets))
        return found

    def _scores(self, states: Any) -> Floats:
        scores: Floats = (states @ self._head + self._bias).numpy().astype(np.float64)
        return scores


def _half_is_fast(torch: Any) -> bool:
    """Whether this processor multiplies bfloat16 in hardware: there it reads twice as fast.

    Elsewhere bfloat16 is slower than float32. Its scores differ in the third digit.
    """
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(supported and supported())


class QuestionAnsweringReader:
    """A model with start and end scores whose first piece stands for "no answer"."""

    def __init__(self, name: str, model: Any, tokenizer: Any) -> None:
        import torch

        self.name, self._model, self._tokenizer, self._torch = name, model.eval(), tokenizer, torch
        self._one_at_a_time = threading.Lock()  # a tokenizer may not be entered by two threads

    def read(self, question: str, contexts: Sequence[str]) -> list[Spans]:
        """One forward pass over all contexts."""
        if not contexts:
            return []
        with self._one_at_a_time, self._torch.inference_mode():
            coded = _pairs(self._tokenizer, question, contexts)
            offsets = coded.pop("offset_mapping").numpy()
            said = self._model(**coded)
        scores = np.stack([said.start_logits.numpy(), said.end_logits.numpy()], axis=-1)
        found = []
        for row in range(len(contexts)):
            held, where = _held(coded, offsets, row)
            best = scores[row][held].max(axis=0, initial=-1e4).sum()
            found.append(_spans(float(best - scores[row, 0].sum()), scores[row][held], where))
        return found


class PairScoreReader:
    """A cross-encoder: it scores whether a context answers, and points at no words."""

    def __init__(self, name: str, model: Any, tokenizer: Any) -> None:
        import torch

        self.name, self._model, self._tokenizer, self._torch = name, model.eval(), tokenizer, torch
        self._one_at_a_time = threading.Lock()  # a tokenizer may not be entered by two threads

    def read(self, question: str, contexts: Sequence[str]) -> list[Spans]:
        """One forward pass over all contexts."""
        if not contexts:
            return []
        with self._one_at_a_time, self._torch.inference_mode():
            coded = _pairs(self._tokenizer, question, contexts)
            coded.pop("offset_mapping")
            logits = self._model(**coded).logits[:, -1].tolist()
        nothing = np.zeros(0)
        return [Spans(float(x), nothing, nothing, np.zeros((0, 2), np.int64)) for x in logits]


def _model_reader(name: str) -> SpanReader:
    transformers = offline_transformers()
    folder = str(locate_model(name))
    try:
        kinds = transformers.AutoConfig.from_pretrained(folder).architectures or [""]
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        if kinds[0].endswith("ForQuestionAnswering"):
            model = transformers.AutoModelForQuestionAnswering.from_pretrained(folder)
            return QuestionAnsweringReader(name, model, tokenizer)
        if kinds[0].endswith("ForSequenceClassification"):
            model = transformers.AutoModelForSequenceClassification.from_pretrained(folder)
            return PairScoreReader(name, model, tokenizer)
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        raise ModelError(f"{name}: cannot be loaded as a reader ({error}).") from error
    raise ModelError(
        f"{name}: is no reader: it should answer questions extractively or score pairs, and is a "
        f"{kinds[0] or 'model of an unknown kind'}. Leave --reader out for the one that ships."
    )


def _pairs(tokenizer: Any, question: str, contexts: Sequence[str]) -> Any:
    """Word pieces of the question beside each context; a long question keeps its first pieces."""
    asked = tokenizer(question, truncation=True, max_length=MAX_TOKENS // 2, verbose=False)
    kept = tokenizer.decode(asked["input_ids"], skip_special_tokens=True)
    return tokenizer(
        [question if len(asked["input_ids"]) < MAX_TOKENS // 2 else kept] * len(contexts),
        list(contexts),
        truncation="only_second",
        max_length=MAX_TOKENS,
        padding=True,
        return_offsets_mapping=True,
        return_tensors="pt",
    )


def _held(coded: Any, offsets: NDArray[np.int64], row: int) -> tuple[list[int], list[Offsets]]:
    """Where the context's word pieces stand in a row of `_pairs`, and in the context."""
    held = [place for place, part in enumerate(coded.sequence_ids(row)) if part == 1]
    return held, [(int(start), int(end)) for start, end in offsets[row][held]]


def _spans(answerable: float, scores: Floats, offsets: Sequence[Offsets]) -> Spans:
    """`scores`, `(n, 2)`, and `offsets` are those of the context's word pieces."""
    if not len(offsets):
        nothing = np.zeros(0)
        return Spans(float(answerable), nothing, nothing, np.zeros((0, 2), np.int64))
    odds = np.exp(scores - scores.max(axis=0))
    chances = odds / odds.sum(axis=0)
    return Spans(float(answerable), chances[:, 0], chances[:, 1], np.array(offsets, np.int64))
