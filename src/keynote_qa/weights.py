"""The weights of the linear scores, as they were fitted: one file for each reader.

`python -m training.fit_reader` writes them, on talks that no reader was trained on; what a
score's features mean stands where they are computed (`ranking`, `reader`, `quoting`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keynote_qa.span_reader import DEFAULT_READER

FOLDER = Path(__file__).with_name("weights")


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights by the names of features.

    `slide` ranks slides before reading, `order` after it. The others are logistic regressions:
    `quote` of whether a passage is a right answer by itself, `on_topic` of whether the talk is
    about what is asked, `answers` of whether it then says it, `confidence` of whether what is
    quoted is a right answer. What is less `answerable` than `min_answerable`, the talk doesn't say.
    """

    slide: Mapping[str, float]
    order: Mapping[str, float]
    quote: Mapping[str, float]
    on_topic: Mapping[str, float]
    answers: Mapping[str, float]
    confidence: Mapping[str, float]
    min_answerable: float

    def answerable(self, features: Mapping[str, float]) -> float:
        """How likely the talk answers.

        Off-topic questions and near misses differ from others in opposite ways: the first are like
        nothing in the talk, the second more like it than most. One line parts neither; so two do,
        the second fitted on what the talk is about: the product is the chance that it is, and says
        it.
        """
        return probability(self.on_topic, features) * probability(self.answers, features)


def load_weights(reader: str) -> Weights:
    """The weights that were fitted for a reader; for one unknown, those of the one that ships."""
    path = FOLDER / f"{reader.replace('/', '--')}.json"
    if not path.is_file():
        path = FOLDER / f"{DEFAULT_READER}.json"
    return Weights(**json.loads(path.read_text("utf-8")))


def probability(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    """Logistic regression."""
    return logistic(weighted(weights, features))


def logistic(log_odds: float) -> float:
    """The probability that log odds mean."""
    return 1 / (1 + math.exp(-log_odds))


def weighted(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    """The sum of features by their weights; a feature without a weight counts nothing."""
    return sum(weight * features[name] for name, weight in weights.items())
