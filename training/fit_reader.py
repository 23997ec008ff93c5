"""Fit the linear weights around a reader, and write them where the package looks for them.

    python -m training.fit_reader [--reader NAME]

Slides are ranked by linear scores, before and after reading: those weights are fitted as a
conditional logit, so that the probability of the slides that hold the evidence is highest.
Which passage of a slide is a right answer by itself, and whether the first quotation is, are
logistic regressions. All have an L2 penalty.

The first ranking is fitted on the training talks and the development talks; the rest, which
depends on what the reader says, on the development talks alone: the reader has not seen those.
The test talks are never read. Cross-validation leaves out one talk at a time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from keynote_qa import KeynoteQA, quoting
from keynote_qa import weights as stored
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.evaluate import MAX_LIST_WORDS, MAX_WORDS, Question, load_questions
from keynote_qa.reader import Reader, ReadSlide, confidence_features, order_features
from keynote_qa.records import Passage
from keynote_qa.retrieve import retrieve
from keynote_qa.span_reader import DEFAULT_READER, NO_READER, SpanReader, open_span_reader
from keynote_qa.text import fold
from keynote_qa.weights import Weights, weighted
from training.talks import overlaps

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
DEVELOPMENT = ("keynote-dev", "public-health", "bakery-coop", "payments-api", "museum-opening",
               "coffee-supply", "bee-health", "talk-observatory")  # fmt: skip
PENALTY = 0.1
NEAR_MISSES = ("near-miss", "false-premise")

Table = NDArray[np.float64]  # (candidates, features)
Marks = NDArray[np.bool_]  # (candidates,) which are right
Case = tuple[Table, Marks]


@dataclass
class Asked:
    """What fitting needs of one question."""

    talk: str
    question: Question
    slides: list[dict[str, float]]
    holds: Marks
    read: list[ReadSlide] = field(default_factory=list)
    quotable: list[list[dict[str, float]]] = field(default_factory=list)
    passages: list[list[Passage]] = field(default_factory=list)
    unknown: float = 0.0


def answers(passage: Passage, question: Question) -> bool:
    """Whether a passage, quoted, is a right and short answer."""
    said = fold(passage.text)
    limit = MAX_LIST_WORDS if question.kind == "list" else MAX_WORDS
    complete = all(any(fold(text) in said for text in fact) for fact in question.facts)
    return complete and len(said.split()) <= limit and overlaps(passage, question)


def table(features: Sequence[Mapping[str, float]], names: Sequence[str]) -> Table:
    """Features by name to a matrix `(candidates, names)`."""
    return np.array([[values[name] for name in names] for values in features], float)


def conditional_logit(cases: Sequence[Case], features: int) -> NDArray[np.float64]:
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


def logistic(matrix: Table, right: Marks, penalty: float = PENALTY) -> NDArray[np.float64]:
    """Logistic regression; the first feature is the constant, which is not penalised."""

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = matrix @ w
        held = np.r_[0.0, w[1:]]
        value = np.logaddexp(0, np.where(right, -z, z)).sum() + penalty / 2 * held @ held
        return float(value), matrix.T @ (1 / (1 + np.exp(-z)) - right) + penalty * held

    start = np.zeros(matrix.shape[1])
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)


def collect(
    name: str, source: Path, questions: Path, embedder: SentenceTransformerEmbedder,
    span_reader: SpanReader | None, weights: Weights, *, read: bool,
) -> list[Asked]:  # fmt: skip
    """Ask all questions of one talk and keep the features."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        qa = KeynoteQA.open(Path(folder) / "i", sources=[source], embedder=embedder,
                            reader=span_reader or NO_READER)  # fmt: skip
        reader = Reader(qa.index, span_reader, weights)
        passages = qa.index.passages
        for question in load_questions(questions):
            query = qa.understand(question.question, question.history)
            ranked = reader.rank(query, retrieve(qa.index, query))
            asked = Asked(
                name,
                question,
                [reader.slide_features(ranked, slide) for _, slide in ranked.slides],
                np.array([overlaps(passages[slide], question) for _, slide in ranked.slides]),
            )
            if read:
                asked.read = reader.slides(query, ranked)
                asked.unknown = ranked.asked.unknown()
                for slide in asked.read:
                    rows, features = reader.quotable(ranked, slide)
                    asked.quotable.append(features)
                    asked.passages.append([passages[row] for row in rows])
            found.append(asked)
    return found


