"""The default model in plain torch: what transformers' BertModel computes, ready in half the time.

BERT (Devlin et al., 2019, https://aclanthology.org/N19-1423/) as its published weights need it:
word, place and type embeddings, then layers of attention and of two linear maps, each added to what
went in and normalised. sentence-transformers and transformers compute the same vectors, a test
holds that; but importing them takes three seconds more than torch alone, and half of what a single
question costs in them is not arithmetic.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from keynote_qa.arithmetic import Arithmetic, Floats

Result = TypeVar("Result")
Ids = NDArray[np.int32]

PASS_TOKENS = 512
"""Word pieces in one pass, about: larger passes are no faster. Passes run side by side, each on one
core: they need not wait for each other, as the threads that share one pass must, for whom a core
that is busy with something else is a brake on all."""

SHARED_TOKENS = 64
"""As many word pieces for each core are worth being shared among the cores."""

_KEPT_TEXTS = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The word pieces of a text, without the two that frame it.

    `ids` is `(n,)`; `offsets`, `(n, 2)`, says where each stands in the text, in characters,
    half-open. As arrays, for thousands of texts are kept.
    """

    ids: Ids
    offsets: NDArray[np.int32]

    def first(self, count: int) -> Pieces:
        """The same without what is behind the first `count`."""
        return self if len(self.ids) <= count else Pieces(self.ids[:count], self.offsets[:count])


