"""Readers that other models are: such as answer questions extractively, and cross-encoders."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from keynote_qa.embed import locate_model, offline_transformers
from keynote_qa.errors import ModelError
from keynote_qa.spans import MAX_TOKENS, Offsets, SpanReader, Spans, to_spans


class _ModelReader:
    """A model and its tokenizer, to be used by one thread at a time."""

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
            return self._spans(coded, offsets, self._model(**coded))

    def _spans(self, coded: Any, offsets: Offsets, said: Any) -> list[Spans]:
        raise NotImplementedError


class QuestionAnsweringReader(_ModelReader):
    """A model with start and end scores whose first piece stands for "no answer"."""

    def _spans(self, coded: Any, offsets: Offsets, said: Any) -> list[Spans]:
        scores = np.stack([said.start_logits.numpy(), said.end_logits.numpy()], axis=-1)
        found = []
        for row in range(len(scores)):
            held, where = _held(coded, offsets, row)
            best = scores[row][held].max(axis=0, initial=-1e4).sum()
            found.append(to_spans(float(best - scores[row, 0].sum()), scores[row][held], where))
        return found


class PairScoreReader(_ModelReader):
    """A cross-encoder: it scores whether a context answers, and points at no words."""

    def _spans(self, coded: Any, offsets: Offsets, said: Any) -> list[Spans]:
        nothing = np.zeros((0, 2))
        nowhere = np.zeros((0, 2), np.int32)
        return [to_spans(logit, nothing, nowhere) for logit in said.logits[:, -1].tolist()]


def model_reader(name: str) -> SpanReader:
    """A reader by the name or the folder of its model.

    Raises:
        ModelError: it is not on this machine, cannot be loaded, or is of another kind.
    """
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


def _held(coded: Any, offsets: Offsets, row: int) -> tuple[list[int], Offsets]:
    """Where the context's word pieces stand in a row of `_pairs`, and in the context."""
    held = [place for place, part in enumerate(coded.sequence_ids(row)) if part == 1]
    return held, offsets[row][held]