def fit_slides(asked: Sequence[Asked]) -> dict[str, float]:
    """Weights of the first ranking."""
    names = list(asked[0].slides[0])
    cases = [(table(a.slides, names), a.holds) for a in asked if a.holds.any()]
    return dict(zip(names, conditional_logit(cases, len(names)).round(3).tolist(), strict=True))


def fit_order(asked: Sequence[Asked]) -> dict[str, float]:
    """Weights of the ranking after reading."""
    cases = []
    for a in asked:
        right = np.array([any(overlaps(p, a.question) for p in some[:1]) for some in a.passages])
        if right.any() and not right.all():
            cases.append((table([order_features(s) for s in a.read], ORDER), right))
    return dict(zip(ORDER, conditional_logit(cases, len(ORDER)).round(3).tolist(), strict=True))


def fit_quote(asked: Sequence[Asked]) -> dict[str, float]:
    """Weights of whether a passage of a slide that holds the evidence is a right answer."""
    rows: list[dict[str, float]] = []
    right: list[bool] = []
    for a in asked:
        for some, features in zip(a.passages, a.quotable, strict=True):
            if a.question.answerable and overlaps(some[0], a.question):
                rows += features
                right += [answers(p, a.question) for p in some]
    names = list(rows[0])
    return dict(
        zip(names, logistic(table(rows, names), np.array(right)).round(3).tolist(), strict=True)
    )


ORDER = ("rank", "answerable")


def outcome(a: Asked, weights: Weights) -> tuple[dict[str, float], bool, int]:
    """Confidence features, whether the first quotation is right, and the rank of the evidence."""
    scored = [(weighted(weights.order, order_features(s)), i) for i, s in enumerate(a.read)]
    scored.sort(key=lambda pair: -pair[0])
    chances, quotes = [], []
    for _, i in scored[:3]:
        some = a.passages[i]
        row, chance = quoting.choose(some, range(len(some)), a.quotable[i], weights.quote)
        chances.append(chance)
        quotes.append(some[row])
    ordered = [(score, a.read[i]) for score, i in scored]
    features = confidence_features(a.unknown, ordered, chances)
    rank = next((n for n, p in enumerate(quotes, 1) if overlaps(p, a.question)), 0)
    return features, a.question.answerable and answers(quotes[0], a.question), rank


def fit_confidence(asked: Sequence[Asked], weights: Weights) -> dict[str, float]:
    """Weights of whether the first quotation is a right answer."""
    outcomes = [outcome(a, weights) for a in asked if a.read]
    names = list(outcomes[0][0])
    matrix = table([features for features, _, _ in outcomes], names)
    right = np.array([ok for _, ok, _ in outcomes])
    return dict(zip(names, logistic(matrix, right, 1.0).round(3).tolist(), strict=True))


def fit(asked: Sequence[Asked], slide: Mapping[str, float]) -> Weights:
    """All weights from development questions."""
    weights = Weights(slide, fit_order(asked), fit_quote(asked), {}, 0.5)
    return replace(weights, confidence=fit_confidence(asked, weights))


def probabilities(asked: Sequence[Asked], weights: Weights) -> list[tuple[Asked, float, bool, int]]:
    """Of each question: confidence, whether the first quotation is right, the evidence's rank."""
    found = []
    for a in asked:
        if not a.read:
            found.append((a, 0.0, False, 0))
            continue
        features, right, rank = outcome(a, weights)
        sure = 1 / (1 + np.exp(-weighted(weights.confidence, features)))
        found.append((a, float(sure), right, rank))
    return found


