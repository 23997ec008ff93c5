"""What each part adds: the evidence in the first and the first three slides, part by part.

    python -m benchmarks.ablation tests/questions/keynote-test.jsonl [TALK.txt]

The first three rows search alone, the first by the official model without adapters; the
fourth fuses, the fifth ranks the slides found, the last reads the first of them.
`benchmarks.windows` has the row without structure.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.bare import official
from keynote_qa import KeynoteQA
from keynote_qa.locations import default_sources
from keynote_qa.question_set import Question, load_questions
from keynote_qa.retrieve import retrieve

DEPTH = 100


def rankings(qa: KeynoteQA, plain: KeynoteQA, question: Question) -> dict[str, list[int]]:
    """The rows of slides, best first, by each method; `plain` has them by the official model."""
    query = qa.understand(question.question, question.history)
    passages = qa.index.passages

    def slides(rows: Sequence[int]) -> list[int]:
        return list(dict.fromkeys(passages[row].slide for row in rows))

    hits = retrieve(qa.index, query)
    ranked = qa.reader.rank(query, hits)
    ordered = qa.reader.ordered(query, ranked)
    vector = plain.embedder.encode_query([query.text])[0]
    return {
        "dense, official": slides(plain.index.search_dense(vector, DEPTH)[0].tolist()),
        "dense only": slides(qa.index.search_dense(query.vector, DEPTH)[0].tolist()),
        "BM25 only": slides(qa.index.search_lexical(query.terms, DEPTH)[0].tolist()),
        "both, fused": slides([hit.row for hit in hits]),
        "ranked": [slide for _, slide in ranked.slides],
        "ranked and read": [slide.slide for _, slide in ordered],
    }


def main() -> None:
    """Measure and print."""
    sources = [Path(sys.argv[2]) if len(sys.argv) > 2 else default_sources()]
    questions = [q for q in load_questions(Path(sys.argv[1])) if q.answerable]
    found: dict[str, list[int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        qa = KeynoteQA.open(Path(folder) / "own", sources=sources)
        plain = KeynoteQA.open(
            Path(folder) / "official", sources=sources, embedder=official(), reader="none",
            suggest=False,
        )  # fmt: skip
        for question in questions:
            for name, slides in rankings(qa, plain, question).items():
                holds = [
                    any(
                        first <= qa.index.passages[row].end_line
                        and last >= qa.index.passages[row].start_line
                        for first, last in question.evidence
                    )
                    for row in slides
                ]
                found.setdefault(name, []).append(holds.index(True) if any(holds) else 10_000)
    for name, ranks in found.items():
        first, three = (np.mean(np.array(ranks) < k) for k in (1, 3))
        print(f"{name:16} in the first {first:.2f}, in the first three {three:.2f}")


if __name__ == "__main__":
    main()
