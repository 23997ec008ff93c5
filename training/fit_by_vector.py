"""Fit what the vector of a question tells about it, and write it into the package.

    python -m training.fit_by_vector

Of small talk: `small_talk/one.txt` and `two.txt` hold what visitors say to a screen that no talk
answers, a category and a line each; the questions about the training talks are the others. Of
lists: the answerable questions about the training talks, by their kind. Of what is not said: as
many near misses, and those answerable questions. How well they are told apart is printed for
`small_talk/development.txt` and the development talks' questions.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keynote_qa.by_vector import WEIGHTS
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.question import Wants, wants
from keynote_qa.question_set import NEAR_MISSES, Question, load_questions
from training.regression import logistic
from training.train_reader import auroc

HERE = Path(__file__).resolve().parent
QUESTIONS, ANSWERABLE = 6000, 24000
PENALTIES = {"small talk": 0.3, "list": 1.0, "unsaid": 1.0}
"""Of small talk 0.3 told the development talks' questions with an AUROC of 0.969, 1.0 of 0.965; of
lists both with 0.946; of what is not said 1.0 alone was tried."""

SEED = 0

Table = NDArray[np.float64]


def small_talk(name: str) -> list[str]:
    """The lines of a file of small talk, without their categories."""
    rows = (HERE / "small_talk" / f"{name}.txt").read_text("utf-8").splitlines()
    return [row.partition("\t")[2] for row in rows]


def questions(folder: Path) -> list[Question]:
    """Questions on the subject of talks, those left out that need an earlier one."""
    found = [q for path in sorted(folder.glob("*.jsonl")) for q in load_questions(path)]
    return [q for q in found if not q.history and (q.answerable or q.kind in NEAR_MISSES)]


def embedded(embedder: SentenceTransformerEmbedder, texts: Sequence[str]) -> Table:
    """The vectors of texts `(n, dim)`, with a one before each, and whether its words ask for a list
    behind it."""
    vectors = np.vstack(
        [embedder.encode_query(texts[i : i + 64]) for i in range(0, len(texts), 64)]
    )
    words = [[float(wants(text) is Wants.LIST)] for text in texts]
    return np.hstack([np.ones((len(texts), 1)), vectors, words])


def told(
    name: str, learnt: tuple[Table, NDArray[np.bool_]], unseen: tuple[Table, NDArray[np.bool_]]
) -> dict[str, object]:
    """Fit on what is learnt, print how well it tells what is unseen, and give the weights."""
    fitted = logistic(*learnt, PENALTIES[name]).round(2)
    values, right = unseen
    chances = 1 / (1 + np.exp(-values @ fitted))
    print(f"{name}: AUROC {auroc(chances, right):.3f} ({right.sum()} and {(~right).sum()})")
    for limit in (0.3, 0.5, 0.7, 0.85):
        above = chances > limit
        print(f"above {limit}: {above[right].mean():.2f} and {above[~right].mean():.4f}")
    bias, *weights, words = fitted.tolist()
    return {"bias": bias, "weights": weights, "words": words}


def main() -> None:
    """Fit all three, print how well they tell, write."""
    embedder = SentenceTransformerEmbedder()
    rng = random.Random(SEED)
    of_talks = questions(HERE / "questions")
    unseen = questions(HERE / "development" / "questions")
    vectors = embedded(embedder, [q.question for q in unseen])

    asked = rng.sample([q.question for q in of_talks], QUESTIONS)
    said, others = small_talk("one") + small_talk("two"), small_talk("development")
    learnt, new = embedded(embedder, [*asked, *said]), embedded(embedder, others)
    for table in (learnt, new):
        table[:, -1] = 0  # whether a list is asked for says nothing of small talk
    plain = np.hstack([vectors[:, :-1], np.zeros((len(vectors), 1))])
    both = np.vstack([new, plain])
    weights = {
        "small_talk": told(
            "small talk",
            (learnt, np.arange(len(learnt)) >= len(asked)),
            (both, np.arange(len(both)) < len(new)),
        )
    }
    answerable = rng.sample([q for q in of_talks if q.answerable], ANSWERABLE)
    known = np.array([q.answerable for q in unseen])
    said_of_talks = embedded(embedder, [q.question for q in answerable])
    weights["list"] = told(
        "list",
        (said_of_talks, np.array([q.kind == "list" for q in answerable])),
        (vectors[known], np.array([q.kind == "list" for q in unseen])[known]),
    )
    absent = rng.sample([q.question for q in of_talks if not q.answerable], ANSWERABLE)
    both = np.vstack([embedded(embedder, absent), said_of_talks])
    both[:, -1] = 0
    weights["unsaid"] = told("unsaid", (both, np.arange(len(both)) < len(absent)), (plain, ~known))
    WEIGHTS.write_text(json.dumps(weights) + "\n", "utf-8")


if __name__ == "__main__":
    main()
