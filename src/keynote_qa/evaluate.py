"""Measuring answers against questions whose answers are known. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keynote_qa.question_set import NEAR_MISSES, Question
from keynote_qa.records import Answer, Citation, Passage
from keynote_qa.text import fold

MAX_WORDS, MAX_LIST_WORDS = 60, 120
"""A right answer is one that a person reads at a glance."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one question went; None where a measure does not apply to it."""

    question: Question
    answer: Answer
    right: bool | None  # answered, with all facts, and short
    rank: int | None  # of the first citation that holds the evidence, from 1; 0 if none does
    abstained: bool
    precise: float | None = None  # the share of the citations that hold evidence
    recalled: float | None = None  # the share of the places of evidence that are cited
    found: tuple[int, ...] | None = None
    """Of each place of evidence, the rank of the first slide found that holds it, or 0."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A mean with its 95% bootstrap interval, over `n` questions."""

    name: str
    value: float
    low: float
    high: float
    n: int


def run(
    ask: Callable[[Question], Answer],
    questions: Iterable[Question],
    search: Callable[[Question], Sequence[Passage]] | None = None,
) -> list[Outcome]:
    """Ask every question and judge each answer, and what `search` finds, best first, if given."""
    return [judge(item, ask(item), search(item) if search else None) for item in questions]


def judge(question: Question, answer: Answer, found: Sequence[Passage] | None = None) -> Outcome:
    """Judge one answer: is it right, where is the evidence, was it given at all.

    `found` are the slides that a search gives, best first: where among them is the evidence?
    """
    if not question.answerable:
        return Outcome(question, answer, None, None, not answer.answered)
    said = fold(answer.answer)
    limit = MAX_LIST_WORDS if question.kind == "list" else MAX_WORDS
    complete = all(any(fold(text) in said for text in fact) for fact in question.facts)
    right = answer.answered and complete and len(answer.answer.split()) <= limit
    ranks = [c.n for c in answer.citations if _holds_evidence(c, question)]
    cited = [
        any(first <= c.end_line and last >= c.start_line for c in answer.citations)
        for first, last in question.evidence
    ]
    return Outcome(
        question,
        answer,
        right,
        min(ranks, default=0),
        not answer.answered,
        precise=len(ranks) / len(answer.citations) if answer.citations else None,
        recalled=sum(cited) / len(cited),
        found=None if found is None else tuple(_rank(place, found) for place in question.evidence),
    )


def _rank(place: tuple[int, int], found: Sequence[Passage]) -> int:
    """The rank, from 1, of the first of some slides that holds a place of evidence; or 0."""
    held = (slide.start_line <= place[1] and place[0] <= slide.end_line for slide in found)
    return next((rank for rank, holds in enumerate(held, 1) if holds), 0)


def recall_at(k: int, found: Sequence[int]) -> float:
    """The share of the places of evidence that the first `k` slides hold.

    >>> recall_at(3, [1, 5])
    0.5
    """
    return sum(0 < rank <= k for rank in found) / len(found)


def ndcg_at(k: int, found: Sequence[int]) -> float:
    """Normalised discounted cumulative gain of the first `k` slides.

    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (ACM TOIS, 2002),
    with a gain of 1 for each slide that holds evidence. Places on one slide are one.

    >>> ndcg_at(10, [1, 1]), round(ndcg_at(10, [3, 0]), 3)
    (1.0, 0.307)
    """
    slides = sorted({rank for rank in found if rank})
    ideal = range(1, min(k, len(slides) + sum(not rank for rank in found)) + 1)
    gained = (1 / math.log2(1 + rank) for rank in slides if rank <= k)
    return sum(gained) / sum(1 / math.log2(1 + rank) for rank in ideal)


def search_measures(found: Sequence[int]) -> dict[str, float]:
    """The measures of what a search finds, by name."""
    recalls = {f"recall@{k}": recall_at(k, found) for k in (1, 3, 5)}
    return recalls | {"nDCG@10": ndcg_at(10, found)}


