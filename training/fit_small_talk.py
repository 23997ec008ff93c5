"""Fit what tells small talk from questions, and write it into the package.

    python -m training.fit_small_talk

`small_talk/one.txt` and `two.txt` hold what visitors say to a screen that no talk answers, a
category and a line each; the questions about the training talks are the others. How well they are
told apart is printed for `small_talk/development.txt` and the development talks' questions.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.question_set import NEAR_MISSES, load_questions
from keynote_qa.small_talk import WEIGHTS
from training.regression import logistic
from training.train_reader import auroc

HERE = Path(__file__).resolve().parent
QUESTIONS = 6000
PENALTY = 1.0
SEED = 0


def small_talk(name: str) -> list[str]:
    """The lines of a file of small talk, without their categories."""
    rows = (HERE / "small_talk" / f"{name}.txt").read_text("utf-8").splitlines()
    return [row.partition("\t")[2] for row in rows]


def questions(folder: Path) -> list[str]:
    """Questions on the subject of talks, those left out that need an earlier one."""
    found = [q for path in sorted(folder.glob("*.jsonl")) for q in load_questions(path)]
    return [q.question for q in found if not q.history and (q.answerable or q.kind in NEAR_MISSES)]


def embedded(embedder: SentenceTransformerEmbedder, texts: Sequence[str]) -> NDArray[np.float64]:
    """The vectors of texts `(n, dim)`, with a one before each."""
    vectors = np.vstack(
        [embedder.encode_query(texts[i : i + 16]) for i in range(0, len(texts), 16)]
    )
    return np.hstack([np.ones((len(texts), 1)), vectors])


def main() -> None:
    """Fit, print how well it tells the development lines, write."""
    embedder = SentenceTransformerEmbedder()
    asked = random.Random(SEED).sample(questions(HERE / "questions"), QUESTIONS)
    said = small_talk("one") + small_talk("two")
    labels = np.arange(len(asked) + len(said)) >= len(asked)
    fitted = logistic(embedded(embedder, [*asked, *said]), labels, PENALTY).round(2)

    def chances(texts: Sequence[str]) -> NDArray[np.float64]:
        return 1 / (1 + np.exp(-embedded(embedder, texts) @ fitted))

    of_talk = chances(questions(HERE / "development" / "questions"))
    small = chances(small_talk("development"))
    both = np.concatenate([small, of_talk])
    apart = auroc(both, np.arange(len(both)) < len(small))
    print(f"AUROC {apart:.3f} ({len(small)} lines, {len(of_talk)} questions)")
    for limit in (0.3, 0.5, 0.7):
        print(f"above {limit}: {np.mean(small > limit):.2f} and {np.mean(of_talk > limit):.4f}")
    weights = {"bias": float(fitted[0]), "weights": fitted[1:].tolist()}
    WEIGHTS.write_text(json.dumps(weights) + "\n", "utf-8")


if __name__ == "__main__":
    main()
