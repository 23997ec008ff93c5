"""Where a deck's slides begin, which lines are their titles, and which open a part of the talk.

Three logistic regressions over `signals`, fitted on decks that people divided by hand
(`python -m training.fit_outline`, with its scores on decks left out of the fit). No weight
belongs to a word of any subject: gaps, capitals, length, figures, recurrence, what a list
announced, and the same of the neighbouring lines decide together, each as far as it proved
reliable across decks.

A rule of dashes or a form feed in the source settles by itself where a slide ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keynote_qa.records import Block, BlockKind, Talk
from keynote_qa.recurring import badges, places, running_lines
from keynote_qa.shapes import is_figure, is_name
from keynote_qa.signals import Features, signals
from keynote_qa.text import fold

WEIGHTS = Path(__file__).with_name("weights") / "outline.json"
_EITHER = 0.65
"""From which probability on one of two neighbouring blocks begins a slide."""

_TITLE_BLOCKS = 4
"""A title is looked for among the first so many blocks of a slide."""

_FIRST_BLOCKS = 8
_PART = re.compile(
    r"(?:part|chapter|section|act)\s+(?:\d+|[ivx]+|one|two|three|four|five|six)\b", re.I
)
_HEAD_CHANCE = 0.3
_MIN_HEADINGS = 3  # fewer are an accident
_MAX_HEAD_WORDS = 14
_MAX_TITLE_WORDS = 20
_MAX_SENTENCE_WORDS = 8
_MAX_COLUMN_HEAD_WORDS = 6


@dataclass(frozen=True, slots=True)
class OutlineWeights:
    """One weight for each feature and question, and the probability from which on it is yes."""

    start: dict[str, float]
    title: dict[str, float]
    opens: dict[str, float]
    min_start: float
    min_title: float
    min_opens: float


@cache
def load_weights() -> OutlineWeights:
    """The weights that come with the package."""
    return OutlineWeights(**json.loads(WEIGHTS.read_text("utf-8")))


def probability(features: Sequence[Features], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Logistic regression: the probability `(blocks,)` of each block."""
    table = np.array([[f[name] for name in weights] for f in features])
    scores = table.reshape(len(features), len(weights)) @ np.array(list(weights.values()))
    return np.asarray(1 / (1 + np.exp(-scores)))


