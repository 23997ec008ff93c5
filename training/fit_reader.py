"""Fit the linear weights around a reader, and write them where the package looks for them.

    python -m training.fit_reader [--reader NAME]

Slides are ranked by linear scores, before and after reading: those weights are fitted as a
conditional logit, so that the probability of the slides that hold the evidence is highest.
Which passage of a slide is a right answer by itself, and whether what is quoted is, are
logistic regressions. All have an L2 penalty.

All are fitted on the development talks: what embeds questions and what reads has not seen those,
and is not surer of them than of a talk that nobody has seen. The test talks are never read.
Cross-validation leaves out one talk at a time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keynote_qa import KeynoteQA, quoting
from keynote_qa import weights as stored
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.evaluate import MAX_LIST_WORDS, MAX_WORDS, calibration_error
from keynote_qa.question_set import NEAR_MISSES, Question, load_questions
from keynote_qa.quotable import Quotable
from keynote_qa.ranking import Asked as RankedAsked
from keynote_qa.reader import Reader
from keynote_qa.reading import MAX_EVIDENCE, ReadSlide, order_features, sureness_features
from keynote_qa.records import Passage
from keynote_qa.retrieve import retrieve
from keynote_qa.span_reader import DEFAULT_READER, NO_READER, open_span_reader
from keynote_qa.spans import SpanReader
from keynote_qa.text import fold
from keynote_qa.weights import Weights, probability, weighted
from training.fit_by_vector import small_talk
from training.regression import Marks, balanced, conditional_logit, logistic, table
from training.talks import overlaps

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
DEVELOPMENT = ("keynote-dev", "public-health", "bakery-coop", "payments-api", "museum-opening",
               "coffee-supply", "bee-health", "talk-observatory")  # fmt: skip
MORE = Path(__file__).resolve().parent / "development"
PENALTY = 0.1
SURENESS_PENALTY = 1.0


@dataclass
class Asked:
    """What fitting needs of one question."""

    talk: str
    question: Question
    slides: list[dict[str, float]]
    holds: Marks
    read: list[ReadSlide] = field(default_factory=list)
    quotable: list[list[dict[str, float]]] = field(default_factory=list)
    candidates: list[Sequence[Quotable]] = field(default_factory=list)
    whole: list[Passage] = field(default_factory=list)
    asked: RankedAsked | None = None


def answers(question: Question, *quoted: Passage) -> bool:
    """Whether passages, quoted, are a right and short answer."""
    said = fold("\n".join(passage.text for passage in quoted))
    limit = MAX_LIST_WORDS if question.kind == "list" else MAX_WORDS
    complete = all(any(fold(text) in said for text in fact) for fact in question.facts)
    short = len(said.split()) <= limit
    return complete and short and any(overlaps(passage, question) for passage in quoted)


def collect(
    name: str, source: Path, questions: Sequence[Question], embedder: SentenceTransformerEmbedder,
    span_reader: SpanReader | None, weights: Weights, *, read: bool,
) -> list[Asked]:  # fmt: skip
    """Ask all questions of one talk and keep the features."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        qa = KeynoteQA.open(Path(folder) / "i", sources=[source], embedder=embedder,
                            reader=span_reader or NO_READER, suggest=False)  # fmt: skip
        reader = Reader(qa.index, span_reader, weights)
        passages = qa.index.passages
        for question in questions:
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
                asked.asked = ranked.asked
                for slide in asked.read:
                    candidates, features = reader.quotable(ranked, slide)
                    asked.quotable.append(features)
                    asked.candidates.append(candidates)
                    asked.whole.append(passages[slide.slide])
            found.append(asked)
    return found


def fit_slides(asked: Sequence[Asked]) -> dict[str, float]:
    """Weights of the first ranking."""
    names = list(asked[0].slides[0])
    cases = [(table(a.slides, names), a.holds) for a in asked if a.holds.any()]
    return dict(
        zip(names, conditional_logit(cases, len(names), PENALTY).round(3).tolist(), strict=True)
    )


def fit_order(asked: Sequence[Asked]) -> dict[str, float]:
    """Weights of the ranking after reading."""
    cases = []
    for a in asked:
        right = np.array([overlaps(slide, a.question) for slide in a.whole])
        if right.any() and not right.all():
            cases.append((table([order_features(s) for s in a.read], ORDER), right))
    return dict(
        zip(ORDER, conditional_logit(cases, len(ORDER), PENALTY).round(3).tolist(), strict=True)
    )


