"""What a question costs in a library of many talks, and what it misses there.

    python -m benchmarks.scale 1 100 945

So many talks of 1,058 passages each: 945 are a million. No more than the keynote can be embedded in
the time; the others are its passages again, each with a vector moved at random (by a cosine of
about 0.86) and named after another talk. What is asked are the questions of the development set.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.question import timed
from keynote_qa import KeynoteQA
from keynote_qa.dense import build_dense, described
from keynote_qa.embed import SentenceTransformerEmbedder, Vectors
from keynote_qa.index import Columns, Index, lexical_text
from keynote_qa.lexical import build_lexical
from keynote_qa.locations import default_sources
from keynote_qa.question_set import load_questions
from keynote_qa.ranking import Ranker
from keynote_qa.reader import Reader
from keynote_qa.retrieve import Query, retrieve
from keynote_qa.store import load_index, save_index
from keynote_qa.text import tokenize

QUESTIONS = Path("tests/questions/keynote-dev.jsonl")
_MOVED = 0.6
_ASKED = 100


def moved(vectors: Vectors, random: np.random.Generator) -> Vectors:
    """Vectors of norm 1 moved in a random direction."""
    step = random.normal(0, _MOVED / np.sqrt(vectors.shape[1]), vectors.shape)
    found = vectors + step.astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def many(one: Index, talks: int) -> tuple[Index, Vectors]:
    """An index of the talk again and again, and all of its vectors."""
    random = np.random.default_rng(0)
    rows = len(one.passages)
    real = one.vectors()
    vectors = np.concatenate([real, *(moved(real, random) for _ in range(talks - 1))])
    named = [replace(one.talks[0], name=f"talk {n}") for n in range(talks)]
    passages = [
        replace(passage, talk=talk.name, slide=passage.slide + n * rows)
        for n, talk in enumerate(named)
        for passage in one.passages
    ]
    tokens = [tokenize(lexical_text(passage)) for passage in one.passages]
    manifest = replace(one.manifest, counts={"talks": talks, "passages": len(passages)}, files={})
    dense = build_dense(vectors)
    index = replace(
        one,
        manifest=replace(manifest, dense=described(dense)),
        talks=tuple(named),
        passages=passages,
        columns=Columns.of(named, passages),
        faiss=dense,
        lexical=build_lexical(tokens * talks),
    )
    return index, vectors


def exact(vectors: Vectors, queries: Sequence[Query], k: int = 10) -> list[set[int]]:
    """The `k` nearest rows to each query, by comparing all."""
    import faiss

    asked = np.stack([query.vector for query in queries])
    found: np.ndarray = faiss.knn(asked, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)[1]
    return [set(row.tolist()) for row in found]


def measure(talks: int, one: Index, queries: Sequence[Query], folder: Path) -> None:
    """Build, save, open and ask; one row of the table."""
    started = time.perf_counter()
    index, vectors = many(one, talks)
    right = exact(vectors, queries)
    save_index(index, folder)
    built = time.perf_counter() - started
    del index, vectors
    started = time.perf_counter()
    index = load_index(folder)
    reader = Reader(index, None)
    opened = time.perf_counter() - started
    recall = [
        len(set(index.search_dense(query.vector, 10)[0].tolist()) & near) / 10
        for query, near in zip(queries, right, strict=True)
    ]
    dense = [timed(index.search_dense, query.vector, 100) for query in queries]
    lexical = [timed(index.search_lexical, query.terms, 100) for query in queries]
    both = [timed(retrieve, index, query) for query in queries]
    ranker = Ranker(index, reader.weights.slide)
    ranked = [timed(ranker.rank, query, retrieve(index, query)) for query in queries]
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(
        f"{talks:6} {len(index.passages):10,} {index.manifest.dense['kind']!s:6} "
        f"{np.mean(recall):7.3f} {median(dense):9.1f} {median(lexical):9.1f} "
        f"{median(both):9.1f} {np.percentile(both, 95):9.1f} {median(ranked):9.1f} "
        f"{opened:8.2f} {built:8.0f} {size / 2**20:8,.0f}",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    embedder = SentenceTransformerEmbedder()
    texts = [asked.question for asked in load_questions(QUESTIONS)[:_ASKED]]
    vectors = embedder.encode(texts)
    queries = [Query(t, tuple(tokenize(t)), v) for t, v in zip(texts, vectors, strict=True)]
    print(
        "                         recall  milliseconds (p50)            both                  s to"
    )
    print(
        " talks   passages kind    at 10     dense   lexical      both       p95      rank"
        "     open    build      MiB"
    )
    with tempfile.TemporaryDirectory() as name:
        qa = KeynoteQA.open(
            Path(name) / "one", sources=[default_sources()], embedder=embedder, suggest=False
        )
        for talks in map(int, sys.argv[1:] or ["1", "100", "945"]):
            measure(talks, qa.index, queries, Path(name) / str(talks))


if __name__ == "__main__":
    main()