def pooled(blocks: Sequence[Block], chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of lines that come back, drawn half-way to the mean of all their places.

    The same line does the same thing wherever it stands.
    """
    found = chance.copy()
    for where in places(blocks).values():
        found[where] = (chance[where] + chance[where].mean()) / 2
    return found


def settled(
    start: NDArray[np.float64], title: NDArray[np.float64], limit: float
) -> NDArray[np.float64]:
    """Probabilities of slide starts, with the doubt between two neighbours settled.

    Where a slide begins with one of two blocks, neither may reach the limit: the one that is
    likelier to begin it and to be its title then has the chance of both.
    """
    found = start.copy()
    for i in range(len(start) - 1):
        around = found[max(0, i - 1) : i + 3]
        if start[i] + start[i + 1] >= _EITHER and (around < limit).all():
            likelier = i if start[i] + title[i] >= start[i + 1] + title[i + 1] else i + 1
            found[likelier] = start[i] + start[i + 1]
    return found


def slide_starts(
    blocks: Sequence[Block], chance: NDArray[np.float64], limit: float, *, paged: bool = False
) -> list[int]:
    """The blocks that slides begin with, ascending, the first block always among them.

    Where the source says it, by headings or, if it is `paged`, by pages, nothing is guessed.
    """
    marked = sum(block.level > 0 for block in blocks) >= _MIN_HEADINGS
    starts = []
    for i, block in enumerate(blocks):
        after_break = i > 0 and blocks[i - 1].kind is BlockKind.BREAK
        likely = block.level > 0 if marked else chance[i] >= limit
        likely = likely and block.kind is not BlockKind.BREAK and not paged
        likely = likely and (block.gap > 0 or block.level > 0)
        if i == 0 or after_break or likely:
            starts.append(i)
    return starts


def with_sizes(features: Sequence[Features], starts: Sequence[int]) -> list[Features]:
    """The features of blocks with how large their slides are: what opens a part stands alone."""
    found = []
    for start, end in zip(starts, [*starts[1:], len(features)], strict=True):
        for i in range(start, end):
            sizes = {f"slide_of_{n}": float(end - start == n) for n in range(1, 5)}
            found.append(features[i] | sizes | {"slide_first": float(i == start)})
    return found


class TitleReader:
    """Slides and titles of one deck, decided once. Blocks are named by their index."""

    def __init__(self, talk: Talk, names: frozenset[str]) -> None:
        self._blocks = talk.blocks
        self._weights = weights = load_weights()
        features: list[Features] = [{"bias": 1.0} | f for f in signals(talk, names)]
        start = pooled(self._blocks, probability(features, weights.start))
        self._title_chance = probability(features, weights.title)
        start = settled(start, self._title_chance, weights.min_start)
        self.starts = slide_starts(
            self._blocks, start, weights.min_start, paged=any(line.page for line in talk.lines)
        )
        self.running_lines = running_lines(self._blocks, names)
        self.badges = badges(self._blocks, self.running_lines, frozenset(self.starts))
        sized = with_sizes(features, self.starts)
        self._opens_chance = probability(sized, weights.opens)
        ends = [*self.starts[1:], len(self._blocks)]
        self._titles = {a: self._title(a, b) for a, b in zip(self.starts, ends, strict=True)}

    def title(self, start: int) -> int | None:
        """The block that is the title of the slide that begins with a block."""
        return self._titles[start]

    def opens(self, start: int) -> bool:
        """Whether a slide opens a part of the talk."""
        title = self._titles[start]
        if title is None or start < _FIRST_BLOCKS:
            return False  # the first slides open the talk: its title, its speaker
        numbered = _PART.match(self._blocks[title].text) is not None
        return numbered or bool(self._opens_chance[title] >= self._weights.min_opens)

    def heads(self) -> set[int]:
        """The blocks that head others on their slide: its title, and lines over what they name."""
        found: set[int] = set()
        ends = [*self.starts[1:], len(self._blocks)]
        for start, end in zip(self.starts, ends, strict=True):
            title = self._titles[start]
            if title is not None and title < end - 1:
                above = range(start, title + 1)
                found.update(i for i in above if self._blocks[i].kind is BlockKind.TEXT)
            found.update(i for i in range(start, end - 1) if self._heads_next(i))
        return found

    def _heads_next(self, i: int) -> bool:
        block, below = self._blocks[i], self._blocks[i + 1]
        words = len(block.text.split())
        if block.kind is not BlockKind.TEXT or words > _MAX_HEAD_WORDS or is_figure(block.text):
            return False
        if is_figure(below.text):
            return False  # it says what the figure counts
        if block.text.endswith(":"):
            return True
        announced = i > 0 and self._blocks[i - 1].text.endswith(":")  # the first of several
        if self._title_chance[i] >= _HEAD_CHANCE and not announced:
            return True
        if words > _MAX_COLUMN_HEAD_WORDS or not is_name(block.text) or "\n" in block.text:
            return False
        labels_figure = i > 0 and is_figure(self._blocks[i - 1].text)
        listed = below.kind in (BlockKind.ITEM, BlockKind.TABLE, BlockKind.CODE)
        return (listed or below.text.count("\n") >= 2) and not labels_figure

    def _can_be_title(self, block: Block) -> bool:
        words = len(block.text.split())
        sentence = block.text.endswith(".") and words > _MAX_SENTENCE_WORDS
        named = block.kind is BlockKind.TEXT and words <= _MAX_TITLE_WORDS and not sentence
        return named and fold(block.text) not in self.badges

    def _title(self, start: int, end: int) -> int | None:
        first = range(start, min(end, start + _TITLE_BLOCKS))
        said = next((i for i in first if self._blocks[i].level), None)
        if said is not None:
            return said
        texts = [i for i in first if self._can_be_title(self._blocks[i])]
        best = max(texts, key=lambda i: self._title_chance[i], default=None)
        if best is not None and self._title_chance[best] >= self._weights.min_title:
            return best
        # What a slide begins with is likelier its title than it seemed by itself.
        heads = start in texts and end - start > 1 and self._title_chance[start] >= _HEAD_CHANCE
        return start if heads else None