def fit_quote(asked: Sequence[Asked]) -> dict[str, float]:
    """Weights of whether a passage of a slide that holds the evidence is a right answer.

    A slide that was left unread where others were is only cited beside the answer: such are no
    example of where answers are.
    """
    rows: list[dict[str, float]] = []
    right: list[bool] = []
    reads = any(slide.spans for a in asked for slide in a.read)
    for a in asked:
        for slide, whole, some, features in zip(
            a.read, a.whole, a.candidates, a.quotable, strict=True
        ):
            left_out = reads and slide.spans is None
            if a.question.answerable and overlaps(whole, a.question) and not left_out:
                rows += features
                right += [answers(a.question, candidate.passage) for candidate in some]
    names = list(rows[0])
    return dict(
        zip(
            names,
            logistic(table(rows, names), np.array(right), PENALTY).round(3).tolist(),
            strict=True,
        )
    )


ORDER = ("rank", "answerable")
NEAR_MISS_SHARE = 1 / 6
"""Of the questions that are on the subject, the share that the talk does not answer. The sets hold
twice as many; confidence is about what visitors ask, and they ask to be answered."""

ON_TOPIC = ("bias", "rank", "cosine", "coverage", "unknown", "answerable_best", "stranger",
            "gibberish", "small_talk")  # fmt: skip
MIN_ANSWERED = 0.964
"""The share of the development questions with an answer that shall be answered."""


def outcome(a: Asked, weights: Weights) -> tuple[dict[str, float], bool, int, int]:
    """Sureness features, whether what is quoted is right, the evidence's rank, words."""
    scored = [(weighted(weights.order, order_features(s)), i) for i, s in enumerate(a.read)]
    scored.sort(key=lambda pair: -pair[0])
    assert a.asked is not None
    first = [i for _, i in scored[:MAX_EVIDENCE]]
    quoted = quoting.quotations(
        [score for score, _ in scored],
        [(a.candidates[i], a.quotable[i]) for i in first],
        weights.quote,
        asked=a.asked,
    )
    features = sureness_features(a.asked, [(score, a.read[i]) for score, i in scored], quoted)
    rank = next((n for n, i in enumerate(first, 1) if overlaps(a.whole[i], a.question)), 0)
    shown = [some.passage for some in (quoted.first[0], *(quoted.second or ())[:1])]
    words = sum(len(passage.text.split()) for passage in shown)
    return features, a.question.answerable and answers(a.question, *shown), rank, words


def fit_sureness(asked: Sequence[Asked], weights: Weights) -> Weights:
    """Weights of whether the talk answers, and of whether the first quotation is right."""
    some = [a for a in asked if a.read]
    outcomes = [outcome(a, weights) for a in some]
    names = tuple(outcomes[0][0])
    said = [n for n in names if n not in {"gibberish", "small_talk"}]  # near misses are neither
    known = np.array([a.question.answerable for a in some])
    near = np.array([a.question.kind in NEAR_MISSES for a in some])

    right = np.array([right for _, right, *_ in outcomes])
    # As many near misses as visitors ask, not as many as it takes to learn of them.
    share = near.sum() / (near | known).sum()
    rare = np.where(near, NEAR_MISS_SHARE / share, (1 - NEAR_MISS_SHARE) / (1 - share))

    def fitted(
        right: Marks, use: Marks, names: Sequence[str], counts: NDArray[np.float64]
    ) -> dict[str, float]:
        matrix = table([f for (f, *_), ok in zip(outcomes, use, strict=True) if ok], names)
        # Standardised, so that the penalty means the same to each.
        scale = np.where(matrix.std(axis=0) > 0, matrix.std(axis=0), 1.0)
        found = logistic(matrix / scale, right[use], SURENESS_PENALTY, counts=counts) / scale
        return dict(zip(names, found.round(4).tolist(), strict=True))

    weights = replace(
        weights,
        on_topic=fitted(known, ~near, ON_TOPIC, balanced(known[~near])),
        answers=fitted(known, known | near, said, balanced(known[known | near])),
    )
    # How sure an answer is matters where one is given.
    likely = np.array([weights.answerable(features) for features, *_ in outcomes])
    given = likely >= np.quantile(likely[known], 1 - MIN_ANSWERED)
    return replace(weights, confidence=fitted(right, given, names, rare[given]))


