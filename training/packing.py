"""Texts as word pieces in one flat tensor, from which batches are put together where they are used.

Cutting texts into pieces takes longer than a step on a GPU; here each text is cut once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from keynote_qa.embed import DEFAULT_MODEL, locate_model
from training.lora import DEVICE

MAX_TOKENS = 192
MAX_QUESTION = 64
ROUNDED = 16
"""A batch is as long as its longest row, rounded up to a multiple of so many word pieces."""

_START, _END = 101, 102
_AT_ONCE = 4096

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass
class Batch:
    """Pairs of texts: `(rows, pieces)` each, and how many pieces the two texts have `(rows,)`."""

    ids: torch.Tensor
    types: torch.Tensor
    mask: torch.Tensor
    questions: torch.Tensor
    contexts: torch.Tensor


class Texts:
    """Texts by their numbers; the same text has one number however often it is added."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_file(str(locate_model(DEFAULT_MODEL) / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._numbers: dict[str, int] = {}
        self._pieces: list[NDArray[np.int32]] = []
        self._places: list[NDArray[np.int32]] = []
        self._flat = torch.zeros(0)
        self._first = torch.zeros(0)
        self.lengths: Ints = np.zeros(0, np.int64)

    def add(self, texts: Iterable[str]) -> None:
        """Cut texts into word pieces, those that are new."""
        new = [text for text in dict.fromkeys(texts) if text not in self._numbers]
        for first in range(0, len(new), _AT_ONCE):
            some = new[first : first + _AT_ONCE]
            coded = self._tokenizer.encode_batch(some, add_special_tokens=False)
            for text, pieces in zip(some, coded, strict=True):
                self._numbers[text] = len(self._pieces)
                self._pieces.append(np.array(pieces.ids, np.int32))
                self._places.append(np.array(pieces.offsets, np.int32).reshape(-1, 2))

    def number(self, text: str) -> int:
        """The number of a text that was added."""
        return self._numbers[text]

    def pieces_of(self, text: str, span: tuple[int, int] | None) -> tuple[int, int]:
        """The first and last piece of a half-open span of characters; (-1, -1) without one."""
        if span is None:
            return -1, -1
        places = self._places[self._numbers[text]]
        inside = np.flatnonzero((places[:, 0] < span[1]) & (places[:, 1] > span[0]))
        return (int(inside[0]), int(inside[-1])) if len(inside) else (-1, -1)

    def ready(self) -> None:
        """Put what was added on the device; to be called once before `pairs`."""
        self.lengths = np.array([len(pieces) for pieces in self._pieces], np.int64)
        self._flat = torch.from_numpy(np.concatenate(self._pieces)).to(DEVICE)
        first = np.concatenate([[0], np.cumsum(self.lengths)])
        self._first = torch.from_numpy(first.astype(np.int64)).to(DEVICE)

    def pairs(self, questions: Ints, contexts: Ints) -> Batch:
        """Questions and contexts by their numbers, as BERT reads two texts; the second is cut."""
        asked = np.minimum(self.lengths[questions], MAX_QUESTION)
        given = np.minimum(self.lengths[contexts], MAX_TOKENS - 3 - asked)
        count = -(-int((asked + given).max() + 3) // ROUNDED) * ROUNDED
        q, c, first_q, first_c = (
            torch.from_numpy(values).to(DEVICE)[:, None]
            for values in (asked, given, questions, contexts)
        )
        at = torch.arange(count, device=DEVICE)[None]
        behind = 2 + q  # where the context begins
        in_question = (at >= 1) & (at < 1 + q)
        in_context = (at >= behind) & (at < behind + c)
        source = torch.where(
            in_question, self._first[first_q] + at - 1, self._first[first_c] + at - behind
        )
        ids = self._flat[source.clamp(0, len(self._flat) - 1)].long()
        ids = torch.where(in_question | in_context, ids, 0)
        ids = torch.where(at == 0, _START, ids)
        ids = torch.where((at == 1 + q) | (at == behind + c), _END, ids)
        types = (at >= behind) & (at <= behind + c)
        return Batch(ids, types, at <= behind + c, q[:, 0], c[:, 0])


def padded(pieces: Sequence[NDArray[np.int64]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Word pieces of single texts `(texts, longest)`, and where there are any."""
    longest = max(map(len, pieces))
    ids = np.zeros((len(pieces), longest), np.int64)
    mask = np.zeros((len(pieces), longest), bool)
    for row, some in enumerate(pieces):
        ids[row, : len(some)] = some
        mask[row, : len(some)] = True
    return torch.from_numpy(ids).to(DEVICE), torch.from_numpy(mask).to(DEVICE)
