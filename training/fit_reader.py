"""Fit the reader's weights on the development questions and print them.

    python -m training.fit_reader

Slides and quotations are ranked by linear scores, so their weights are fitted as those of a
conditional logit: the probability that the evidence is among the candidates chosen, with an L2
penalty. Confidence is a logistic regression of "the first citation holds the evidence" on the
first slide's score and the share of unknown words, the unanswerable questions counting as wrong.

Only the questions on `DEVELOPMENT` are read. Cross-validation by question is printed with the
weights, so that a feature which only fits what it has seen is noticed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from keynote_qa import KeynoteQA, reader
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.evaluate import MAX_LIST_WORDS, MAX_WORDS, Question, load_questions
from keynote_qa.records import Passage
from keynote_qa.retrieve import retrieve
from keynote_qa.text import fold

ROOT = Path(__file__).resolve().parent.parent
DEVELOPMENT = {
    "keynote-dev": ROOT / "seeds",
    "public-health": ROOT / "tests" / "talks" / "public-health.txt",
    "bakery-coop": ROOT / "tests" / "talks" / "bakery-coop.txt",
}
PENALTY = 0.1
FOLDS = 8

Case = tuple[NDArray[np.float64], NDArray[np.bool_]]  # features (candidates, n), which are right


def holds(passage: Passage, question: Question) -> bool:
    """Whether a passage overlaps the evidence."""
    return any(
        first <= passage.end_line and last >= passage.start_line
        for first, last in question.evidence
    )


def answers(passage: Passage, question: Question) -> bool:
    """Whether a passage, quoted, is a right and short answer."""
    said = fold(passage.text)
    limit = MAX_LIST_WORDS if question.kind == "list" else MAX_WORDS
    complete = all(any(fold(text) in said for text in fact) for fact in question.facts)
    return complete and len(said.split()) <= limit and holds(passage, question)


def table(features: list[dict[str, float]], names: Iterable[str]) -> NDArray[np.float64]:
    """Features by name to a matrix `(candidates, names)`."""
    return np.array([[values[name] for name in names] for values in features])


def shortest(passages: list[Passage], question: Question) -> NDArray[np.bool_]:
    """Which passages are right answers and hardly longer than the shortest right one."""
    words = np.array([len(p.text.split()) for p in passages])
    right = np.array([answers(p, question) for p in passages])
    if not right.any():
        return right
    return right & (words <= 2 * words[right].min() + 6)


def fit(cases: list[Case], features: int) -> NDArray[np.float64]:
    """The weights that make the right candidates likeliest."""

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = PENALTY / 2 * float(weights @ weights), PENALTY * weights
        for matrix, right in cases:
            scores = matrix @ weights
            odds = np.exp(scores - scores.max())
            chosen = odds * right
            value -= float(np.log(chosen.sum() / odds.sum()))
            slope = slope - matrix.T @ (chosen / chosen.sum() - odds / odds.sum())
        return value, slope

    return np.asarray(minimize(loss, np.zeros(features), jac=True, method="L-BFGS-B").x)


def accuracy(cases: list[Case], weights: NDArray[np.float64]) -> float:
    """The share of cases whose first candidate is right."""
    return float(np.mean([right[np.argmax(matrix @ weights)] for matrix, right in cases]))


def cross_validated(cases: list[Case], features: int) -> float:
    """`accuracy` on questions left out of the fit."""
    order = np.random.default_rng(0).permutation(len(cases))
    scores = []
    for fold_number in range(FOLDS):
        held_out = {int(i) for i in order[fold_number::FOLDS]}
        weights = fit([c for i, c in enumerate(cases) if i not in held_out], features)
        scores += [accuracy([cases[i]], weights) for i in held_out]
    return float(np.mean(scores))


def main() -> None:
    """Print the weights, in the form in which `reader.py` holds them."""
    embedder = SentenceTransformerEmbedder()
    slides: list[Case] = []
    quotes: list[Case] = []
    contexts = []
    with tempfile.TemporaryDirectory() as folder:
        for name, source in DEVELOPMENT.items():
            qa = KeynoteQA.open(Path(folder) / name, sources=[source], embedder=embedder)
            passages = qa.index.passages
            for question in load_questions(ROOT / "tests" / "questions" / f"{name}.jsonl"):
                query = qa.understand(question.question, question.history)
                hits = retrieve(qa.index, query)
                read = qa.reader
                asked, candidates, cosines = read.candidates(query, hits)
                by_slide = [read.slide_features(asked, row, cosines) for row in candidates]
                matrix = table(by_slide, reader.SLIDE_WEIGHTS)
                right = np.array([holds(passages[row], question) for row in candidates])
                contexts.append((question, asked, matrix, right))
                if not right.any():
                    continue
                slides.append((matrix, right))
                for row in [row for row, ok in zip(candidates, right, strict=True) if ok][:1]:
                    members = read.members(row)
                    by_quote = [read.quote_features(asked, m, cosines) for m in members]
                    good = shortest([passages[m] for m in members], question)
                    if good.any():
                        quotes.append((table(by_quote, reader.QUOTE_WEIGHTS), good))
    for title, names, cases in (
        ("SLIDE_WEIGHTS", reader.SLIDE_WEIGHTS, slides),
        ("QUOTE_WEIGHTS", reader.QUOTE_WEIGHTS, quotes),
    ):
        weights = fit(cases, len(names))
        print(f"{title}: {len(cases)} questions, {accuracy(cases, weights):.3f} right, ", end="")
        print(f"{cross_validated(cases, len(names)):.3f} cross-validated")
        for name, weight in zip(names, weights, strict=True):
            print(f'    "{name}": {weight:.2f},')
        if title == "SLIDE_WEIGHTS":
            chosen = weights
    _confidence(contexts, chosen)


def _confidence(
    contexts: list[tuple[Question, reader.Asked, NDArray[np.float64], NDArray[np.bool_]]],
    weights: NDArray[np.float64],
) -> None:
    rows, right, off = [], [], []
    for question, asked, matrix, good in contexts:
        off.append(question.kind == "offtopic")
        scores = matrix @ weights
        rows.append([1.0, scores.max(), asked.unknown()])
        right.append(bool(good[np.argmax(scores)]))
    features, labels = np.array(rows), np.array(right)

    def loss(w: NDArray[np.float64]) -> float:
        z = features @ w
        return float(np.logaddexp(0, np.where(labels, -z, z)).sum() + 0.01 * w[1:] @ w[1:])

    fitted = minimize(loss, np.zeros(features.shape[1])).x
    probability = 1 / (1 + np.exp(-features @ fitted))
    print(f"CONFIDENCE_WEIGHTS: {len(labels)} questions, {labels.mean():.3f} right")
    for name, weight in zip(reader.CONFIDENCE_WEIGHTS, fitted, strict=True):
        print(f'    "{name}": {weight:.2f},')
    off_topic = np.array(off)
    for limit in np.arange(0.1, 0.4, 0.02):
        kept = (probability >= limit)[labels].mean()
        refused = (probability < limit)[off_topic].mean()
        print(
            f"    at {limit:.2f}: {kept:.3f} of the right kept, {refused:.3f} of off-topic refused"
        )


if __name__ == "__main__":
    main()
