"""What reading gave: the slides that were read, what of them to quote, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from keynote_qa.contexts import MAX_CONTEXT_WORDS, Context
from keynote_qa.quoting import Quoted
from keynote_qa.ranking import Asked
from keynote_qa.spans import Spans
from keynote_qa.text import terms

MAX_EVIDENCE = 3

_WIDE_MARGIN = 5.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage (by its row) to quote, or `count` of them from there on as one.

    `score` orders, higher is better. `fact` is where the words that answer by themselves stand in
    the text, if they do. What is `quoted` is the answer; the rest says where else to look.
    """

    row: int
    score: float
    fact: tuple[int, int] | None = None
    quoted: bool = False
    count: int = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the hits gave: passages, best first, and how sure it is of those quoted."""

    answered: bool
    confidence: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ReadSlide:
    """A slide that was read: its rank's score, and what the reader says of its context."""

    slide: int
    rank: float
    features: dict[str, float]
    context: Context
    spans: Spans | None

    @property
    def answerable(self) -> float:
        """The logit of whether the slide answers; 0 where it was left unread."""
        return self.spans.answerable if self.spans else 0.0


def together(readings: Sequence[Reading]) -> Reading:
    """The readings of the parts of one question as one.

    It is answered if any part is; the answer is the first quotation of each part that is, and
    as sure as the least sure of them.
    """
    if len(readings) == 1:
        return readings[0]
    answered = [reading for reading in readings if reading.answered]
    if not answered:
        return max(readings, key=lambda reading: reading.confidence)
    first = {
        reading.evidence[0].row: replace(reading.evidence[0], quoted=True) for reading in answered
    }
    rest = {
        e.row: replace(e, quoted=False)
        for reading in answered
        for e in reading.evidence[1:]
        if e.row not in first
    }
    evidence = (*first.values(), *sorted(rest.values(), key=lambda e: -e.score))
    return Reading(
        True,
        min(reading.confidence for reading in answered),
        evidence[: max(MAX_EVIDENCE, len(first))],
    )


def order_features(slide: ReadSlide) -> dict[str, float]:
    """The features by which slides are ordered after reading."""
    return {"rank": slide.rank, "answerable": slide.answerable}


def sureness_features(
    asked: Asked, ordered: Sequence[tuple[float, ReadSlide]], quoted: Quoted
) -> dict[str, float]:
    """The features of whether a question is answered, and how surely.

    `ordered` are the slides with their scores, best first, `quoted` what is quoted of them.
    """
    (score, best), *rest = ordered
    logits = [slide.answerable for _, slide in ordered]
    return {
        "bias": 1.0,
        "score": score,
        "margin": min(score - rest[0][0], _WIDE_MARGIN) if rest else _WIDE_MARGIN,
        "rank": max(slide.rank for _, slide in ordered),
        "coverage": best.features["coverage"],
        "cosine": best.features["cosine_best"],
        "answerable": logits[0],
        "answerable_best": max(logits),
        "quote": math.log(quoted.chance / (1 - quoted.chance)),
        "second": quoted.second_chance,
        # Who asks in other words than the talk uses has several that it lacks; of what it does not
        # say, one word may be all that is missing.
        "unknown": asked.unknown(),
        "heaviest_unknown": asked.heaviest_unknown(),
        # A near miss stands in the talk's own words but for what it asks; where those words were
        # all read and the reader is not content, the talk does not say.
        "in_window": asked.own_coverage(terms(best.context.text)),
        "window": len(best.context.text.split()) / MAX_CONTEXT_WORDS,
        "unsaid": asked.unsaid,
        "stranger": float(asked.names_a_stranger),
        "gibberish": asked.gibberish,
        "small_talk": asked.small_talk,
    }