def fit(asked: Sequence[Asked], slide: Mapping[str, float]) -> Weights:
    """All weights from development questions."""
    weights = Weights(slide, fit_order(asked), fit_quote(asked), {}, {}, {}, 0.5)
    return fit_sureness(asked, weights)


@dataclass
class Judged:
    """What the weights make of one question."""

    question: Question
    answerable: float
    confidence: float
    right: bool
    rank: int
    words: int


def judged(asked: Sequence[Asked], weights: Weights) -> list[Judged]:
    """Of each question what was said of it, with weights that were not fitted on it."""
    found = []
    for a in asked:
        features, right, rank, words = outcome(a, weights)
        sure = probability(weights.confidence, features)
        found.append(Judged(a.question, weights.answerable(features), sure, right, rank, words))
    return found


def report(rows: Sequence[Judged]) -> float:
    """Print what the weights do to questions they were not fitted on; the best threshold."""
    known = [r for r in rows if r.question.answerable]
    near = [r for r in rows if r.question.kind in NEAR_MISSES]
    off = [r for r in rows if not r.question.answerable and r.question.kind not in NEAR_MISSES]
    print(f"{len(known)} answerable, {len(near)} near misses, {len(off)} off-topic")
    print(
        f"first {np.mean([r.rank == 1 for r in known]):.3f}  "
        f"first three {np.mean([r.rank > 0 for r in known]):.3f}  "
        f"right {np.mean([r.right for r in known]):.3f}  "
        f"words {np.mean([r.words for r in known]):.1f}"
    )
    for kind in sorted({r.question.kind for r in known}):
        some = [r for r in known if r.question.kind == kind]
        first, right = (np.mean([r.rank == 1 for r in some]), np.mean([r.right for r in some]))
        print(f"    {kind:12} {len(some):4}  first {first:.2f}  right {right:.2f}")
    for limit in np.arange(0.1, 0.6, 0.05):
        answered, refused, away = (
            float(np.mean([r.answerable >= limit for r in known])),
            float(np.mean([r.answerable < limit for r in near])),
            float(np.mean([r.answerable < limit for r in off])),
        )
        print(f"    at {limit:.2f}: answered {answered:.3f}, near {refused:.3f}, off {away:.3f}")
    chosen = float(np.quantile([r.answerable for r in known], 1 - MIN_ANSWERED))
    given = [r for r in rows if r.answerable >= chosen]
    error = calibration_error(
        np.array([r.confidence for r in given]), np.array([r.right for r in given])
    )
    print(f"calibration error {error:.3f}, threshold {chosen:.2f}")
    return chosen


def with_small_talk(asked_of: Mapping[str, Sequence[Question]]) -> dict[str, list[Question]]:
    """The questions of each talk, and what visitors may say there, each line in one talk."""
    found = {name: list(questions) for name, questions in asked_of.items()}
    talks = cycle(found.values())
    for line in small_talk("development"):
        next(talks).append(Question(line, "off-topic", (), ()))
    return found


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
    for path in sorted(MORE.glob("questions/*.jsonl")):
        sources[path.stem], files[path.stem] = MORE / "talks" / f"{path.stem}.txt", path
    asked_of = with_small_talk({name: load_questions(path) for name, path in files.items()})
    slide = start.slide
    if not args.keep_ranking:
        seen = [
            asked
            for name, source in sources.items()
            for asked in collect(name, source, asked_of[name], embedder, None, start, read=False)
        ]
        slide = fit_slides(seen)
        print(slide)
    first = replace(start, slide=slide)
    asked: list[Asked] = []
    for name, source in sources.items():
        asked += collect(name, source, asked_of[name], embedder, span_reader, first, read=True)
    rows: list[Judged] = []
    for name in sources:
        fitted = fit([a for a in asked if a.talk != name], slide)
        rows += judged([a for a in asked if a.talk == name and a.read], fitted)
    limit = report(rows)
    weights = replace(fit(asked, slide), min_answerable=round(limit, 3))
    path = stored.FOLDER / f"{args.reader.replace('/', '--')}.json"
    path.write_text(json.dumps(asdict(weights), indent=2) + "\n", "utf-8")
    print(path, json.dumps(asdict(weights)))


if __name__ == "__main__":
    main()
