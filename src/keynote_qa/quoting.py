"""How much of a slide to quote: as little as holds the answer.

Each passage of the slide gets the probability that it is a right answer by itself, from a
logistic regression on what the reader pointed at and on the passage's form; its length is
weighed against that. What was fitted is told in `training/README.md`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from keynote_qa.contexts import LEAVES, Context
from keynote_qa.question import Wants
from keynote_qa.ranking import Asked, is_kind, is_list, names_somebody
from keynote_qa.records import BlockKind, Grain, Passage
from keynote_qa.span_reader import Spans
from keynote_qa.text import tokenize
from keynote_qa.weights import weighted

MAX_ANSWER_WORDS = 60
MAX_LIST_WORDS = 120

LENGTH_COST = 0.03
"""What length costs, in probability: a quotation of e times the words must be so much likelier to
be right."""

_LEAST = 0.02


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
    said = set(tokenize(passage.text))
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


def choose(
    passages: Sequence[Passage],
    rows: Sequence[int],
    features: Sequence[Mapping[str, float]],
    weights: Mapping[str, float],
) -> tuple[int, float]:
    """The row to quote of a slide's, and the probability that it is a right answer."""
    scores = np.array([weighted(weights, values) for values in features])
    chances = 1 / (1 + np.exp(-scores))
    words = np.array([len(passages[row].text.split()) for row in rows], float)
    best = int(np.argmax(chances - LENGTH_COST * np.log(1 + words)))
    return rows[best], float(chances[best])
