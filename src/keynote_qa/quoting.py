"""How much of a slide to quote: as little as holds the answer.

Each passage of the slide gets the probability that it is a right answer by itself, from a
logistic regression on what the reader pointed at and on the passage's form; its length is
weighed against that. What was fitted is told in `training/README.md`.

Where that leaves it open which is right, a second passage is quoted beside the first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from keynote_qa.contexts import LEAVES, Context
from keynote_qa.question import Wants
from keynote_qa.ranking import Asked, is_kind, is_list, names_somebody
from keynote_qa.records import BlockKind, Grain, Passage
from keynote_qa.spans import Spans
from keynote_qa.text import terms
from keynote_qa.weights import weighted

MAX_ANSWER_WORDS = 60
MAX_LIST_WORDS = 120

LENGTH_COST = 0.03
"""What length costs, in probability: a quotation of e times the words must be so much likelier to
be right."""

MIN_GAIN = 0.05
"""What a second quotation must gain, in probability that the answer is in it, beyond what its
length costs. On development talks, 0.81 instead of 0.74 of the answers then hold all that was
asked for, and more than a third have a second quotation."""

_LEAST = 0.02


@dataclass(frozen=True, slots=True)
class Quoted:
    """The rows to quote of slides, best first, and the probability that the first is right.

    `second` is the row to quote beside the first, and the place of its slide among the slides;
    `second_chance` the probability that the answer is there.
    """

    rows: list[int]
    chance: float
    second: tuple[int, int] | None = None
    second_chance: float = 0.0


def quote_features(
    asked: Asked,
    passages: Sequence[Passage],
    row: int,
    cosine: float,
    pointed: float | None,
) -> dict[str, float]:
    """The features of one passage of a slide, by name.

    `pointed` is the probability that the answer lies inside the passage if it is on the slide;
    None if no reader has read it.
    """
    passage = passages[row]
    words = len(passage.text.split())
    limit = MAX_LIST_WORDS if asked.kind is Wants.LIST else MAX_ANSWER_WORDS
    said = terms(passage.text)
    own = asked.own_coverage(said)
    return {
        "bias": 1.0,
        "read": math.log(_LEAST + pointed) if pointed is not None else 0.0,
        "read_most": float(pointed is not None and pointed > 0.5),
        "unread": float(pointed is None),
        "cosine": cosine,
        "own_coverage": own,
        # What only repeats the question does not answer it.
        "echo": float(said <= asked.weights.keys() and asked.kind is not Wants.YES_OR_NO),
        "right_kind": float(is_kind(asked.kind, passage)),
        "nameless": float(asked.kind is Wants.PERSON and not names_somebody(passage.text)),
        # The question names the title, and this is the list under it.
        "list_under_title": (asked.coverage(row) - own) * is_list(passage),
        "title": float(passage.grain is Grain.TITLE),
        "whole_slide": float(passage.grain in (Grain.SLIDE, Grain.CARD)),
        "caption": float(passage.kind is BlockKind.CAPTION),
        "too_long": float(words > limit),
    }


def pointed_at(
    passages: Sequence[Passage], rows: Sequence[int], context: Context, spans: Spans | None
) -> list[float | None]:
    """For each passage of a slide, the probability that the answer lies inside it.

    None for all if the reader points at no words.
    """
    if spans is None or not len(spans.starts):
        return [None] * len(rows)
    found: list[float | None] = []
    for row in rows:
        if row in context.rows:
            found.append(spans.inside(*context.spans[context.rows.index(row)]))
            continue
        passage = passages[row]
        if passage.grain in LEAVES:  # a sentence shares its line with those that were read
            found.append(0.0)
            continue
        held = [
            span
            for leaf, span in zip(context.rows, context.spans, strict=True)
            if passage.start_line <= passages[leaf].start_line
            and passages[leaf].end_line <= passage.end_line
        ]
        found.append(spans.inside(held[0][0], held[-1][1]) if held else 0.0)
    return found


def quotations(
    passages: Sequence[Passage],
    scores: Sequence[float],
    quotable: Sequence[tuple[Sequence[int], Sequence[Mapping[str, float]]]],
    weights: Mapping[str, float],
    *,
    alone: bool,
) -> Quoted:
    """What to quote of slides, which stand best first.

    Args:
        passages: the rows of the index.
        scores: of all slides that were read, in their order: log odds of holding the answer.
        quotable: of the first of them, the rows that could be quoted and the features of each.
        weights: of those features.
        alone: whether the first quotation is all of the answer, as a list is.
    """
    found = [chances(features, weights) for _, features in quotable]
    first = [choose(passages, rows, some) for (rows, _), some in zip(quotable, found, strict=True)]
    quoted = Quoted([row for row, _ in first], first[0][1])
    if alone:
        return quoted
    odds = [math.exp(score - scores[0]) for score in scores]
    likely, slide = {}, {}
    for at, ((rows, _), some) in enumerate(zip(quotable, found, strict=True)):
        share = odds[at] / sum(odds)
        likely.update({row: share * float(chance) for row, chance in zip(rows, some, strict=True)})
        slide.update(dict.fromkeys(rows, at))
    second = choose_second(passages, quoted.rows[0], likely)
    if second is None:
        return quoted
    return replace(quoted, second=(second[0], slide[second[0]]), second_chance=second[1])


def chances(
    features: Sequence[Mapping[str, float]], weights: Mapping[str, float]
) -> NDArray[np.float64]:
    """For each passage of a slide that holds the answer, the probability that it is one."""
    scores = np.array([weighted(weights, values) for values in features])
    return np.asarray(1 / (1 + np.exp(-scores)))


def choose(
    passages: Sequence[Passage], rows: Sequence[int], chances: NDArray[np.float64]
) -> tuple[int, float]:
    """The row to quote of a slide's, and the probability that it is a right answer."""
    words = np.array([len(passages[row].text.split()) for row in rows], float)
    best = int(np.argmax(chances - LENGTH_COST * np.log(1 + words)))
    return rows[best], float(chances[best])


def choose_second(
    passages: Sequence[Passage], first: int, likely: Mapping[int, float]
) -> tuple[int, float] | None:
    """The row to quote beside the first, and its probability; None if none is worth its words.

    A list is an answer of its own, and never the second.

    Args:
        passages: the rows of the index.
        first: the row that is quoted already.
        likely: rows of any slide, each with the probability that it is where the answer is.
    """
    quoted = passages[first]
    length = 1 + _words(quoted)
    best, most = None, MIN_GAIN
    for row, chance in likely.items():
        passage = passages[row]
        words = _words(passage)
        if is_list(passage) or _overlap(passage, quoted) or length - 1 + words > MAX_ANSWER_WORDS:
            continue
        gain = chance - LENGTH_COST * math.log((length + words) / length)
        if gain > most:
            best, most = (row, chance), gain
    return best


def _words(passage: Passage) -> int:
    """How many words a quotation is read as, the bullets of a list among them."""
    bullets = passage.text.count("\n") + 1 if is_list(passage) else 0
    return len(passage.text.split()) + bullets


def _overlap(one: Passage, other: Passage) -> bool:
    apart = one.end_line < other.start_line or other.end_line < one.start_line
    return one.talk == other.talk and not apart