class WordPieces:
    """Cuts texts to word pieces; those of the latest texts are kept. Any thread may call it."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # Set once: cutting is done here, and setting it while another thread encodes would fail.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._first, self._last = np.array(self._tokenizer.encode("").ids, np.int32)[:, None]
        self.cut = lru_cache(maxsize=_KEPT_TEXTS)(self._cut)

    def _cut(self, text: str) -> Pieces:
        coded = self._tokenizer.encode(text, add_special_tokens=False)
        offsets = np.array(coded.offsets, np.int32).reshape(-1, 2)
        return Pieces(np.array(coded.ids, np.int32), offsets)

    def single(self, text: str, limit: int) -> tuple[Ids, int]:
        """The ids of one text, framed, at most `limit`; and where they end."""
        ids = np.concatenate([self._first, self.cut(text).ids[: limit - 2], self._last])
        return ids, len(ids)

    def pair(self, one: Pieces, other: Pieces) -> tuple[Ids, int]:
        """The ids of two texts, framed; and where the second begins."""
        ids = np.concatenate([self._first, one.ids, self._last, other.ids, self._last])
        return ids, len(one.ids) + 2


class Encoder:
    """A BERT of a folder that holds `config.json` and `model.safetensors`.

    Args:
        folder: of the model.
        deltas: what to add to its weights, by their names.
        arithmetic: what its linear maps compute in; float32 by default.

    Raises:
        OSError, ValueError, KeyError: a file is missing or not what it should be.
    """

    def __init__(
        self,
        folder: Path,
        *,
        deltas: Mapping[str, Any] | None = None,
        arithmetic: Arithmetic | None = None,
    ) -> None:
        import torch
        from safetensors.torch import load_file

        config = json.loads((folder / "config.json").read_text("utf-8"))
        weights = load_file(folder / "model.safetensors")
        for name, delta in (deltas or {}).items():
            weights[name] = weights[name] + delta
        arithmetic = arithmetic or Floats()

        def both(name: str) -> tuple[Any, Any]:
            return weights[f"{name}.weight"], weights[f"{name}.bias"]

        def norm(name: str) -> tuple[Any, Any]:
            weight, bias = both(name)
            return weight.to(arithmetic.dtype), bias.to(arithmetic.dtype)

        self._torch, self._dtype, self._rows = torch, arithmetic.dtype, arithmetic.rows
        self._pool: ThreadPoolExecutor | None = None
        self.dimension = int(config["hidden_size"])
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])
        words, places, kinds = (
            weights[f"embeddings.{kind}_embeddings.weight"]
            for kind in ("word", "position", "token_type")
        )
        self._words = words
        self._places = places + kinds[0]
        self._second = kinds[1] - kinds[0]  # of a second text's pieces
        self._norm = weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"]
        self._layers = []
        for number in range(config["num_hidden_layers"]):
            at = f"encoder.layer.{number}"
            asked = [both(f"{at}.attention.self.{name}") for name in ("query", "key", "value")]
            attention, output = f"{at}.attention.self", f"{at}.attention.output.dense"
            wide, narrow = f"{at}.intermediate.dense", f"{at}.output.dense"
            self._layers.append(
                (
                    arithmetic.linear(
                        attention, *(torch.cat(parts) for parts in zip(*asked, strict=True))
                    ),
                    arithmetic.linear(output, *both(output)),
                    norm(f"{at}.attention.output.LayerNorm"),
                    arithmetic.linear(wide, *both(wide)),
                    arithmetic.linear(narrow, *both(narrow)),
                    norm(f"{at}.output.LayerNorm"),
                )
            )

    def read(
        self,
        texts: Sequence[tuple[Ids, int]],
        heed: Callable[[Any], Result],
    ) -> list[Result]:
        """What `heed` makes of the last layer's states, for each text.

        Args:
            texts: of each, the ids of its word pieces, and where its second part begins.
            heed: called with the states of one text, `(pieces, dimension)`, float32.
        """
        order = sorted(range(len(texts)), key=lambda n: -len(texts[n][0]))
        passes = [
            [order[place] for place in part]
            for part in shares([len(texts[n][0]) for n in order], _cores())
        ]

        def run(chosen: list[int]) -> list[Result]:
            with one_thread(self._torch), self._torch.inference_mode():
                return [heed(states) for states in self._states([texts[n] for n in chosen])]

        if len(passes) == 1:
            found = [run(passes[0])]
        else:
            self._pool = self._pool or ThreadPoolExecutor(_cores(), thread_name_prefix="encode")
            found = list(self._pool.map(run, passes))
        results = {
            n: result
            for chosen, of_pass in zip(passes, found, strict=True)
            for n, result in zip(chosen, of_pass, strict=True)
        }
        return [results[n] for n in range(len(texts))]

    def _states(self, texts: Sequence[tuple[Ids, int]]) -> Sequence[Any]:
        """The states of texts that stand one behind the other, those of one length together.

        No text is padded: what is done to each piece by itself is done to all of them at once, and
        attention looks at texts of one length at a time.
        """
        torch, layers = self._torch, self._torch.nn.functional
        dimension, heads = self.dimension, self._heads
        lengths = [len(ids) for ids, _ in texts]
        pieces = sum(lengths)
        empty = -pieces % self._rows
        ids = np.concatenate([ids for ids, _ in texts] + [np.zeros(empty, np.int32)])
        places = np.concatenate([np.arange(length) for length in (*lengths, empty)])
        x = self._words[torch.from_numpy(ids)] + self._places[torch.from_numpy(places)]
        # x: (pieces and empty ones, dimension)
        if any(second < len(ids) for ids, second in texts):
            seconds = np.repeat([second for _, second in texts], lengths)
            behind = torch.from_numpy(places[:pieces] >= seconds)
            x[:pieces] += behind[:, None] * self._second
        alike = [(length, len(list(some))) for length, some in groupby(lengths)]
        x = layers.layer_norm(x, (dimension,), *self._norm, self._epsilon).to(self._dtype)
        seen = torch.zeros_like(x)
        for attention, output, first_norm, wide, narrow, second_norm in self._layers:
            asked, at = attention(x), 0
            for length, count in alike:
                part = slice(at, at + length * count)
                shaped = asked[part].view(count, length, 3, heads, dimension // heads)
                found = layers.scaled_dot_product_attention(*shaped.permute(2, 0, 3, 1, 4))
                seen[part] = found.transpose(1, 2).reshape(-1, dimension)
                at = part.stop
            x = layers.layer_norm(x + output(seen), (dimension,), *first_norm, self._epsilon)
            inner = narrow(layers.gelu(wide(x)))
            x = layers.layer_norm(x + inner, (dimension,), *second_norm, self._epsilon)
        split: Sequence[Any] = x[:pieces].float().split(lengths)
        return split


def shares(lengths: Sequence[int], cores: int) -> list[range]:
    """Which texts go through the model together: passes of about as many word pieces each.

    There are as many passes as cores if there is work for them, and no larger ones than
    `PASS_TOKENS` allows.

    >>> shares([137, 96, 77, 60], cores=2)
    [range(0, 1), range(1, 4)]
    """
    if not lengths:
        return []
    ends = np.cumsum(lengths)
    total = int(ends[-1])
    passes = max(math.ceil(total / PASS_TOKENS), min(cores, total // SHARED_TOKENS), 1)
    # A text goes before a cut if its middle does.
    middles = ends - np.array(lengths) / 2
    cuts = np.searchsorted(middles, total * np.arange(1, passes) / passes)
    return [range(*part) for part in pairwise(sorted({0, *cuts.tolist(), len(lengths)}))]


@contextmanager
def one_thread(torch: Any) -> Iterator[None]:
    """Let torch compute what this thread asks of it in this thread alone while the block runs.

    For single questions that is as fast on an idle machine, and several times faster on a busy one.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _cores() -> int:
    """How many cores this process may use."""
    usable = getattr(os, "sched_getaffinity", None)  # not everywhere
    return len(usable(0)) if usable else os.cpu_count() or 1