SEARCH_MEASURES = tuple(search_measures([0]))
"""Their names."""


def _holds_evidence(citation: Citation, question: Question) -> bool:
    """Whether the passage shown for a citation holds a place that supports the answer."""
    shown = fold(citation.passage)
    near = any(
        first <= citation.end_line and last >= citation.start_line
        for first, last in question.evidence
    )
    return near or all(any(fold(text) in shown for text in fact) for fact in question.facts)


def metrics(outcomes: Sequence[Outcome], *, seed: int = 0) -> list[Metric]:
    """The table of measures, each a share between 0 and 1 but for the last two.

    Recall and nDCG are of the slides that a search finds, whether or not they are cited; what
    stands above them is of the citations.

    The calibration error is over the answers that were given; it is computed again in each
    resample, like a mean.
    """
    answerable = [o for o in outcomes if o.question.answerable]
    absent = [o for o in outcomes if not o.question.answerable]
    near = [o for o in absent if o.question.kind in NEAR_MISSES]
    off = [o for o in absent if o.question.kind not in NEAR_MISSES]
    found = [search_measures(o.found) for o in answerable if o.found is not None]
    rows: list[tuple[str, list[float]]] = [
        ("answer right and short", [float(bool(o.right)) for o in answerable]),
        ("evidence in the first citation", [float(o.rank == 1) for o in answerable]),
        ("evidence in the first three", [float(0 < (o.rank or 0) <= 3) for o in answerable]),
        ("mean reciprocal rank", [1 / o.rank if o.rank else 0.0 for o in answerable]),
        *((name, [measured[name] for measured in found]) for name in SEARCH_MEASURES),
        ("citation precision", [o.precise for o in answerable if o.precise is not None]),
        ("citation recall", [o.recalled for o in answerable if o.recalled is not None]),
        ("answerable questions answered", [float(not o.abstained) for o in answerable]),
        ("near misses recognised", [float(o.abstained) for o in near]),
        ("off-topic recognised", [float(o.abstained) for o in off]),
        ("words per answer", [len(o.answer.answer.split()) for o in answerable if not o.abstained]),
        ("milliseconds", [o.answer.elapsed_ms for o in outcomes]),
    ]
    rng = np.random.default_rng(seed)
    table = [_with_interval(name, values, rng) for name, values in rows if values]
    given = [o for o in outcomes if not o.abstained]
    if given:
        sure = np.array([o.answer.confidence for o in given])
        right = np.array([bool(o.right) for o in given])
        table.insert(-2, _calibration(sure, right, rng))
    return table


def calibration_error(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10
) -> float:
    """Expected calibration error in bins of equal width.

    Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017): the mean gap, over the
    bins, between how sure the answers `(n,)` were and how many of them were right.

    >>> round(calibration_error(np.array([0.95, 0.95, 0.55]), np.array([True, False, True])), 3)
    0.45
    """
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[which == b].mean() - right[which == b].mean()) * (which == b).mean()
        for b in range(bins)
        if (which == b).any()
    ]
    return float(sum(gaps))


def _calibration(
    sure: NDArray[np.float64], right: NDArray[np.bool_], rng: np.random.Generator
) -> Metric:
    picks = rng.integers(0, len(sure), (2000, len(sure)))
    errors = [calibration_error(sure[pick], right[pick]) for pick in picks]
    low, high = np.percentile(errors, [2.5, 97.5])
    value = calibration_error(sure, right)
    # A resample is never better calibrated than chance lets it be: its errors lie a bit higher.
    return Metric("calibration error", value, min(float(low), value), float(high), len(sure))


def _with_interval(name: str, values: Sequence[float], rng: np.random.Generator) -> Metric:
    """Percentile bootstrap (Efron, 1979) with 2,000 resamples."""
    data = np.asarray(values, float)
    means = rng.choice(data, (2000, len(data))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Metric(name, float(data.mean()), float(low), float(high), len(data))
