"""What a reader says of a text: which words answer a question, and does it answer at all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

MAX_TOKENS = 256
"""How many word pieces of a question and a context are read together."""

MAX_ANSWER_TOKENS = 120
TYPICAL_TOKENS = 40.0
"""Of two answers as likely by their ends, one longer by so many word pieces counts 1/e."""

Floats = NDArray[np.float64]
Offsets = NDArray[np.signedinteger[Any]]


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
    offsets: Offsets

    @cached_property
    def _places(self) -> tuple[list[int], list[int]]:
        return self.offsets[:, 0].tolist(), self.offsets[:, 1].tolist()

    @cached_property
    def _before(self) -> Floats:
        """Probability `(n + 1, n + 1)` of all starts and ends before those."""
        sums = np.zeros((len(self.starts) + 1, len(self.starts) + 1))
        np.cumsum(np.cumsum(self._joint, axis=0), axis=1, out=sums[1:, 1:])
        return sums

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
        starts, ends = self._places
        first, last = bisect_left(starts, start), bisect_right(ends, end)
        if first >= last:
            return 0.0
        sums = self._before
        whole = sums[last, last] - sums[first, last] - sums[last, first] + sums[first, first]
        return float(max(whole, 0.0))

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
    """Reads a question against contexts; any thread may call it. `name` says which one it is."""

    name: str

    def read(self, question: str, contexts: Sequence[str]) -> list[Spans]:
        """What it says of each context, in order."""
        ...


def to_spans(answerable: float, scores: Floats, offsets: Offsets) -> Spans:
    """What a model's scores of one context say.

    Args:
        answerable: a logit.
        scores: `(n, 2)`, logits of start and end, of the context's n word pieces.
        offsets: `(n, 2)`, where those stand in the context, in characters, half-open.
    """
    if not len(offsets):
        nothing = np.zeros(0)
        return Spans(float(answerable), nothing, nothing, np.zeros((0, 2), np.int32))
    odds = np.exp(scores - scores.max(axis=0))
    chances = odds / odds.sum(axis=0)
    return Spans(float(answerable), chances[:, 0], chances[:, 1], offsets)
