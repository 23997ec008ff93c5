"""How much of a slide to quote: as little as holds the answer.

Each passage of the slide gets the probability that it is a right answer by itself, from a
logistic regression on what the reader pointed at and on the passage's form; its length is
weighed against that. What was fitted is told in `training/README.md`.

Where that leaves it open which is right, a second passage is quoted beside the first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from keynote_qa.contexts import LEAVES, Context
from keynote_qa.kinds import LIST_CHANCE, compared, introduction
from keynote_qa.question import Wants
from keynote_qa.quotable import Quotable
from keynote_qa.ranking import Asked, is_kind, is_list, names_somebody
from keynote_qa.records import BlockKind, Grain, Passage
from keynote_qa.spans import Spans
from keynote_qa.text import fold
from keynote_qa.weights import probability

MAX_ANSWER_WORDS = 60
MAX_LIST_WORDS = 120

LENGTH_COST = 0.03
"""What length costs, in probability: a quotation of e times the words must be so much likelier to
be right."""

SHORT_LENGTH_COST = 0.05
"""The same where a number is asked for, or yes or no: on development talks, answers to those are
right as often as with 0.03 (0.907), in 20 instead of 22 words, and a quarter fewer are whole cards.
"""

_SHORT = (Wants.NUMBER, Wants.YES_OR_NO)

MIN_GAIN = 0.05
"""What a second quotation must gain, in probability that the answer is in it, beyond what its
length costs. On development talks, 0.81 instead of 0.74 of the answers then hold all that was
asked for, and more than a third have a second quotation."""

_LEAST = 0.02


@dataclass(frozen=True, slots=True)
class Quoted:
    """What to quote of slides, best first, and the probability that the first is right.

    `second` is what to quote beside the first, and the place of its slide among the slides;
    `second_chance` the probability that the answer is there.
    """

    first: list[Quotable]
    chance: float
    second: tuple[Quotable, int] | None = None
    second_chance: float = 0.0


def most_words(asked: Asked) -> int:
    """How many words an answer may have."""
    return MAX_LIST_WORDS if asked.lists >= LIST_CHANCE else MAX_ANSWER_WORDS


def quote_features(
    asked: Asked, candidate: Quotable, said: Set[str], cosine: float, pointed: float | None
) -> dict[str, float]:
    """The features of what could be quoted of a slide, by name.

    Args:
        asked: the question.
        candidate: what could be quoted.
        said: its search terms.
        cosine: of it and the question.
        pointed: the probability that the answer lies inside it if it is on the slide; None if no
            reader has read it.
    """
    passage = candidate.passage
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
        "list": asked.lists * is_list(passage),
        "right_kind": float(is_kind(asked.kind, passage)),
        "nameless": float(asked.kind is Wants.PERSON and not names_somebody(passage.text)),
        # The question names the title, and this is the list under it.
        "list_under_title": (asked.coverage(candidate.row) - own) * is_list(passage),
        "title": float(passage.grain is Grain.TITLE),
        "whole_slide": float(passage.grain in (Grain.SLIDE, Grain.CARD)),
        "caption": float(passage.kind is BlockKind.CAPTION),
        "too_long": float(candidate.words > most_words(asked)),
        "more_sentences": candidate.count - 1.0,
    }


def pointed_at(
    passages: Sequence[Passage],
    candidates: Sequence[Quotable],
    context: Context,
    spans: Spans | None,
) -> list[float | None]:
    """For all that could be quoted of a slide, the probability that the answer lies inside it.

    None for all if the reader points at no words.
    """
    if spans is None or not len(spans.starts):
        return [None] * len(candidates)
    read = dict(zip(context.rows, context.spans, strict=True))
    found: list[float | None] = []
    for candidate in candidates:
        last = candidate.row + candidate.count - 1
        if candidate.row in read and last in read:
            found.append(spans.inside(read[candidate.row][0], read[last][1]))
            continue
        passage = candidate.passage
        if passage.grain in LEAVES:  # a sentence shares its line with those that were read
            found.append(0.0)
            continue
        held = [
            span
            for leaf, span in read.items()
            if passage.start_line <= passages[leaf].start_line
            and passages[leaf].end_line <= passage.end_line
        ]
        found.append(spans.inside(held[0][0], held[-1][1]) if held else 0.0)
    return found


def quotations(
    scores: Sequence[float],
    quotable: Sequence[tuple[Sequence[Quotable], Sequence[Mapping[str, float]]]],
    weights: Mapping[str, float],
    *,
    asked: Asked,
) -> Quoted:
    """What to quote of slides, which stand best first.

    Args:
        scores: of all slides that were read, in their order: log odds of holding the answer.
        quotable: of the first of them, what could be quoted and the features of each.
        weights: of those features.
        asked: the question; if it asks for a list, that is all of the answer.
    """
    found = [chances(features, weights) for _, features in quotable]
    cost = length_cost(asked.kind)
    first = [choose(some, odds, cost) for (some, _), odds in zip(quotable, found, strict=True)]
    alone = [
        introduction(asked, some, candidate)
        for (some, _), (candidate, _) in zip(quotable, first, strict=True)
    ]
    quoted = Quoted(alone, first[0][1])
    other = compared(asked, quoted.first[0].passage, quotable[0][0])
    if other is not None:
        candidate = quotable[0][0][other]
        return replace(quoted, second=(candidate, 0), second_chance=float(found[0][other]))
    if asked.kind is Wants.LIST:
        return quoted
    odds = [math.exp(score - scores[0]) for score in scores]
    likely = [
        (candidate, at, odds[at] / sum(odds) * float(chance))
        for at, ((some, _), of_slide) in enumerate(zip(quotable, found, strict=True))
        for candidate, chance in zip(some, of_slide, strict=True)
    ]
    second = choose_second(quoted.first[0], likely, cost)
    if second is None:
        return quoted
    candidate, at, chance = second
    candidate = introduction(asked, quotable[at][0], candidate)
    if fold(candidate.passage.text) == fold(quoted.first[0].passage.text):
        return replace(quoted, second_chance=chance)  # somebody is introduced twice
    return replace(quoted, second=(candidate, at), second_chance=chance)


def chances(
    features: Sequence[Mapping[str, float]], weights: Mapping[str, float]
) -> NDArray[np.float64]:
    """For each passage of a slide that holds the answer, the probability that it is one."""
    return np.array([probability(weights, values) for values in features])


def length_cost(kind: Wants) -> float:
    """What length costs where such an answer is asked for, as `LENGTH_COST`."""
    return SHORT_LENGTH_COST if kind in _SHORT else LENGTH_COST


def choose(
    candidates: Sequence[Quotable], chances: NDArray[np.float64], cost: float
) -> tuple[Quotable, float]:
    """What to quote of a slide, and the probability that it is a right answer."""
    words = np.array([candidate.words for candidate in candidates], float)
    best = int(np.argmax(chances - cost * np.log(1 + words)))
    return candidates[best], float(chances[best])


def choose_second(
    quoted: Quotable, likely: Sequence[tuple[Quotable, int, float]], cost: float
) -> tuple[Quotable, int, float] | None:
    """What to quote beside the first quotation; None if nothing is worth its words.

    A list is an answer of its own, and never the second.

    Args:
        quoted: what is quoted already.
        likely: what else could be, the place of its slide among the slides, and the probability
            that it is where the answer is.
        cost: of length.
    """
    length = 1 + _shown_words(quoted)
    best, most = None, MIN_GAIN
    for candidate, at, chance in likely:
        words = candidate.words
        if length - 1 + words > MAX_ANSWER_WORDS or _overlap(candidate.passage, quoted.passage):
            continue
        gain = chance - cost * math.log((length + words) / length)
        if gain > most and not is_list(candidate.passage):
            best, most = (candidate, at, chance), gain
    return best


def _shown_words(quoted: Quotable) -> int:
    """How many words a quotation is read as, the bullets of a list among them."""
    passage = quoted.passage
    return quoted.words + (passage.text.count("\n") + 1 if is_list(passage) else 0)


def _overlap(one: Passage, other: Passage) -> bool:
    apart = one.end_line < other.start_line or other.end_line < one.start_line
    return one.talk == other.talk and not apart