def report(rows: Sequence[tuple[Asked, float, bool, int]]) -> float:
    """Print what the weights do to questions they were not fitted on; the best threshold."""
    known = [r for r in rows if r[0].question.answerable]
    near = np.array([p for a, p, _, _ in rows if a.question.kind in NEAR_MISSES])
    absent = [r for r in rows if not r[0].question.answerable]
    off = np.array([p for a, p, _, _ in absent if a.question.kind not in NEAR_MISSES])
    sure = np.array([p for _, p, _, _ in known])
    print(f"{len(known)} answerable, {len(near)} near misses, {len(off)} off-topic")
    print(f"first {np.mean([r == 1 for *_, r in known]):.3f}  "
          f"first three {np.mean([r > 0 for *_, r in known]):.3f}  "
          f"right {np.mean([ok for *_, ok, _ in known]):.3f}")  # fmt: skip
    for kind in sorted({a.question.kind for a, *_ in known}):
        of_kind = [r for r in known if r[0].question.kind == kind]
        print(f"    {kind:12} {len(of_kind):4}  first {np.mean([r[3] == 1 for r in of_kind]):.2f}"
              f"  right {np.mean([r[2] for r in of_kind]):.2f}")  # fmt: skip
    best, chosen = -1.0, 0.5
    for limit in np.arange(0.04, 0.7, 0.02):
        answered, refused, away = (
            (sure >= limit).mean(),
            (near < limit).mean(),
            (off < limit).mean(),
        )
        print(f"    at {limit:.2f}: answered {answered:.3f}, near misses {refused:.3f}, "
              f"off-topic {away:.3f}")  # fmt: skip
        # Answering what can be answered comes first: a false refusal costs as much as two guesses.
        if answered * 2 + refused > best:
            best, chosen = answered * 2 + refused, float(limit)
    chances = np.array([p for _, p, _, _ in rows])
    right = np.array([ok for _, _, ok, _ in rows])
    print(f"calibration error {calibration_error(chances, right):.3f}, threshold {chosen:.2f}")
    return chosen


def calibration_error(chances: NDArray[np.float64], right: Marks, bins: int = 10) -> float:
    """Expected calibration error (Guo et al., 2017) in bins of equal width."""
    which = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = [abs(chances[which == b].mean() - right[which == b].mean()) * (which == b).mean()
            for b in range(bins) if (which == b).any()]  # fmt: skip
    return float(sum(gaps))


def main() -> None:
    """Fit, report by cross-validation over talks, and write the weights."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--reader", default=DEFAULT_READER)
    parser.add_argument("--keep-ranking", action="store_true", help="fit only what is read")
    args = parser.parse_args()
    embedder = SentenceTransformerEmbedder()
    span_reader = open_span_reader(args.reader)
    start = stored.load_weights(args.reader)
    sources = {n: TESTS / "talks" / f"{n}.txt" for n in DEVELOPMENT}
    sources["keynote-dev"] = ROOT / "seeds"
    files = {n: TESTS / "questions" / f"{n}.jsonl" for n in DEVELOPMENT}
    slide = start.slide
    if not args.keep_ranking:
        seen: list[Asked] = []
        for path in sorted((ROOT / "training" / "questions").glob("*.jsonl")):
            source = ROOT / "training" / "talks" / f"{path.stem}.txt"
            seen += collect(path.stem, source, path, embedder, None, start, read=False)
        for name in DEVELOPMENT:
            seen += collect(name, sources[name], files[name], embedder, None, start, read=False)
        slide = fit_slides(seen)
        print(slide)
    first = replace(start, slide=slide)
    asked: list[Asked] = []
    for name in DEVELOPMENT:
        asked += collect(name, sources[name], files[name], embedder, span_reader, first, read=True)
    rows = []
    for name in DEVELOPMENT:
        fitted = fit([a for a in asked if a.talk != name], slide)
        rows += probabilities([a for a in asked if a.talk == name], fitted)
    limit = report(rows)
    weights = replace(fit(asked, slide), min_confidence=round(limit, 2))
    path = stored.FOLDER / f"{args.reader}.json"
    path.write_text(json.dumps(asdict(weights), indent=2) + "\n", "utf-8")
    print(path, json.dumps(asdict(weights)))


if __name__ == "__main__":
    main()
