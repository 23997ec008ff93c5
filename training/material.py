"""What the reader is trained on, gathered: questions and contexts by number, and epochs of them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, auto
from pathlib import Path

import numpy as np

from training.examples import (
    Example,
    augmented,
    keywords,
    load_adversarial,
    load_own,
    load_public,
    mistyped,
    split_by_words,
    unanswerable,
)
from training.packing import MAX_QUESTION, MAX_TOKENS, ROUNDED, Ints, Reals, Texts

HELD_BACK = ("huguenot", "immune", "antibod", "lymphocyte", "t cell")
"""Words of the public articles on which checkpoints are scored; nothing is trained on those."""

ADVERSARIAL = Path(__file__).with_name("adversarial.jsonl")
VARIANTS = 4
"""Public contexts are cut and broken in so many ways, one of them in each epoch."""

CHANGED = 1000
"""How many of the questions changed by rule an epoch has: few, for a near miss in a talk is not
told by a name that is missing."""

AS_KEYWORDS, MISTYPED = 0.06, 0.06
_CHANGES_SEED = 7


class Sort(IntEnum):
    """Where a question is from."""

    TALK = auto()
    WRITTEN = auto()  # public, by people who wanted it to look answerable
    OTHER = auto()  # public
    CHANGED = auto()
    ADVERSARIAL = auto()
    NEED = auto()  # about a deck of `needs/`


OF_TALKS = (Sort.TALK, Sort.NEED)
"""Those with several contexts, which are asked of all of them together."""


@dataclass
class Questions:
    """Questions, each with its contexts, all as numbers of texts.

    `asked` `(n, 3)`: as it is, as keywords, mistyped; `rows` `(contexts, 3)`: the context, and the
    first and last word piece that answer, or -1; `ranks` `(contexts,)`: the score before reading.
    """

    asked: Ints
    first: Ints
    rows: Ints
    ranks: Reals
    sort: Ints
    variant: Ints
    counts: Ints = field(init=False)
    asked_now: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.diff(self.first)
        self.asked_now = self.asked[:, 0] if len(self.asked) else self.asked.reshape(-1)

    def __len__(self) -> int:
        return len(self.counts)

    def ask_anew(self, rng: np.random.Generator) -> None:
        """Choose for each question how it is typed this time."""
        chance = rng.random(len(self))
        how = np.digitize(chance, [1 - AS_KEYWORDS - MISTYPED, 1 - MISTYPED])
        self.asked_now = self.asked[np.arange(len(self)), how]

    def rows_of(self, some: Ints) -> tuple[Ints, Ints]:
        """The contexts of some questions, and where in them those of each question about a talk
        are, `(questions, most)`, -1 where it has no more."""
        rows = [self.rows[self.first[q] : self.first[q + 1]] for q in some]
        counts = self.counts[some]
        begins = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(some) else counts
        at = np.arange(counts.max(initial=1))
        held = np.where(at < counts[:, None], begins[:, None] + at, -1)
        together = np.concatenate(rows) if rows else np.zeros((0, 3), np.int64)
        return together, held[np.isin(self.sort[some], OF_TALKS)]

    def longest(self, texts: Texts) -> Ints:
        """The word pieces of each question's longest row, rounded up as batches are."""
        pieces = texts.lengths[self.rows[:, 0]]
        longest = np.maximum.reduceat(pieces, self.first[:-1])
        longest = longest + np.minimum(texts.lengths[self.asked_now], MAX_QUESTION) + 3
        return -(-np.minimum(longest, MAX_TOKENS) // ROUNDED) * ROUNDED


@dataclass
class Material:
    """What is trained on, and what is scored on.

    An epoch has so many of the questions about talks as `remembered` says; all, if it is None.
    """

    questions: Questions
    held_back: Questions
    development: Questions
    remembered: int | None = None

    def epoch(self, number: int, rng: np.random.Generator) -> Ints:
        """Questions about talks and needs in one of their windows; a part of the public ones."""
        of = self.questions
        variant = of.variant == number % VARIANTS

        def of_sort(sort: Sort) -> Ints:
            return np.flatnonzero((of.sort == sort) & variant)

        windows = max(int(of.variant[np.isin(of.sort, OF_TALKS)].max(initial=0)) + 1, 1)
        talks, needs = (
            np.flatnonzero((of.sort == sort) & (of.variant == number % windows))
            for sort in OF_TALKS
        )
        if self.remembered is not None:
            talks = rng.choice(talks, min(len(talks), self.remembered), replace=False)
        written, other, changed = map(of_sort, (Sort.WRITTEN, Sort.OTHER, Sort.CHANGED))
        if len(talks):
            other = rng.choice(other, min(len(other), len(written)), replace=False)
            changed = rng.choice(changed, min(len(changed), CHANGED), replace=False)
        return np.concatenate([talks, needs, written, other, changed, of_sort(Sort.ADVERSARIAL)])


Group = tuple[Sort, int, Sequence[Example]]


def gather(
    texts: Texts, public: Path, talks: Sequence[Path], needs: Sequence[Path],
    development: Sequence[Path], rng: random.Random,
) -> Material:  # fmt: skip
    """Read all that is trained and scored on, and put its texts on the device."""
    kept, held_back = split_by_words(load_public(public), HELD_BACK)
    changeable = [e for e in kept if e.span and "spoken" not in e.source]
    changed = list(unanswerable(changeable, random.Random(_CHANGES_SEED)))
    sorts = (
        (Sort.WRITTEN, [e for e in kept if e.source == "squad2-dev"]),
        (Sort.OTHER, [e for e in kept if e.source != "squad2-dev"]),
        (Sort.CHANGED, changed),
        (Sort.ADVERSARIAL, load_adversarial(ADVERSARIAL, kept)),
    )
    groups: list[Group] = [*_of_talks(talks), *_of_talks(needs, Sort.NEED)]
    for variant in range(VARIANTS):
        for sort, examples in sorts:
            groups += [(sort, variant, [augmented(e, rng)]) for e in examples]
    scored = [(Sort.WRITTEN, 0, [e]) for e in held_back if e.source == "squad2-dev"]
    found = Material(
        numbered(texts, groups, rng),
        numbered(texts, scored, rng),
        numbered(texts, list(_of_talks(development)), rng),
    )
    texts.ready()
    return found


def _of_talks(paths: Iterable[Path], sort: Sort = Sort.TALK) -> Iterable[Group]:
    groups: dict[tuple[str, int], list[Example]] = {}
    for path in paths:
        for example in load_own(path):
            groups.setdefault((example.group, example.window), []).append(example)
    return ((sort, window, some) for (_, window), some in groups.items())


def numbered(texts: Texts, groups: Sequence[Group], rng: random.Random) -> Questions:
    """Questions with the texts as their numbers; the texts are added."""
    asked = [
        (q, keywords(q, rng), mistyped(q, rng))
        for q in (examples[0].question for _, _, examples in groups)
    ]
    texts.add(text for some in asked for text in some)
    texts.add(e.context for _, _, examples in groups for e in examples)
    numbers = [[texts.number(text) for text in some] for some in asked]
    every = [e for _, _, examples in groups for e in examples]
    rows = [(texts.number(e.context), *texts.pieces_of(e.context, e.span)) for e in every]
    return Questions(
        np.array(numbers, np.int64).reshape(-1, 3),
        np.cumsum([0, *(len(examples) for _, _, examples in groups)]).astype(np.int64),
        np.array(rows, np.int64).reshape(-1, 3),
        np.array([e.rank for e in every], np.float64),
        np.array([sort for sort, _, _ in groups], np.int64),
        np.array([variant for _, variant, _ in groups], np.int64),
    )
