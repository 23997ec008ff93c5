"""How far fixed windows get with the same model: what this project is measured against.

    python -m benchmarks.windows tests/questions/keynote-test.jsonl

Windows of 500 and of 1,000 characters, cut between lines; cosines and BM25 fused by reciprocal
rank, as in `keynote_qa.retrieve`. A window is right if it holds a line of the evidence.
"""

from __future__ import annotations

import sys
from pathlib import Path

import bm25s
import numpy as np

from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.evaluate import load_questions
from keynote_qa.locations import default_sources
from keynote_qa.records import Line, Talk
from keynote_qa.retrieve import reciprocal_rank_fusion
from keynote_qa.sources import find_sources, load_talk
from keynote_qa.text import tokenize


def windows(talk: Talk, size: int) -> list[list[Line]]:
    """The talk's lines in runs of at most `size` characters."""
    runs: list[list[Line]] = [[]]
    for line in (line for line in talk.lines if line.text.strip()):
        if runs[-1] and sum(len(row.text) + 1 for row in runs[-1]) + len(line.text) > size:
            runs.append([])
        runs[-1].append(line)
    return runs


def main() -> None:
    """Measure and print."""
    talk = load_talk(find_sources([default_sources()])[0][0])
    questions = [q for q in load_questions(Path(sys.argv[1])) if q.answerable]
    embedder = SentenceTransformerEmbedder()
    asked = embedder.encode([q.question for q in questions])
    for size in (500, 1000):
        runs = windows(talk, size)
        texts = ["\n".join(line.text for line in run) for run in runs]
        cosines = asked @ embedder.encode(texts).T  # (questions, windows)
        lexical = bm25s.BM25()
        lexical.index([tokenize(text) for text in texts], show_progress=False)
        ranks = []
        for question, cosine in zip(questions, cosines, strict=True):
            known = [term for term in tokenize(question.question) if term in lexical.vocab_dict]
            scores = lexical.get_scores(known) if known else np.zeros(len(runs))
            orders = [np.argsort(-row, kind="stable").tolist() for row in (cosine, scores)]
            fused = reciprocal_rank_fusion(orders)
            right = [
                any(a <= line.number <= b for line in runs[row] for a, b in question.evidence)
                for row in sorted(fused, key=lambda row: -fused[row])
            ]
            ranks.append(right.index(True) + 1 if any(right) else 10_000)
        first, three = (np.mean(np.array(ranks) <= k) for k in (1, 3))
        print(f"{size:5} characters: in the first {first:.2f}, in the first three {three:.2f}")


if __name__ == "__main__":
    main()
