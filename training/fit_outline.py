"""Fit the weights of `titles` on decks divided by hand, and write them into the package.

    python -m training.fit_outline

`training/outlines/NAME.jsonl` has one object for each slide of a talk, in order: `line`, where it
begins; `title` and `title_line` (0 without a title); `path`, the way down to it. Each of the
three questions (does a block start a slide, is it a title, does it open a part) is a logistic
regression. Cross-validation leaves whole decks out; its F1 is printed, and its best threshold
is the one that is kept. `training/outlines_unseen/` has decks for reporting alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from keynote_qa.records import Talk
from keynote_qa.signals import Features, signals
from keynote_qa.sources import load_talk
from keynote_qa.text import fold
from keynote_qa.titles import (
    WEIGHTS,
    OutlineWeights,
    pooled,
    probability,
    slide_starts,
    with_sizes,
)
from training.regression import Marks, logistic, table

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT / "training" / "talks", ROOT / "tests" / "talks", ROOT / "seeds")
PENALTY = 10.0
FOLDS = 6
SHIPPED, SHIPPED_WEIGHT = "reinvent-2016-werner-vogels", 4
"""The talk that ships is unlike the others (a wide gap between any two boxes) and counts more."""

QUESTIONS = ("start", "title", "opens")


def marks(talk: Talk, rows: list[dict[str, Any]]) -> dict[str, Marks]:
    """Which blocks of a talk start slides, are titles, open parts."""
    openers = set()
    for row, following in pairwise(rows):
        if row["title"] and fold(row["title"]) in [fold(p) for p in following["path"]]:
            openers.add(row["title_line"])
    lines = {
        "start": {row["line"] for row in rows},
        "title": {row["title_line"] for row in rows if row["title_line"]},
        "opens": openers,
    }
    return {
        name: np.array(
            [any(n in where for n in range(b.start_line, b.end_line + 1)) for b in talk.blocks]
        )
        for name, where in lines.items()
    }


def load(name: str, rows: list[dict[str, Any]]) -> tuple[Talk, list[Features], dict[str, Marks]]:
    """One talk with the features and the marks of its blocks."""
    path = next(f / f"{name}.txt" for f in FOLDERS if (f / f"{name}.txt").exists())
    talk = load_talk(path)
    names = frozenset(fold(n) for n in (talk.title, talk.event) if n)
    return talk, [{"bias": 1.0} | f for f in signals(talk, names)], marks(talk, rows)


def load_all(folder: Path) -> dict[str, tuple[Talk, list[Features], dict[str, Marks]]]:
    """The talks that a folder divides, by their names."""
    return {
        path.stem: load(
            path.stem, [json.loads(row) for row in path.read_text("utf-8").splitlines()]
        )
        for path in sorted(folder.glob("*.jsonl"))
    }


def best_threshold(scores: np.ndarray, right: Marks) -> tuple[float, float]:
    """The highest F1 and the probability from which on to say yes for it."""
    found = []
    for limit in np.arange(0.1, 0.8, 0.02):
        found.append((f1_score(scores >= limit, right), float(limit)))
    return max(found)


def f1_score(said: Marks, right: Marks) -> float:
    """F1 of what is said to be so against what is."""
    return float(2 * (said & right).sum() / max(1, said.sum() + right.sum()))


def cross_validated(
    question: str, deck: Mapping[str, tuple[list[Features], dict[str, Marks]]]
) -> dict[str, np.ndarray]:
    """The probabilities of every deck's blocks, from a fit that left the deck out."""
    names = list(next(iter(deck.values()))[0][0])
    tables = {talk: table(features, names) for talk, (features, _) in deck.items()}
    found = {}
    for fold_number in range(FOLDS):
        left_out = list(deck)[fold_number::FOLDS]
        kept = [talk for talk in deck if talk not in left_out]
        weights = logistic(
            np.vstack([tables[talk] for talk in kept]),
            np.concatenate([deck[talk][1][question] for talk in kept]),
            PENALTY,
        )
        found |= {talk: 1 / (1 + np.exp(-tables[talk] @ weights)) for talk in left_out}
    return found


def fit(
    question: str, deck: Mapping[str, tuple[list[Features], dict[str, Marks]]]
) -> dict[str, float]:
    """The weights of one question, from all decks."""
    names = list(next(iter(deck.values()))[0][0])
    some = [*deck.values(), *[deck[SHIPPED]] * (SHIPPED_WEIGHT - 1)]
    weights = logistic(
        np.vstack([table(features, names) for features, _ in some]),
        np.concatenate([found[question] for _, found in some]),
        PENALTY,
    )
    return dict(zip(names, weights.round(3).tolist(), strict=True))


def main() -> None:
    """Fit, print the scores of cross-validation, write."""
    talks, unseen = (load_all(ROOT / "training" / name) for name in ("outlines", "outlines_unseen"))
    deck = {name: (features, found) for name, (_, features, found) in talks.items()}
    limits: dict[str, float] = {}
    fitted: dict[str, dict[str, float]] = {}
    for question in QUESTIONS:
        if question == "opens":
            starts = probability_of_starts(talks, fitted["start"], limits["start"])
            deck = {n: (with_sizes(f, starts[n]), found) for n, (_, f, found) in talks.items()}
        scores = cross_validated(question, deck)
        if question == "start":
            scores = {name: pooled(talks[name][0].blocks, scores[name]) for name in talks}
        f1, limits[question] = best_threshold(
            np.concatenate([scores[talk] for talk in deck]),
            np.concatenate([found[question] for _, found in deck.values()]),
        )
        print(f"{question}: F1 {f1:.3f} at {limits[question]:.2f}")
        fitted[question] = fit(question, deck)
        if question != "opens":
            scores = np.concatenate(
                [probability(f, fitted[question]) for _, f, _ in unseen.values()]
            )
            right = np.concatenate([found[question] for _, _, found in unseen.values()])
            print(
                f"    on {len(unseen)} decks that are not fitted to: "
                f"F1 {f1_score(scores >= limits[question], right):.3f}"
            )
    result = OutlineWeights(
        fitted["start"], fitted["title"], fitted["opens"],
        *(round(limits[question], 2) for question in QUESTIONS),
    )  # fmt: skip
    WEIGHTS.write_text(json.dumps(asdict(result), indent=1) + "\n", "utf-8")


def probability_of_starts(
    talks: Mapping[str, tuple[Talk, list[Features], dict[str, Marks]]],
    weights: Mapping[str, float],
    limit: float,
) -> dict[str, list[int]]:
    """The blocks that the slides of each talk are said to begin with."""
    return {
        name: slide_starts(talk.blocks, pooled(talk.blocks, probability(features, weights)), limit)
        for name, (talk, features, _) in talks.items()
    }


if __name__ == "__main__":
    main()
