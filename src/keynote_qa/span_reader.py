"""The reader that ships, and readers by name.

A `SpanReader` reads a question against a few contexts. The one that ships is the embedding model
itself, with a LoRA adapter (Hu et al., 2021, https://arxiv.org/abs/2106.09685) and two linear
heads, trained as `training/README.md` tells: extractive reading in the manner of SQuAD 2.0
(Rajpurkar, Jia and Liang, 2018, https://aclanthology.org/P18-2124/). Others plug in by name.

Nothing is ever downloaded here: a model comes with the package or lies on this machine already.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keynote_qa.adapters import READER, adapted
from keynote_qa.batching import Batched
from keynote_qa.embed import DEFAULT_MODEL, locate_model
from keynote_qa.encoder import Pieces, WordPieces, one_thread
from keynote_qa.errors import ModelError
from keynote_qa.other_readers import model_reader
from keynote_qa.spans import MAX_TOKENS, Floats, SpanReader, Spans, to_spans

DEFAULT_READER = "adapter"
"""The adapter that comes with the package."""

NO_READER = "none"


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
    return model_reader(name)


class AdapterReader:
    """The default embedding model with the adapter and the heads of a folder.

    Any thread may use it; what several ask at a time is read together.

    Raises:
        ModelError: the folder lacks a file or holds weights of another shape.
    """

    def __init__(self, folder: Path = READER) -> None:
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        self.name = DEFAULT_READER if folder == READER else str(folder)
        base = locate_model(DEFAULT_MODEL)
        try:
            heads = load_file(folder / "heads.safetensors")
        except (OSError, SafetensorError) as error:
            raise ModelError(
                f"{folder}: the reader's heads cannot be read ({error}). Install the package "
                "again, or go without: --reader none"
            ) from error
        with one_thread(torch), torch.inference_mode():
            self._encoder = adapted(base, folder)
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
            found.append(to_spans(of_pair[0, 2], held[:, :2], context.offsets))
        return found

    def _scores(self, states: Any) -> Floats:
        scores: Floats = (states @ self._head + self._bias).numpy().astype(np.float64)
        return scores
