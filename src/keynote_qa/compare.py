"""Two evaluations of the same questions side by side: which of their differences are real.

An evaluation is saved as JSON:

    {"metrics": [{"name", "value", "low", "high", "n"}, ...],
     "questions": [{"question", "kind", "history", "talk", "answerable", "answered", "right",
                    "first", "first three", "reciprocal rank", "recall@1", "recall@3", "recall@5",
                    "nDCG@10", "citation precision", "citation recall", "confidence", "words",
                    "milliseconds"}, ...]}

A difference counts as real if the 95% interval of its paired bootstrap (Efron and Tibshirani, "An
Introduction to the Bootstrap", 1993) leaves out zero: the same questions are drawn for both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keynote_qa.errors import QuestionError
from keynote_qa.evaluate import SEARCH_MEASURES, Outcome, metrics, search_measures

_MEASURES = (
    ("answer right and short", "right", True),
    ("evidence in the first citation", "first", True),
    ("evidence in the first three", "first three", True),
    ("mean reciprocal rank", "reciprocal rank", True),
    *((name, name, True) for name in SEARCH_MEASURES),
    ("citation precision", "citation precision", True),
    ("citation recall", "citation recall", True),
    ("answerable questions refused", "abstained", True),
    ("recognised as not said", "abstained", False),
    ("words per answer", "words", True),
    ("milliseconds", "milliseconds", None),
)
"""What a difference is called, of what it is, and over which questions: answerable ones or not."""

_RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Difference:
    """How much a mean differs from the first evaluation to the second, over `n` questions."""

    name: str
    first: float
    second: float
    low: float
    high: float
    n: int

    @property
    def real(self) -> bool:
        """Whether chance among questions does not explain it."""
        return not self.low <= 0 <= self.high


def to_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """An evaluation as JSON-ready values."""
    return {
        "metrics": [asdict(metric) for metric in metrics(outcomes)],
        "questions": [_row(outcome) for outcome in outcomes],
    }


def _row(outcome: Outcome) -> dict[str, Any]:
    question, answer, rank = outcome.question, outcome.answer, outcome.rank
    known = rank is not None
    found = outcome.found
    return {
        "question": question.question,
        "kind": question.kind,
        "history": list(question.history),
        "talk": question.talk,
        "answerable": question.answerable,
        "right": float(bool(outcome.right)) if known else None,
        "first": float(rank == 1) if known else None,
        "first three": float(0 < rank <= 3) if rank is not None else None,
        "reciprocal rank": (1 / rank if rank else 0.0) if rank is not None else None,
        **(search_measures(found) if found is not None else dict.fromkeys(SEARCH_MEASURES)),
        "citation precision": outcome.precise,
        "citation recall": outcome.recalled,
        "abstained": float(outcome.abstained),
        "confidence": answer.confidence,
        "words": None if outcome.abstained else len(answer.answer.split()),
        "milliseconds": answer.elapsed_ms,
    }


def load_evaluation(path: Path) -> dict[str, Any]:
    """Read what `keynote-qa eval --save` has written.

    Raises:
        QuestionError: it is no such file.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
        rows = {_key(row): row for row in data["questions"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QuestionError(
            f"{path}: is not an evaluation ({error!r}). Make one with: keynote-qa eval --save FILE"
        ) from error
    return rows


def compare(first: dict[str, Any], second: dict[str, Any], *, seed: int = 0) -> list[Difference]:
    """The differences of what `load_evaluation` gave, over the questions that both asked.

    Raises:
        QuestionError: they share no question.
    """
    shared = sorted(first.keys() & second.keys())
    if not shared:
        raise QuestionError("The two evaluations share no question: nothing can be compared.")
    rng = np.random.default_rng(seed)
    found: list[Difference] = []
    for label, name, answerable in _MEASURES:
        keys = [
            key
            for key in shared
            if first[key].get(name) is not None
            and second[key].get(name) is not None
            and answerable in (None, first[key]["answerable"])
        ]
        if keys:
            found.append(_difference(label, name, keys, first, second, rng))
    return found


def _key(row: dict[str, Any]) -> str:
    return json.dumps([row["question"], row["history"], row["talk"]])


def _difference(
    label: str,
    name: str,
    keys: Sequence[str],
    first: dict[str, Any],
    second: dict[str, Any],
    rng: np.random.Generator,
) -> Difference:
    a, b = (np.array([rows[key][name] for key in keys], float) for rows in (first, second))
    means = rng.choice(b - a, (_RESAMPLES, len(a))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Difference(label, float(a.mean()), float(b.mean()), float(low), float(high), len(a))
