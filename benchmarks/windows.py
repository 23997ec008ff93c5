"""How far fixed windows get: what this project is measured against.

    python -m benchmarks.windows tests/questions/keynote-test.jsonl tests/questions/bee-health.jsonl

For each question set: BM25 over windows of 120 words; windows of 500 and of 1,000 characters, cut
between lines, cosines and BM25 fused by reciprocal rank, as in `keynote_qa.retrieve`; and the
assistant's first citation with the passage around it, or what it names as closest where it refuses.
A window is right if it holds a line of the evidence, and so is a passage. The last row says how
much more often the first citation is right than the first window of 120 words, with its 95%
bootstrap interval over the questions.

A set is about the talk of the same name in `../talks` beside it, or else about the keynote.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray

from benchmarks.bare import official
from keynote_qa import KeynoteQA
from keynote_qa.around import slides_around
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.locations import default_sources
from keynote_qa.question_set import Question, load_questions
from keynote_qa.records import Citation, Line, Talk
from keynote_qa.retrieve import reciprocal_rank_fusion
from keynote_qa.sources import find_sources, load_talk
from keynote_qa.text import tokenize

_NOWHERE = 10_000

Window = tuple[str, frozenset[int]]
"""A text, and the numbers of the lines that it holds something of."""


def by_characters(talk: Talk, size: int) -> list[Window]:
    """The talk's lines in runs of at most `size` characters."""
    runs: list[list[Line]] = [[]]
    for line in (line for line in talk.lines if line.text.strip()):
        if runs[-1] and sum(len(row.text) + 1 for row in runs[-1]) + len(line.text) > size:
            runs.append([])
        runs[-1].append(line)
    return [
        ("\n".join(line.text for line in run), frozenset(line.number for line in run))
        for run in runs
    ]


def by_words(talk: Talk, size: int) -> list[Window]:
    """The talk's words in runs of `size`."""
    words = [(word, line.number) for line in talk.lines for word in line.text.split()]
    runs = [words[start : start + size] for start in range(0, len(words), size)]
    return [(" ".join(word for word, _ in run), frozenset(n for _, n in run)) for run in runs]


def lexical(windows: Sequence[Window], questions: Sequence[Question]) -> list[list[int]]:
    """The windows for each question by BM25, best first."""
    index = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    index.index([tokenize(text) for text, _ in windows], show_progress=False)
    orders = []
    for question in questions:
        known = [term for term in tokenize(question.question) if term in index.vocab_dict]
        scores = index.get_scores(known) if known else np.zeros(len(windows))
        orders.append(np.argsort(-scores, kind="stable").tolist())
    return orders


def fused(
    windows: Sequence[Window], questions: Sequence[Question], embedder: SentenceTransformerEmbedder
) -> list[list[int]]:
    """The windows for each question by BM25 and by cosine, fused, best first."""
    asked = embedder.encode([question.question for question in questions])
    cosines = asked @ embedder.encode([text for text, _ in windows]).T  # (questions, windows)
    orders = []
    for order, cosine in zip(lexical(windows, questions), cosines, strict=True):
        scores = reciprocal_rank_fusion([np.argsort(-cosine, kind="stable").tolist(), order])
        orders.append(sorted(scores, key=lambda row: -scores[row]))
    return orders


def ranks(
    found: Sequence[Sequence[frozenset[int]]], questions: Sequence[Question]
) -> NDArray[np.int64]:
    """For each question the rank, from 1, of the first of its places that holds evidence."""
    result = []
    for places, question in zip(found, questions, strict=True):
        lines = {n for first, last in question.evidence for n in range(first, last + 1)}
        right = [bool(lines & place) for place in places]
        result.append(right.index(True) + 1 if any(right) else _NOWHERE)
    return np.array(result)


def cited(qa: KeynoteQA, questions: Sequence[Question]) -> list[list[frozenset[int]]]:
    """The passages of what the assistant cites, or names as closest."""
    answers = [qa.ask(question.question, history=question.history) for question in questions]
    return [
        [passage_lines(qa, citation) for citation in answer.citations or answer.nearest]
        for answer in answers
    ]


def passage_lines(qa: KeynoteQA, citation: Citation) -> frozenset[int]:
    """The numbers of the lines of a citation's passage."""
    passages = qa.index.passages
    rows = slides_around(passages, qa.index.columns, passages[citation.row].slide)
    return frozenset(range(passages[rows[0]].start_line, passages[rows[-1]].end_line + 1))


def source_of(questions: Path) -> Path:
    """The talk that a question set is about."""
    beside = questions.parent.parent / "talks" / f"{questions.stem}.txt"
    return beside if beside.exists() else find_sources([default_sources()])[0][0]


def measure(
    path: Path, embedder: SentenceTransformerEmbedder, plain: SentenceTransformerEmbedder
) -> None:
    """Measure one question set, and print; windows are embedded by `plain`, as others do it."""
    source = source_of(path)
    talk = load_talk(source)
    questions = [question for question in load_questions(path) if question.answerable]
    with tempfile.TemporaryDirectory() as folder:
        qa = KeynoteQA.open(
            Path(folder) / "index", sources=[source], embedder=embedder, suggest=False
        )
        ours = ranks(cited(qa, questions), questions)
    rows = {}
    for name, windows, dense in (
        ("BM25 over windows of 120 words", by_words(talk, 120), False),
        ("both searches, windows of 500 characters", by_characters(talk, 500), True),
        ("both searches, windows of 1,000 characters", by_characters(talk, 1000), True),
    ):
        orders = fused(windows, questions, plain) if dense else lexical(windows, questions)
        rows[name] = ranks([[windows[n][1] for n in order] for order in orders], questions)
    print(f"{path.stem}: {len(questions)} questions")
    for name, found in (rows | {"citations": ours}).items():
        print(f"  {name:44} {np.mean(found == 1):.2f} / {np.mean(found <= 3):.2f}")
    gain = (ours == 1).astype(float) - (next(iter(rows.values())) == 1)
    drawn = np.random.default_rng(0).integers(len(gain), size=(10_000, len(gain)))
    low, high = np.quantile(gain[drawn].mean(axis=1), (0.025, 0.975))
    print(f"  {'first citation more often right than BM25':44} {gain.mean():+.2f} "
          f"({low:+.2f} to {high:+.2f})")  # fmt: skip


def main() -> None:
    """Measure and print."""
    embedder = SentenceTransformerEmbedder()
    plain = official()
    for path in map(Path, sys.argv[1:]):
        measure(path, embedder, plain)


if __name__ == "__main__":
    main()
